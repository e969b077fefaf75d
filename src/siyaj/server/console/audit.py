"""`/console/audit`: who did what, when; and whether the log is whole."""

import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from litestar import Controller, Response, get, post
from litestar.datastructures import State
from litestar.params import QueryParameter
from litestar.response import Stream
from msgspec import Struct

from siyaj.model.clock import to_datetime
from siyaj.model.person import Permission
from siyaj.moderation.runtime import Runtime
from siyaj.server.console.export import sheet
from siyaj.server.console.page import redirect, render
from siyaj.server.console.session import AnyRequest, TheRuntime, TheVisit
from siyaj.storage import audit
from siyaj.storage.audit import AuditRow, Verified

_SEE = {"permission": Permission.SEE_AUDIT}
_PAGE, _CHUNK = 50, 1_000
_COLUMNS = ("number", "time", "who", "what", "subject", "detail")

Text = Annotated[str, QueryParameter(max_length=300)]


class Inspection(Struct):
    """A walk through the whole log, which may take minutes: it runs beside the pages. `result` when it has ended."""

    began: datetime
    result: Verified | None = None
    problem: str = ""
    ended: datetime | None = None


class AuditController(Controller):
    path = "/audit"

    @get("/", opt=_SEE, sync_to_thread=True)
    def page(
        self,
        request: AnyRequest,
        runtime: TheRuntime,
        state: State,
        who: Text = "",
        what: Text = "",
        subject: Text = "",
        before: Annotated[int | None, QueryParameter(ge=1)] = None,
    ) -> Response[str]:
        with runtime.database.read() as connection:
            rows = audit.page(connection, before=before, who=who, what=what, subject=subject, limit=_PAGE + 1)
        asked = {"who": who, "what": what, "subject": subject}
        following = rows[_PAGE - 1].seq if len(rows) > _PAGE else None
        return render(
            request,
            "audit/list.html",
            rows=[(row, to_datetime(row.at), _pairs(row)) for row in rows[:_PAGE]],
            asked=asked,
            before=before,
            following=following,
            inspection=state.get("inspection"),
        )

    @get("/export.csv", opt=_SEE, sync_to_thread=True)
    def export(
        self, runtime: TheRuntime, visit: TheVisit, who: Text = "", what: Text = "", subject: Text = ""
    ) -> Stream:
        assert visit is not None
        with runtime.database.begin() as connection:
            audit.write(connection, visit.who, "audit.export", "audit", by_who=who, by_what=what, by_subject=subject)
        return sheet("audit", _COLUMNS, _rows(runtime, who, what, subject), most=None)

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


def _rows(runtime: Runtime, who: str, what: str, subject: str) -> Iterator[Sequence[Any]]:
    """Yield the rows, the newest first; each chunk is read by itself, so that no reading of the database lasts long."""
    before: int | None = None
    while True:
        with runtime.database.read() as connection:
            rows = audit.page(connection, before=before, who=who, what=what, subject=subject, limit=_CHUNK)
        if not rows:
            return
        before = rows[-1].seq
        for row in rows:
            yield row.seq, to_datetime(row.at), row.who, row.what, row.subject, _json(row.detail)


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
