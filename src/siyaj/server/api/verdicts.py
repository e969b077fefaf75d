"""`/v1/verdicts`: look up what was answered, and why."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

import msgspec
from litestar import Controller, get
from litestar.datastructures import State
from litestar.params import PathParameter, QueryParameter
from msgspec import Struct
from sqlalchemy import Connection

from siyaj.model.errors import NotFound
from siyaj.model.match import Match
from siyaj.moderation.evidence.explanation import explain
from siyaj.moderation.runtime import Runtime
from siyaj.storage import exhibits, verdicts
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

    @get(
        "/{verdict:str}/matches/{number:int}/explanation",
        summary="Why a match is one, as a picture: both sides, what they share outlined, grey and blurred",
        media_type="image/png",
    )
    async def explanation(
        self,
        state: State,
        verdict: Annotated[str, PathParameter(description="A verdict's id")],
        number: Annotated[int, PathParameter(ge=0, le=10_000, description="Place in the record's `matches`, from 0")],
        clear: Annotated[bool, QueryParameter(description="Not blurred")] = False,
    ) -> bytes:
        runtime: Runtime = state["runtime"]

        def draw() -> bytes:
            with runtime.database.read() as connection:
                row = verdicts.get(connection, verdict)
                kept = exhibits.of_verdict(connection, verdict)
            matches = msgspec.json.decode(row.record, type=_Matches).matches if row is not None else []
            if number >= len(matches):
                raise NotFound(f"there is no match {number} of a verdict {verdict!r}")
            match = matches[number]
            return explain(match, runtime.banks.entry(match.bank, match.entry), kept, blurred=not clear)

        return await asyncio.to_thread(draw)


class _Matches(Struct):
    matches: list[Match]


async def _read(state: State, question: Callable[[Connection], T]) -> T:
    runtime: Runtime = state["runtime"]

    def ask() -> T:
        with runtime.database.read() as connection:
            return question(connection)

    return await asyncio.to_thread(ask)
