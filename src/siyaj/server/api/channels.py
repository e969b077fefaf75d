"""`/v1/channels`: groups, rooms and broadcast lists as subjects, with what accumulated about them."""

import asyncio
import base64
import binascii
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

from litestar import Controller, get
from litestar.datastructures import State
from litestar.params import PathParameter, QueryParameter
from msgspec import Struct

from siyaj.model.channel import ChannelFile, ChannelRecord, ChannelState, Timeline
from siyaj.model.clock import to_us
from siyaj.model.errors import InvalidRequest
from siyaj.moderation.runtime import Runtime

ChannelId = Annotated[str, PathParameter(description="The platform's own id, percent-encoded")]


class ChannelSort(StrEnum):
    LAST_SEEN = "last_seen_at"
    SUBSCRIBERS = "subscribers"
    REMOVED = "removed"
    REPORTS = "reports"
    BLOCKED = "blocked"


class ChannelPage(Struct):
    """`next` is the `cursor` of the next page; null on the last."""

    items: Sequence[ChannelRecord]
    next: str | None


class ChannelsController(Controller):
    """Channels."""

    path = "/v1/channels"
    tags = ["channels"]  # noqa: RUF012  (so Litestar types it)

    @get("/", summary="A page of channels")
    async def page(
        self,
        state: State,
        channel_state: Annotated[
            ChannelState | None, QueryParameter(name="state", description="open, limited or closed; all if not given")
        ] = None,
        text: Annotated[str, QueryParameter(max_length=200, description="Stands in the title, handle or id")] = "",
        min_subscribers: Annotated[int, QueryParameter(ge=0, le=2**62, description="At least so many")] = 0,
        min_removed: Annotated[int, QueryParameter(ge=0, le=2**62, description="At least so many removed items")] = 0,
        sort: Annotated[ChannelSort, QueryParameter(description="The highest comes first")] = ChannelSort.LAST_SEEN,
        cursor: Annotated[str, QueryParameter(max_length=1_500, description="The `next` of the page before")] = "",
        limit: Annotated[int, QueryParameter(ge=1, le=500, description="How many")] = 50,
    ) -> ChannelPage:
        runtime: Runtime = state["runtime"]
        found = await asyncio.to_thread(
            runtime.channels.page,
            state=channel_state,
            text=text,
            min_subscribers=min_subscribers,
            min_removed=min_removed,
            sort=sort.value,
            after=read_cursor(cursor),
            limit=limit + 1,
        )
        return ChannelPage(found[:limit], cursor_of(found[limit - 1], sort) if len(found) > limit else None)

    @get("/{channel:str}", summary="One channel, with its languages, links, resemblances and open case")
    async def one(self, state: State, channel: ChannelId) -> ChannelFile:
        runtime: Runtime = state["runtime"]
        return await asyncio.to_thread(runtime.channels.get, channel)

    @get("/{channel:str}/timeline", summary="What happened to one channel, oldest first, and its items by day")
    async def timeline(self, state: State, channel: ChannelId) -> Timeline:
        runtime: Runtime = state["runtime"]
        return await asyncio.to_thread(runtime.channels.timeline, channel)


def cursor_of(last: ChannelRecord, sort: ChannelSort) -> str:
    """Return the place after `last` in a list sorted so."""
    return base64.urlsafe_b64encode(f"{place(last, sort)}.{last.id}".encode("utf-8", "surrogatepass")).decode()


def place(channel: ChannelRecord, sort: ChannelSort) -> int:
    if sort is ChannelSort.LAST_SEEN:
        return to_us(channel.last_seen_at)
    value: int | None = getattr(channel, sort.value)
    return -1 if value is None else value


def read_cursor(cursor: str) -> tuple[int, str] | None:
    """Raises InvalidRequest."""
    if not cursor:
        return None
    try:
        value, _, channel = base64.b64decode(cursor, altchars=b"-_", validate=True).decode().partition(".")
        number = int(value)
    except (ValueError, binascii.Error):
        number, channel = 2**63, ""
    if not -1 <= number < 2**63 or not channel or "\0" in channel:
        raise InvalidRequest(f"{cursor[:50]!r} is no cursor", field="cursor", hint="take `next` of the page before")
    return number, channel
