"""`/v1/appeals`: a platform hands in what the affected side, or a reporter, says against a decision."""

import asyncio
from collections.abc import Sequence
from typing import Annotated

from litestar import Controller, get, post
from litestar.datastructures import State
from litestar.params import Body as JsonBody
from litestar.params import PathParameter, QueryParameter
from msgspec import Struct

from siyaj.model.appeal import Appeal, AppealState, NewAppeal, Side
from siyaj.moderation.runtime import Runtime
from siyaj.server.api.acting import number, plain


class AppealPage(Struct):
    """`next` is the `cursor` of the next page; null on the last."""

    items: Sequence[Appeal]
    next: str | None


class AppealsController(Controller):
    """Appeals. One for each decision and side."""

    path = "/v1/appeals"
    tags = ["appeals"]  # noqa: RUF012  (so Litestar types it)

    @get("/", summary="A page of appeals, the newest first")
    async def page(
        self,
        state: State,
        appeal_state: Annotated[AppealState | None, QueryParameter(name="state")] = None,
        side: Annotated[Side | None, QueryParameter()] = None,
        cursor: Annotated[str, QueryParameter(max_length=60, description="The `next` of the page before")] = "",
        limit: Annotated[int, QueryParameter(ge=1, le=500, description="How many")] = 50,
    ) -> AppealPage:
        runtime: Runtime = state["runtime"]
        found = await asyncio.to_thread(runtime.appeals.page, appeal_state, side, number(cursor), limit + 1)
        last = str(found[limit - 1][0]) if len(found) > limit else None
        return AppealPage([appeal for _, appeal in found[:limit]], last)

    @post("/", summary="Hand in an appeal, by the token of the link that was sent", status_code=202)
    async def receive(self, state: State, data: Annotated[NewAppeal, JsonBody()]) -> Appeal:
        runtime: Runtime = state["runtime"]
        return await asyncio.to_thread(runtime.appeals.receive, data)

    @get("/{appeal:str}", summary="One appeal, and what became of it")
    async def one(self, state: State, appeal: Annotated[str, PathParameter(description="An appeal's id")]) -> Appeal:
        runtime: Runtime = state["runtime"]
        plain(appeal=appeal)
        return await asyncio.to_thread(runtime.appeals.get, appeal)
