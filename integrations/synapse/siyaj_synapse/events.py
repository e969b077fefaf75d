"""Events: `check_event_for_spam`, for what our users send and what other servers hand in; `check_event_allowed`, for
what the former is not asked about: what administrators call rooms, and what memberships of our users say."""

import time
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from synapse.module_api import NOT_SPAM, EventBase, ModuleApi, StateMap
from synapse.module_api.errors import Codes

from siyaj_synapse import content, counts, refusal
from siyaj_synapse.desk import Desk
from siyaj_synapse.guard import is_enforcement
from siyaj_synapse.members import SPREADING, Members
from siyaj_synapse.places import Places
from siyaj_synapse.refusal import Refusal
from siyaj_synapse.rooms import NAMED, Rooms

_ENCRYPTED = "m.room.encrypted"
_MEMBER = "m.room.member"
_SILENT = frozenset({"m.room.create", "m.room.power_levels"})
"""Nothing is said in these."""
SHORT_NAME = 40
"""Letters of a name in a room, or of the reason of an invitation or a kick; a longer one may be a disguised message."""
SHORT_REACTION = 20
"""Letters of a reaction that are an emoji or a word; a longer one is a message in disguise."""
_SHORT = {"m.reaction": SHORT_REACTION, _MEMBER: SHORT_NAME}


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
            found = await self._refusal(event)
        except Exception:
            found = self._desk.stumbled("message", event.event_id)
        return NOT_SPAM if found is None else (Codes.FORBIDDEN, found)

    async def check_event_allowed(self, event: EventBase, state: StateMap[EventBase]) -> tuple[bool, None]:
        """Raises SynapseError for what is refused: so the client learns why."""
        looked_at = event.is_state() and (event.type in NAMED or event.type == _MEMBER)
        if looked_at and not is_enforcement(event.sender, self._desk.config.enforcer):
            try:
                found = await (self._words(event) if event.type == _MEMBER else self._rooms.refusal(event, state))
            except Exception:
                found = self._desk.stumbled("message" if event.type == _MEMBER else "room", event.event_id)
            if found is not None:
                raise refusal.raised(found)
        return True, None

    async def _refusal(self, event: EventBase) -> Refusal | None:
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
        return await self._words(event)

    async def _words(self, event: EventBase) -> Refusal | None:
        said = _said(event)
        words, links = content.words(said), content.links(said)
        if len(words) <= _SHORT.get(event.type, 0) and not links:
            return None
        asked = await self._event(event, words, links)
        place = {"room": event.room_id, "sender": event.sender}
        return await self._desk.ask("message", asked, place=place)

    async def _event(self, event: EventBase, words: str, links: list[str]) -> dict[str, Any]:
        asked = {
            "id": event.event_id,
            "kind": "message",
            "account": await self._places.account(event.sender),
            "channel": await self._places.channel(event.room_id),
            "text": words,
            "links": links,
            "at": sent_at(event),
        }
        return {key: value for key, value in asked.items() if value}


def _said(event: EventBase) -> Mapping[str, Any]:
    """Return what of it is said by a person."""
    if event.type != _MEMBER:
        return event.content
    return {key: event.content[key] for key in ("displayname", "reason") if key in event.content}


def sent_at(event: EventBase) -> str:
    """Return when its sender says that it was sent (RFC 3339); now, when that is no time."""
    try:
        return datetime.fromtimestamp(event.origin_server_ts / 1000, timezone.utc).isoformat()
    except (OverflowError, ValueError, OSError, TypeError):
        return datetime.fromtimestamp(time.time(), timezone.utc).isoformat()
