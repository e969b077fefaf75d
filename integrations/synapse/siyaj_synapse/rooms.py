"""Rooms as channels: their name, topic and picture, when they are made and whenever these change."""

import hashlib
import json
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from synapse.module_api import NOT_SPAM, EventBase, ModuleApi, StateMap
from synapse.module_api.errors import Codes

from siyaj_synapse import content
from siyaj_synapse.client import File
from siyaj_synapse.desk import Desk
from siyaj_synapse.places import Places
from siyaj_synapse.refusal import Refusal

NAMED = {"m.room.name": "title", "m.room.topic": "topic", "m.room.avatar": "avatar"}
"""State events that say what a room is, and what each says."""


class Rooms:
    def __init__(self, api: ModuleApi, desk: Desk, places: Places) -> None:
        self._api = api
        self._desk = desk
        self._places = places

    async def user_may_create_room(self, user_id: str, room_config: Mapping[str, Any]) -> Any:
        """Before a room exists. Synapse does not call this for administrators; `check_event_allowed` sees theirs."""
        try:
            named = _of_config(room_config)
            found = await self._before_it_exists(user_id, named) if named else None
        except Exception:
            found = self._desk.stumbled("room", f"one that {user_id} makes")
        return NOT_SPAM if found is None else (Codes.FORBIDDEN, found)

    async def _before_it_exists(self, user_id: str, named: dict[str, str]) -> Refusal | None:
        """As something that somebody says: a channel would stay in Siyaj's list beside the room that is made then."""
        event = {
            "id": f"creating:{_digest(user_id, named)}",
            "kind": "message",
            "account": await self._places.account(user_id),
            "text": "\n".join(value for key, value in named.items() if key != "avatar"),
        }
        return await self._ask(event, named, {"room": "", "sender": user_id}, uuid.uuid4().hex)

    async def refusal(self, event: EventBase, state: StateMap[EventBase] | None = None) -> Refusal | None:
        """Return why this name, topic or picture is refused, or None."""
        named = _named(event.type, event.content)
        if not named:
            return None
        more = await self._places.channel(event.room_id)
        for kind, field in NAMED.items():
            before = (state or {}).get((kind, ""))
            if field not in named and before is not None and field != "avatar":
                named.update(_named(kind, before.content))
        return await self._check(event.room_id, named, event.sender, event.event_id, more)

    async def _check(
        self,
        room_id: str,
        named: dict[str, str],
        user_id: str,
        event_id: str,
        more: Mapping[str, Any],
    ) -> Refusal | None:
        channel = {**more, "id": room_id[:256]}
        channel |= {key: value for key, value in named.items() if key != "avatar"}
        account = await self._places.account(user_id)
        event = {"id": room_id[:256], "kind": "channel", "account": account, "channel": channel}
        if title := named.get("title"):
            # A title is a name to Siyaj; as text it is compared with known statements too.
            event["text"] = title
        return await self._ask(event, named, {"room": room_id, "sender": user_id, "event": event_id}, event_id)

    async def _ask(
        self, event: dict[str, Any], named: Mapping[str, str], place: dict[str, str], repeat: str
    ) -> Refusal | None:
        mxc = named.get("avatar", "")
        avatar = await self._api.defer_to_thread(self._picture, mxc)
        files = [File("avatar", avatar)] if avatar else []
        return await self._desk.ask("room", event, files, place={**place, "mxc": mxc}, repeat=f"room-{repeat}"[:255])

    def _picture(self, mxc: str) -> bytes | None:
        """Return a picture of this server's own media folder; what lies elsewhere was checked when it came."""
        return local_media(self._api, mxc, self._desk.config.largest_media)


def local_media(api: ModuleApi, mxc: str, largest: int) -> bytes | None:
    """Return the bytes of a local `mxc://` address, None where there are none here or they are too many. Blocks."""
    server, _, media_id = mxc.removeprefix("mxc://").partition("/")
    if not mxc.startswith("mxc://") or server != api.server_name or not media_id.isalnum():
        return None
    try:
        # Not part of the module API, which has no way to read media.
        path = Path(api._hs.get_media_repository().filepaths.local_media_filepath(media_id))
        return path.read_bytes() if path.stat().st_size <= largest else None
    except (OSError, AttributeError):
        return None


def _named(kind: str, said: Mapping[str, Any]) -> dict[str, str]:
    """Return what a state event names; a topic may be said in several forms (Matrix 1.15, `m.topic`)."""
    if kind == "m.room.topic":
        value: Any = content.words(said)
    else:
        value = said.get("name" if kind == "m.room.name" else "url")
    limit = 10_000 if kind == "m.room.topic" else 1_000
    return {NAMED[kind]: value.replace("\0", " ")[:limit]} if isinstance(value, str) and value.strip() else {}


def _of_config(config: Mapping[str, Any]) -> dict[str, str]:
    """Return title, topic and avatar of a `/createRoom` body, whose shape is the client's."""
    named: dict[str, str] = {}
    for state in config.get("initial_state") or ():
        if isinstance(state, Mapping) and state.get("type") in NAMED and isinstance(state.get("content"), Mapping):
            named |= _named(state["type"], state["content"])
    for key, kind in (("name", "m.room.name"), ("topic", "m.room.topic")):
        if isinstance(config.get(key), str):
            named |= _named(kind, {key: config[key]})
    if isinstance(alias := config.get("room_alias_name"), str) and alias.strip():
        named["handle"] = alias[:1_000]
    return named


def _digest(user_id: str, named: Mapping[str, str]) -> str:
    return hashlib.sha256(json.dumps([user_id, named], sort_keys=True).encode()).hexdigest()[:32]
