"""`/console/audit`: who did what, when; and whether the log is whole."""

import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from litestar import Controller, Response, get, post
from litestar.datastructures import State
from litestar.response import Stream
from msgspec import Struct

from siyaj.model.clock import to_datetime
from siyaj.model.person import Permission
from siyaj.moderation.runtime import Runtime
from siyaj.server.console import listing, show
from siyaj.server.console.deeds import DEEDS
from siyaj.server.console.i18n import N_
from siyaj.server.console.i18n import gettext as _
from siyaj.server.console.listing import Column, Fetch, Filter, Listing, query_of
from siyaj.server.console.page import redirect, render
from siyaj.server.console.session import AnyRequest, TheRuntime, TheVisit
from siyaj.storage import audit
from siyaj.storage.audit import AuditRow, Verified

_SEE = {"permission": Permission.SEE_AUDIT}
_FILTERS = ("who", "what", "subject")
AUDIT = Listing(
    "audit",
    "/console/audit",
    "/console/audit/export.csv",
    (
        Column("number", lambda row: row.seq, N_("Number"), audit.NUMBER, down=True, number=True),
        Column("time", lambda row: to_datetime(row.at), N_("Time")),
        Column("who", lambda row: row.who, N_("Who"), audit.WHO),
        Column("what", lambda row: row.what, N_("What"), audit.WHAT),
        Column("subject", lambda row: row.subject, N_("To what"), audit.SUBJECT),
        Column("detail", lambda row: _json(row.detail), N_("Details")),
    ),
    "-number",
)


class Inspection(Struct):
    """A walk through the whole log, which may take minutes: it runs beside the pages. `result` when it has ended."""

    began: datetime
    result: Verified | None = None
    problem: str = ""
    ended: datetime | None = None


class AuditController(Controller):
    path = "/audit"

    @get("/", opt=_SEE, sync_to_thread=True)
    def page(self, request: AnyRequest, runtime: TheRuntime, state: State) -> Response[str]:
        query = query_of(request, *_FILTERS)
        filters = [
            Filter("who", _("Who"), hint="person:amal"),
            Filter("what", _("What"), _deeds(query["what"])),
            Filter("subject", _("To what"), hint="case_…"),
        ]
        listed = listing.page(AUDIT, request, query, filters, _rows(runtime, query))
        listed.rows = [(row, to_datetime(row.at), _pairs(row)) for row in listed.rows]
        return render(request, "audit/list.html", listed=listed, inspection=state.get("inspection"))

    @get("/export.csv", opt=_SEE, sync_to_thread=True)
    def export(self, request: AnyRequest, runtime: TheRuntime, visit: TheVisit) -> Stream:
        assert visit is not None
        query = query_of(request, *_FILTERS)
        by = {f"by_{name}": value for name, value in query.items()}
        with runtime.database.begin() as connection:
            audit.write(connection, visit.who, "audit.export", "audit", **by)
        return listing.sheet(AUDIT, request, _rows(runtime, query))

    @post("/verify", opt=_SEE, sync_to_thread=True)
    def verify(self, request: AnyRequest, runtime: TheRuntime, state: State) -> Response[str]:
        running: Inspection | None = state.get("inspection")
        if running is None or running.ended is not None:
            inspection = state["inspection"] = Inspection(datetime.now(UTC))
            threading.Thread(target=_inspect, args=(runtime, inspection), name="siyaj-audit", daemon=True).start()
        return redirect(request, "/console/audit")

    @get("/verified", opt=_SEE, sync_to_thread=True)
    def verified(self, request: AnyRequest, state: State) -> Response[str]:
        """The part of the page that says how the walk goes; htmx asks for it until it has ended."""
        return render(request, "audit/verified.html", inspection=state.get("inspection"))


def _inspect(runtime: Runtime, inspection: Inspection) -> None:
    try:
        with runtime.database.read() as connection:
            inspection.result = audit.verify(connection)
    except Exception as error:  # whatever it is, the page must not wait for ever
        inspection.problem = str(error)
    inspection.ended = datetime.now(UTC)


def _pairs(row: AuditRow) -> list[tuple[str, str]]:
    """Return what the detail says, as words to show."""
    return [
        (name, value if isinstance(value, str) else _json(value))
        for name, value in row.detail.items()
        if value not in ("", None, [])
    ]


def _rows(runtime: Runtime, query: Mapping[str, str]) -> Fetch[Any]:
    return listing.of_table(runtime.database, audit.those(**query), listing.each(audit.from_row))


def _deeds(chosen: str) -> list[tuple[str, str]]:
    """Return what can be asked for, in words; also what the address asks for, such as a whole area: `session.`."""
    known = sorted(((code, show.deed(code)) for code in DEEDS), key=lambda one: one[1].casefold())
    if chosen and chosen not in DEEDS:
        known.insert(0, (chosen, chosen))
    return [("", _("All")), *known]


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
