"""`/v1/decisions`: what was decided, by whom, with the statement that was sent; and the marks that it left."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any

from litestar import Controller, Request, get, post
from litestar.datastructures import State
from litestar.params import PathParameter, QueryParameter
from msgspec import Struct

from siyaj.model.action import ActionKind
from siyaj.model.decision import Decision, DecisionKind
from siyaj.model.errors import InvalidRequest
from siyaj.model.report import Subject, SubjectKind
from siyaj.model.strike import Strike
from siyaj.moderation.runtime import Runtime
from siyaj.server.api.acting import number, person_of, plain
from siyaj.storage.decisions import DecisionFilter

Text = Annotated[str, QueryParameter(max_length=300)]


class DecisionPage(Struct):
    """`next` is the `cursor` of the next page; null on the last."""

    items: Sequence[Decision]
    next: str | None


class StrikeList(Struct):
    """`live` is the weight of those that count now."""

    items: Sequence[Strike]
    live: int


class DecisionsController(Controller):
    """Decisions. They are never edited: another one supersedes them."""

    path = "/v1/decisions"
    tags = ["decisions"]  # noqa: RUF012  (so Litestar types it)

    @get("/", summary="A page of decisions, the newest first")
    async def page(
        self,
        state: State,
        subject: Annotated[str, QueryParameter(max_length=300, description="`kind:id`, e.g. `item:m-1`")] = "",
        case: Text = "",
        account: Text = "",
        channel: Text = "",
        decided_by: Text = "",
        policy: Annotated[str, QueryParameter(max_length=64)] = "",
        action: Annotated[ActionKind | None, QueryParameter()] = None,
        kind: Annotated[DecisionKind | None, QueryParameter()] = None,
        cursor: Annotated[str, QueryParameter(max_length=60, description="The `next` of the page before")] = "",
        limit: Annotated[int, QueryParameter(ge=1, le=500, description="How many")] = 50,
    ) -> DecisionPage:
        runtime: Runtime = state["runtime"]
        plain(subject=subject, case=case, account=account, channel=channel, decided_by=decided_by, policy=policy)
        chosen = DecisionFilter(
            subject=_subject(subject) if subject else None,
            case=case,
            account=account,
            channel=channel,
            decided_by=decided_by,
            policy=policy,
            action=action,
            kind=kind,
        )
        found = await asyncio.to_thread(runtime.decisions.page, chosen, number(cursor), limit + 1)
        last = str(found[limit - 1][0]) if len(found) > limit else None
        return DecisionPage([decision for _, decision in found[:limit]], last)

    @get("/{decision:str}", summary="One decision")
    async def one(
        self, state: State, decision: Annotated[str, PathParameter(description="A decision's id")]
    ) -> Decision:
        runtime: Runtime = state["runtime"]
        plain(decision=decision)
        return await asyncio.to_thread(runtime.decisions.get, decision)

    @post("/{decision:str}/undo", summary="Take back one's own, before its actions leave", status_code=200)
    async def undo(
        self,
        state: State,
        request: Request[Any, Any, State],
        decision: Annotated[str, PathParameter(description="A decision's id")],
    ) -> Decision:
        runtime: Runtime = state["runtime"]
        plain(decision=decision)
        return await asyncio.to_thread(runtime.decisions.undo, decision, person_of(request))


@get("/v1/strikes/{kind:str}/{subject_id:str}", summary="The strikes of an account or channel", tags=["decisions"])
async def strikes_of(
    state: State,
    kind: Annotated[str, PathParameter(description="account or channel")],
    subject_id: Annotated[str, PathParameter(description="The platform's own id")],
) -> StrikeList:
    runtime: Runtime = state["runtime"]
    plain(subject_id=subject_id)
    subject = _subject(f"{kind}:{subject_id}")
    found = await asyncio.to_thread(runtime.decisions.strikes, subject)
    weight = await asyncio.to_thread(runtime.decisions.weight, subject)
    return StrikeList(found, weight)


def _subject(key: str) -> Subject:
    kind, _, id_ = key.partition(":")
    if kind not in list(SubjectKind) or not id_:
        raise InvalidRequest(f"{key[:80]!r} is no subject", field="subject", hint="`item:m-1`, `account:u-7`")
    return Subject(SubjectKind(kind), id_)
