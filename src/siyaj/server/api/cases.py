"""`/v1/cases`: what waits for a person, the most urgent first."""

import asyncio
from collections.abc import Sequence
from typing import Annotated

from litestar import Controller, get
from litestar.datastructures import State
from litestar.params import PathParameter, QueryParameter
from msgspec import Struct

from siyaj.model.case import Case, CaseOrigin, CaseState, Level, Note
from siyaj.model.errors import NotFound
from siyaj.model.queue import QueueFilter, QueueSort
from siyaj.model.report import Report, SubjectKind
from siyaj.moderation.runtime import Runtime
from siyaj.server.api.acting import place, plain
from siyaj.storage import cases, notes, queue, reports, verdicts
from siyaj.storage.verdicts import VerdictRow


class CasePage(Struct):
    """`next` is the `cursor` of the next page; null on the last."""

    items: Sequence[Case]
    next: str | None


class CaseFile(Struct):
    """A case with all that came to it: verdicts, reports and notes, oldest first."""

    case: Case
    verdicts: Sequence[VerdictRow]
    reports: Sequence[Report]
    notes: Sequence[Note]


Text = Annotated[str, QueryParameter(max_length=300)]


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
        kind: Annotated[SubjectKind | None, QueryParameter(description="Of the subject")] = None,
        language: Annotated[str | None, QueryParameter(max_length=35, description="Primary subtag (BCP 47)")] = None,
        policy: Annotated[str, QueryParameter(max_length=64, description="A code of the taxonomy, itself")] = "",
        level: Annotated[Level | None, QueryParameter(description="`lead`: escalated")] = None,
        origin: Annotated[CaseOrigin | None, QueryParameter(description="Why the case exists")] = None,
        holder: Annotated[str, QueryParameter(max_length=300, description="Who holds it now")] = "",
        account: Text = "",
        channel: Text = "",
        overdue: Annotated[bool, QueryParameter(description="Only those whose deadline has passed")] = False,
        sort: Annotated[QueueSort, QueryParameter(description="Order")] = QueueSort.PRIORITY,
        cursor: Annotated[str, QueryParameter(max_length=60, description="The `next` of the page before")] = "",
        limit: Annotated[int, QueryParameter(ge=1, le=500, description="How many")] = 50,
    ) -> CasePage:
        runtime: Runtime = state["runtime"]
        plain(subject=subject, policy=policy, holder=holder, account=account, channel=channel, language=language or "")
        chosen = QueueFilter(
            state=case_state,
            subject=subject,
            kind=kind,
            language=language,
            policy=policy,
            level=level,
            origin=origin,
            holder=holder,
            account=account,
            channel=channel,
            overdue=overdue,
            sort=sort,
        )

        def read() -> CasePage:
            with runtime.database.read() as connection:
                found = queue.page(connection, chosen, place(cursor), limit + 1)
            last = "{}.{}".format(*found[limit - 1][0]) if len(found) > limit else None
            return CasePage([case for _, case in found[:limit]], last)

        return await asyncio.to_thread(read)

    @get("/{case:str}", summary="One case, with its verdicts, reports and notes")
    async def one(self, state: State, case: Annotated[str, PathParameter(description="A case's id")]) -> CaseFile:
        runtime: Runtime = state["runtime"]
        plain(case=case)

        def read() -> CaseFile:
            with runtime.database.read() as connection:
                found = cases.get(connection, case)
                if found is None:
                    raise NotFound(f"there is no case {case!r}")
                return CaseFile(
                    found,
                    verdicts.of_case(connection, case),
                    reports.of_case(connection, case),
                    notes.of_case(connection, case),
                )

        return await asyncio.to_thread(read)
