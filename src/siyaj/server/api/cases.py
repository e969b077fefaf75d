"""`/v1/cases`: what waits for a person, the most urgent first."""

import asyncio
from collections.abc import Sequence
from typing import Annotated

from litestar import Controller, get
from litestar.datastructures import State
from litestar.params import PathParameter, QueryParameter
from msgspec import Struct

from siyaj.model.case import Case, CaseState
from siyaj.model.errors import InvalidRequest, NotFound
from siyaj.model.queue import QueueFilter
from siyaj.model.report import Report
from siyaj.moderation.runtime import Runtime
from siyaj.storage import cases, queue, reports, verdicts
from siyaj.storage.verdicts import VerdictRow


class CasePage(Struct):
    """`next` is the `cursor` of the next page; null on the last."""

    items: Sequence[Case]
    next: str | None


class CaseFile(Struct):
    """A case with all that came to it: verdicts and reports, oldest first."""

    case: Case
    verdicts: Sequence[VerdictRow]
    reports: Sequence[Report]


class CasesController(Controller):
    """Cases."""

    path = "/v1/cases"
    tags = ["cases"]  # noqa: RUF012  (so Litestar types it)

    @get("/", summary="A page of cases, the most urgent first")
    async def page(
        self,
        state: State,
        case_state: Annotated[
            CaseState | None, QueryParameter(name="state", description="open or closed; both if not given")
        ] = None,
        subject: Annotated[str, QueryParameter(max_length=300, description="`kind:id`, e.g. `channel:c-3`")] = "",
        cursor: Annotated[str, QueryParameter(max_length=50, description="The `next` of the page before")] = "",
        limit: Annotated[int, QueryParameter(ge=1, le=500, description="How many")] = 50,
    ) -> CasePage:
        runtime: Runtime = state["runtime"]

        def read() -> CasePage:
            with runtime.database.read() as connection:
                chosen = QueueFilter(state=case_state, subject=subject)
                found = queue.page(connection, chosen, _place(cursor), limit + 1)
            last = "{}.{}".format(*found[limit - 1][0]) if len(found) > limit else None
            return CasePage([case for _, case in found[:limit]], last)

        return await asyncio.to_thread(read)

    @get("/{case:str}", summary="One case, with its verdicts and reports")
    async def one(self, state: State, case: Annotated[str, PathParameter(description="A case's id")]) -> CaseFile:
        runtime: Runtime = state["runtime"]

        def read() -> CaseFile:
            with runtime.database.read() as connection:
                found = cases.get(connection, case)
                if found is None:
                    raise NotFound(f"there is no case {case!r}")
                return CaseFile(found, verdicts.of_case(connection, case), reports.of_case(connection, case))

        return await asyncio.to_thread(read)


def _place(cursor: str) -> tuple[int, int] | None:
    """Return priority and number of the last case of the page before."""
    if not cursor:
        return None
    priority, _, number = cursor.partition(".")
    if not (priority.isascii() and priority.isdigit() and number.isascii() and number.isdigit() and len(number) < 19):
        raise InvalidRequest(f"{cursor[:50]!r} is no cursor", field="cursor", hint="take `next` of the page before")
    return int(priority), int(number)
