"""Work on cases by programs: `/v1/cases/next`, and what is done with one case. A key acts as a person of its own."""

import asyncio
from collections.abc import Callable
from typing import Annotated, Any

from litestar import Controller, Request, post
from litestar.datastructures import State
from litestar.params import Body as JsonBody
from litestar.params import PathParameter
from msgspec import Meta, Struct

from siyaj.model.case import Case, Note
from siyaj.model.decision import Decision, Draft, Preview
from siyaj.model.person import Person
from siyaj.moderation.runtime import Runtime
from siyaj.server.api.acting import person_of, plain

Version = Annotated[int, Meta(ge=1, le=2**31 - 1, description="of the case, as it was read")]
Words = Annotated[str, Meta(max_length=2_000)]
CaseId = Annotated[str, PathParameter(description="A case's id")]
Caller = Request[Any, Any, State]


class NextCase(Struct):
    """`case` is null when nothing waits that this key may decide."""

    case: Case | None


class Release(Struct, forbid_unknown_fields=True, omit_defaults=True):
    version: Version
    why: Words = ""


class Again(Struct, forbid_unknown_fields=True):
    version: Version


class HandOver(Struct, forbid_unknown_fields=True):
    version: Version
    to: Annotated[str, Meta(min_length=1, max_length=100, description="login of a colleague")]


class Escalation(Struct, forbid_unknown_fields=True):
    version: Version
    why: Words


class NewNote(Struct, forbid_unknown_fields=True):
    text: Annotated[str, Meta(min_length=1, max_length=10_000)]


class Ruling(Struct, forbid_unknown_fields=True):
    version: Version
    draft: Draft


class Ruled(Struct):
    """`decision` is null when a second opinion was asked for and this one differs: a lead decides."""

    decision: Decision | None


class CaseworkController(Controller):
    """Taking and deciding cases."""

    path = "/v1/cases"
    tags = ["cases"]  # noqa: RUF012  (so Litestar types it)

    @post("/next", summary="Take the most urgent case that waits; the one already held, if one is", status_code=200)
    async def next_case(self, state: State, request: Caller) -> NextCase:
        return NextCase(await asyncio.to_thread(_runtime(state).cases.next, person_of(request)))

    @post("/{case:str}/take", summary="Take this case", status_code=200)
    async def take(self, state: State, request: Caller, case: CaseId) -> Case:
        plain(case=case)
        return await asyncio.to_thread(_runtime(state).cases.take, case, person_of(request))

    @post("/{case:str}/renew", summary="Keep it", status_code=200)
    async def renew(self, state: State, request: Caller, case: CaseId) -> Case:
        plain(case=case)
        return await asyncio.to_thread(_runtime(state).cases.renew, case, person_of(request))

    @post("/{case:str}/release", summary="Pass it on", status_code=200)
    async def release(self, state: State, request: Caller, case: CaseId, data: Annotated[Release, JsonBody()]) -> Case:
        return await _with_reason(_runtime(state).cases.release, request, case, data)

    @post("/{case:str}/hand_over", summary="Give it to a colleague", status_code=200)
    async def hand_over(
        self, state: State, request: Caller, case: CaseId, data: Annotated[HandOver, JsonBody()]
    ) -> Case:
        plain(case=case, to=data.to)
        hand_over = _runtime(state).cases.hand_over
        return await asyncio.to_thread(hand_over, case, person_of(request), data.version, data.to)

    @post("/{case:str}/escalate", summary="Leave it to a lead", status_code=200)
    async def escalate(
        self, state: State, request: Caller, case: CaseId, data: Annotated[Escalation, JsonBody()]
    ) -> Case:
        return await _with_reason(_runtime(state).cases.escalate, request, case, data)

    @post("/{case:str}/second_opinion", summary="Ask for a second opinion, blind", status_code=200)
    async def second_opinion(
        self, state: State, request: Caller, case: CaseId, data: Annotated[Ruling, JsonBody()]
    ) -> Case:
        plain(case=case)
        ask = _runtime(state).cases.ask_second_opinion
        return await asyncio.to_thread(ask, case, person_of(request), data.version, data.draft)

    @post("/{case:str}/notes", summary="Write a note; `@login` mentions a colleague")
    async def note(self, state: State, request: Caller, case: CaseId, data: Annotated[NewNote, JsonBody()]) -> Note:
        plain(case=case)
        return await asyncio.to_thread(_runtime(state).cases.note, case, person_of(request), data.text)

    @post("/{case:str}/preview", summary="What deciding so would change", status_code=200)
    async def preview(self, state: State, request: Caller, case: CaseId, data: Annotated[Draft, JsonBody()]) -> Preview:
        plain(case=case)
        return await asyncio.to_thread(_runtime(state).decisions.preview, case, data, person_of(request))

    @post("/{case:str}/decide", summary="Decide it", status_code=200)
    async def decide(self, state: State, request: Caller, case: CaseId, data: Annotated[Ruling, JsonBody()]) -> Ruled:
        plain(case=case)
        decide = _runtime(state).decisions.decide
        return Ruled(await asyncio.to_thread(decide, case, data.draft, person_of(request), data.version))

    @post("/{case:str}/try_again", summary="Let a platform try again what it did not carry out", status_code=200)
    async def try_again(self, state: State, request: Caller, case: CaseId, data: Annotated[Again, JsonBody()]) -> Case:
        plain(case=case)
        again = _runtime(state).undelivered.try_again
        return await asyncio.to_thread(again, case, person_of(request), data.version)

    @post("/{case:str}/accept", summary="Close it as it is: a platform did not carry it out", status_code=200)
    async def accept(self, state: State, request: Caller, case: CaseId, data: Annotated[Release, JsonBody()]) -> Case:
        return await _with_reason(_runtime(state).undelivered.accept, request, case, data)


async def _with_reason(
    deed: Callable[[str, Person, int, str], Case], request: Caller, case: str, data: Release | Escalation
) -> Case:
    plain(case=case, why=data.why)
    return await asyncio.to_thread(deed, case, person_of(request), data.version, data.why)


def _runtime(state: State) -> Runtime:
    runtime: Runtime = state["runtime"]
    return runtime
