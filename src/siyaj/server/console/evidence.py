"""`/console/evidence`: what is sealed, its chain of custody, legal holds, and packages for those who may have them.

Nothing is shown here but what is known of it: media itself is revealed in its case, step by step.
"""

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from litestar import Controller, Response, get, post
from litestar.params import FromPath
from litestar.response import Stream

from siyaj.model.clock import to_datetime
from siyaj.model.errors import InvalidRequest
from siyaj.model.evidence import Evidence
from siyaj.model.person import Permission
from siyaj.moderation.evidence import package
from siyaj.moderation.people.sessions import Visit
from siyaj.moderation.runtime import Runtime
from siyaj.server.console import listing
from siyaj.server.console.i18n import N_
from siyaj.server.console.i18n import gettext as _
from siyaj.server.console.listing import Column, Fetch, Filter, Listing, query_of
from siyaj.server.console.page import redirect, render
from siyaj.server.console.session import AnyRequest, TheForm, ThePerson, TheRuntime, TheVisit
from siyaj.storage import audit, evidence

_SEE = {"permission": Permission.SEE_EVIDENCE}
_HOLD = {"permission": Permission.HOLD_EVIDENCE}
_CUSTODY, _BLOCK = 200, 1 << 20
_STATES = {"kept": N_("Kept"), "held": N_("Legal hold"), "destroyed": N_("Destroyed")}
_FILTERS = ("case", "subject", "state")
EVIDENCE = Listing(
    "evidence",
    "/console/evidence",
    "/console/evidence/export.csv",
    (
        Column("id", lambda one: one.id),
        Column("case", lambda one: one.case),
        Column("name", lambda one: one.name, N_("File")),
        Column("subject", lambda one: one.subject.key, N_("Subject")),
        Column("media_type", lambda one: one.media_type),
        Column("size", lambda one: one.size, N_("Bytes"), number=True),
        Column("sha256", lambda one: one.sha256),
        Column("sealed_by", lambda one: one.sealed_by),
        Column("sealed_at", lambda one: one.sealed_at, N_("Sealed"), evidence.SEALED, down=True),
        Column("why", lambda one: one.why),
        Column("keep_until", lambda one: one.keep_until, N_("Kept until"), evidence.KEEP_UNTIL),
        Column("hold", lambda one: one.hold, N_("State")),
        Column("destroyed_at", lambda one: one.destroyed_at),
    ),
    "-sealed_at",
)


class EvidenceController(Controller):
    path = "/evidence"

    @get("/", opt=_SEE, sync_to_thread=True)
    def page(self, request: AnyRequest, runtime: TheRuntime) -> Response[str]:
        query = query_of(request, *_FILTERS)
        filters = [
            Filter("case", _("Case"), hint="case_…"),
            Filter("subject", _("Subject"), hint="item:m-1"),
            Filter("state", _("State"), [("", _("All")), *((code, _(word)) for code, word in _STATES.items())]),
        ]
        listed = listing.page(EVIDENCE, request, query, filters, _those(runtime, query))
        return render(request, "evidence/list.html", listed=listed)

    @get("/export.csv", opt=_SEE, sync_to_thread=True)
    def export(self, request: AnyRequest, runtime: TheRuntime) -> Stream:
        return listing.sheet(EVIDENCE, request, _those(runtime, query_of(request, *_FILTERS)))

    @get("/{one:str}", opt=_SEE, sync_to_thread=True)
    def show(self, request: AnyRequest, runtime: TheRuntime, person: ThePerson, one: FromPath[str]) -> Response[str]:
        return _one(request, runtime, one, may_hold=person.may(Permission.HOLD_EVIDENCE))

    @post("/{one:str}/hold", opt=_HOLD, sync_to_thread=True)
    def hold(
        self, request: AnyRequest, runtime: TheRuntime, visit: TheVisit, one: FromPath[str], form: TheForm
    ) -> Response[str]:
        why = str(form.get("why") or "").strip()
        if not why:
            return _one(request, runtime, one, may_hold=True, fault=_("Say why: it stands in the audit log."))
        if form.get("hold"):
            runtime.vault.hold(one, _who(visit), why[:1_000])
        else:
            runtime.vault.release(one, _who(visit), why[:1_000])
        return redirect(request, f"/console/evidence/{one}")

    @post("/{one:str}/package", opt=_HOLD, sync_to_thread=True)
    def package(
        self, request: AnyRequest, runtime: TheRuntime, visit: TheVisit, one: FromPath[str], form: TheForm
    ) -> Response[str] | Stream:
        """Hand a package over: this piece, or all of its case."""
        why = str(form.get("why") or "").strip()
        if not why:
            return _one(request, runtime, one, may_hold=True, fault=_("Say why: it stands in the audit log."))
        known = runtime.vault.get(one)
        whole = bool(form.get("case")) and known.case is not None
        ids = package.chosen(runtime.database, [] if whole else [one], known.case or "")
        folder = tempfile.TemporaryDirectory(prefix="siyaj-package-")
        target = Path(folder.name) / "package.zip"
        try:
            package.export(runtime.vault, runtime.database, ids, target, who=_who(visit), why=why[:1_000])
        except BaseException:
            folder.cleanup()
            raise
        name = f"siyaj-{known.case if whole else one}.zip"
        return Stream(
            _blocks(folder, target),
            media_type="application/zip",
            headers={"content-disposition": f'attachment; filename="{name}"'},
        )


def _one(request: AnyRequest, runtime: Runtime, evidence_id: str, *, may_hold: bool, fault: str = "") -> Response[str]:
    known = runtime.vault.get(evidence_id)
    with runtime.database.read() as connection:
        custody = list(reversed(audit.page(connection, subject=known.id, limit=_CUSTODY)))
    return render(
        request,
        "evidence/one.html",
        status=400 if fault else 200,
        one=known,
        custody=[(row, to_datetime(row.at), str(row.detail.get("why") or "")) for row in custody],
        may_hold=may_hold and known.destroyed_at is None,
        fault=fault,
    )


def _who(visit: Visit | None) -> str:
    if visit is None:
        raise InvalidRequest("nobody is signed in")
    return visit.who


def _those(runtime: Runtime, query: Mapping[str, str]) -> Fetch[Evidence]:
    state = query["state"] if query["state"] in _STATES else ""
    those = evidence.those(case=query["case"].strip(), subject=query["subject"].strip(), state=state)
    return listing.of_table(runtime.database, those, listing.each(evidence.from_row))


def _blocks(folder: "tempfile.TemporaryDirectory[str]", target: Path) -> Iterator[bytes]:
    with folder, target.open("rb") as file:
        while block := file.read(_BLOCK):
            yield block
