"""`/console/evidence`: what is sealed, its chain of custody, legal holds, and packages for those who may have them.

Nothing is shown here but what is known of it: media itself is revealed in its case, step by step.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from litestar import Controller, Response, get, post
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream

from siyaj.model.clock import to_datetime
from siyaj.model.errors import InvalidRequest
from siyaj.model.evidence import Evidence
from siyaj.model.person import Permission
from siyaj.moderation import package
from siyaj.moderation.runtime import Runtime
from siyaj.moderation.sessions import Visit
from siyaj.server.console.export import MOST_ROWS, sheet
from siyaj.server.console.i18n import gettext as _
from siyaj.server.console.page import redirect, render
from siyaj.server.console.session import AnyRequest, TheForm, ThePerson, TheRuntime, TheVisit
from siyaj.storage import audit, evidence

_SEE = {"permission": Permission.SEE_EVIDENCE}
_HOLD = {"permission": Permission.HOLD_EVIDENCE}
_PAGE, _CUSTODY, _BLOCK = 50, 200, 1 << 20
_STATES = ("", "kept", "held", "destroyed")

Text = Annotated[str, QueryParameter(max_length=300)]
Kept = Annotated[str, QueryParameter(name="state", max_length=20)]


class EvidenceController(Controller):
    path = "/evidence"

    @get("/", opt=_SEE, sync_to_thread=True)
    def page(
        self,
        request: AnyRequest,
        runtime: TheRuntime,
        case: Text = "",
        subject: Text = "",
        kept: Kept = "",
        before: Annotated[str, QueryParameter(max_length=64)] = "",
    ) -> Response[str]:
        state = kept if kept in _STATES else ""
        with runtime.database.read() as connection:
            found = evidence.page(connection, case=case, subject=subject, state=state, before=before, limit=_PAGE + 1)
        return render(
            request,
            "evidence/list.html",
            found=found[:_PAGE],
            asked={"case": case, "subject": subject, "state": state},
            following=found[_PAGE - 1].id if len(found) > _PAGE else "",
            before=before,
        )

    @get("/export.csv", opt=_SEE, sync_to_thread=True)
    def export(self, runtime: TheRuntime, case: Text = "", subject: Text = "", kept: Kept = "") -> Stream:
        header = ["id", "case", "subject", "name", "media_type", "size", "sha256", "sealed_by", "sealed_at", "why"]
        return sheet(
            "evidence",
            [*header, "keep_until", "hold", "destroyed_at"],
            ([*(_cell(one, name) for name in header), one.keep_until, one.hold, one.destroyed_at or ""]
             for one in _all(runtime, case, subject, kept)),
        )  # fmt: skip

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


def _all(runtime: Runtime, case: str, subject: str, state: str) -> Iterator[Evidence]:
    before = ""
    for _turn in range(MOST_ROWS // 1_000):
        with runtime.database.read() as connection:
            found = evidence.page(connection, case=case, subject=subject, state=state, before=before, limit=1_000)
        yield from found
        if len(found) < 1_000:
            return
        before = found[-1].id


def _cell(one: Evidence, name: str) -> object:
    return one.subject.key if name == "subject" else getattr(one, name) or ""


def _blocks(folder: "tempfile.TemporaryDirectory[str]", target: Path) -> Iterator[bytes]:
    with folder, target.open("rb") as file:
        while block := file.read(_BLOCK):
            yield block
