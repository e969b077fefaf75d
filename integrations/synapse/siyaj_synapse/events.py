"""Messages: `check_event_for_spam`, for what our users send and for what other servers hand in."""

import time
from datetime import datetime, timezone
from typing import Any

from synapse.module_api import NOT_SPAM, EventBase, ModuleApi
from synapse.module_api.errors import Codes

from siyaj_synapse import content, counts
from siyaj_synapse.desk import Desk
from siyaj_synapse.guard import is_enforcement
from siyaj_synapse.members import SPREADING, Members
from siyaj_synapse.places import Places
from siyaj_synapse.rooms import NAMED, Rooms

_ENCRYPTED = "m.room.encrypted"
_SILENT = frozenset({"m.room.member", "m.room.create", "m.room.power_levels"})
"""Nothing is said in these, or another hook looks at it."""
SHORT_REACTION = 20
"""Letters of a reaction that are an emoji or a word; a longer one is a message in disguise."""


class Messages:
    def __init__(self, api: ModuleApi, desk: Desk, places: Places, rooms: Rooms, members: Members) -> None:
        self._api = api
        self._desk = desk
        self._places = places
        self._rooms = rooms
        self._members = members

    async def check_event_for_spam(self, event: EventBase) -> Any:
        """Refused events of our users are answered with an error; those of other servers are soft-failed."""
        try:
            refusal = await self._refusal(event)
        except Exception:
            refusal = self._desk.stumbled("message", event.event_id)
        return NOT_SPAM if refusal is None else (Codes.FORBIDDEN, refusal)

    async def _refusal(self, event: EventBase) -> dict[str, Any] | None:
        if event.type in _SILENT or is_enforcement(event.sender, self._desk.config.enforcer):
            return None
        if event.type == _ENCRYPTED:
            counts.ENCRYPTED.inc()
            return None
        if event.is_state() and event.type in SPREADING:
            return await self._members.refusal(event.room_id)
        if event.is_state() and event.type in NAMED:
            seen = self._api.is_mine(event.sender) and self._desk.config.every_state_event
            return None if seen else await self._rooms.refusal(event)
        asked = await self._event(event)
        if not asked.get("text") and not asked.get("links"):
            return None
        if event.type == "m.reaction" and len(asked["text"]) <= SHORT_REACTION:
            return None
        place = {"room": event.room_id, "sender": event.sender}
        return await self._desk.ask("message", asked, place=place)

    async def _event(self, event: EventBase) -> dict[str, Any]:
        asked = {
            "id": event.event_id,
            "kind": "message",
            "account": await self._places.account(event.sender),
            "channel": await self._places.channel(event.room_id),
            "text": content.words(event.content),
            "links": content.links(event.content),
            "at": sent_at(event),
        }
        return {key: value for key, value in asked.items() if value}


def sent_at(event: EventBase) -> str:
    """Return when its sender says that it was sent (RFC 3339); now, when that is no time."""
    try:
        return datetime.fromtimestamp(event.origin_server_ts / 1000, timezone.utc).isoformat()
    except (OverflowError, ValueError, OSError, TypeError):
        return datetime.fromtimestamp(time.time(), timezone.utc).isoformat()
