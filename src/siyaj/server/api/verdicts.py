"""`/v1/verdicts`: look up what was answered, and why."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

from litestar import Controller, get
from litestar.datastructures import State
from litestar.params import PathParameter, QueryParameter
from msgspec import Struct
from sqlalchemy import Connection

from siyaj.model.errors import NotFound
from siyaj.moderation.runtime import Runtime
from siyaj.storage import verdicts
from siyaj.storage.verdicts import VerdictRow

T = TypeVar("T")


class VerdictList(Struct):
    items: Sequence[VerdictRow]


class VerdictsController(Controller):
    """Verdicts with their records: signals, matches, rules, timings."""

    path = "/v1/verdicts"
    tags = ["verdicts"]  # noqa: RUF012  (so Litestar types it)

    @get("/", summary="The verdicts on one event, newest first")
    async def by_event(
        self,
        state: State,
        event: Annotated[str, QueryParameter(min_length=1, max_length=256, description="The event's id")],
    ) -> VerdictList:
        return VerdictList(await _read(state, lambda connection: verdicts.by_event(connection, event)))

    @get("/{verdict:str}", summary="One verdict")
    async def get_verdict(
        self, state: State, verdict: Annotated[str, PathParameter(description="A verdict's id")]
    ) -> VerdictRow:
        row = await _read(state, lambda connection: verdicts.get(connection, verdict))
        if row is None:
            raise NotFound(f"there is no verdict {verdict!r}")
        return row


async def _read(state: State, question: Callable[[Connection], T]) -> T:
    runtime: Runtime = state["runtime"]

    def ask() -> T:
        with runtime.database.read() as connection:
            return question(connection)

    return await asyncio.to_thread(ask)
