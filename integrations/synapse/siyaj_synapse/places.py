"""Who and where, as rules may ask for it: age of an account, name and size of a room. Remembered for a while."""

import json
import logging
import time
from typing import Any
from urllib.parse import quote

from synapse.module_api import LoggingTransaction, ModuleApi

log = logging.getLogger(__name__)

REMEMBERED_SECONDS = 30.0
YOUNG_DAYS, YOUNG_SECONDS = 1.0, 2.0
"""A room that was made today fills quickly: how many are in it is looked up more often."""
MOST_REMEMBERED = 10_000

_ROOM = """
SELECT s.name, s.topic, s.canonical_alias, c.joined_members, r.is_public
FROM rooms AS r
LEFT JOIN room_stats_state AS s ON s.room_id = r.room_id
LEFT JOIN room_stats_current AS c ON c.room_id = r.room_id
WHERE r.room_id = ?
"""
_STATE = """
SELECT c.type, j.json FROM current_state_events AS c JOIN event_json AS j ON j.event_id = c.event_id
WHERE c.room_id = ? AND c.state_key = '' AND c.type IN ('m.room.create', 'm.room.power_levels')
"""
MODERATOR = 50
"""The power level from which on somebody runs a room, by Matrix's own defaults."""
MOST_ADMINS = 200


class Places:
    """Reads Synapse's own statistics tables; a failure there costs context, never a message."""

    def __init__(self, api: ModuleApi) -> None:
        self._api = api
        self._rooms: dict[str, tuple[float, dict[str, Any]]] = {}
        """Until when (monotonic) it holds, and what."""

    async def account(self, user_id: str) -> dict[str, Any]:
        """Return Siyaj's `account`. Accounts of other servers have no age here."""
        account: dict[str, Any] = {"id": user_id[:256]}
        if self._api.is_mine(user_id):
            try:
                known = await self._api.get_userinfo_by_id(user_id)
                if known is not None:
                    account["age_days"] = round(max(0.0, time.time() - known.creation_ts) / 86_400, 3)
            except Exception:
                log.exception("the age of %s could not be read", user_id)
        return account

    async def channel(self, room_id: str) -> dict[str, Any]:
        """Return Siyaj's `channel`."""
        known = self._rooms.get(room_id)
        if known is not None and time.monotonic() < known[0]:
            return known[1]
        channel: dict[str, Any] = {"id": room_id[:256]}
        try:
            channel |= await self._api.run_db_interaction("siyaj_room", _read_room, room_id)
        except Exception:
            log.exception("the room %s could not be read", room_id)
        if len(self._rooms) >= MOST_REMEMBERED:
            self._rooms.clear()
        seconds = YOUNG_SECONDS if channel.get("age_days", 0.0) < YOUNG_DAYS else REMEMBERED_SECONDS
        self._rooms[room_id] = (time.monotonic() + seconds, channel)
        return channel


def _read_room(txn: LoggingTransaction, room_id: str) -> dict[str, Any]:
    txn.execute(_ROOM, (room_id,))
    row = txn.fetchone()
    if row is None:
        return {}
    name, topic, alias, members, public = row
    found = {"title": (name or "")[:1_000], "handle": (alias or "")[:1_000], "topic": (topic or "")[:10_000]}
    found = {key: value.replace("\0", " ") for key, value in found.items() if value}
    more: dict[str, Any] = {"public": bool(public)}
    if members is not None:
        more["subscribers"] = members
    if alias:
        more["invites"] = [f"https://matrix.to/#/{quote(alias[:1_000])}"]
    txn.execute(_STATE, (room_id,))
    return {**found, **more, **_of_state({kind: json.loads(raw) for kind, raw in txn.fetchall()})}


def _runs(power: Any) -> bool:
    return isinstance(power, int) and power >= MODERATOR


def _of_state(state: dict[str, Any]) -> dict[str, Any]:
    """Return how old a room is and who runs it: who made it, and whom it gives power."""
    created = state.get("m.room.create") or {}
    said = created.get("content") or {}
    powers = (state.get("m.room.power_levels") or {}).get("content") or {}
    users = powers.get("users")
    admins = [user for user, power in (users.items() if isinstance(users, dict) else ()) if _runs(power)]
    extra = said.get("additional_creators")
    makers = [created.get("sender"), *(extra if isinstance(extra, list) else [])]
    everyone = dict.fromkeys(one[:256] for one in [*makers, *admins] if isinstance(one, str) and one)
    found: dict[str, Any] = {"admins": list(everyone)[:MOST_ADMINS]} if everyone else {}
    if isinstance(made := created.get("origin_server_ts"), int):
        found["age_days"] = round(min(100_000.0, max(0.0, time.time() - made / 1_000) / 86_400), 3)
    return found
