"""Who and where, as rules may ask for it: age of an account, name and size of a room. Remembered for a while."""

import logging
import time
from typing import Any

from synapse.module_api import LoggingTransaction, ModuleApi

log = logging.getLogger(__name__)

REMEMBERED_SECONDS = 30.0
MOST_REMEMBERED = 10_000

_ROOM = """
SELECT s.name, s.topic, s.canonical_alias, c.joined_members, r.is_public
FROM rooms AS r
LEFT JOIN room_stats_state AS s ON s.room_id = r.room_id
LEFT JOIN room_stats_current AS c ON c.room_id = r.room_id
WHERE r.room_id = ?
"""


class Places:
    """Reads Synapse's own statistics tables; a failure there costs context, never a message."""

    def __init__(self, api: ModuleApi) -> None:
        self._api = api
        self._rooms: dict[str, tuple[float, dict[str, Any]]] = {}

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
        if known is not None and time.monotonic() - known[0] < REMEMBERED_SECONDS:
            return known[1]
        channel = {"id": room_id[:256]}
        try:
            channel |= await self._api.run_db_interaction("siyaj_room", _read_room, room_id)
        except Exception:
            log.exception("the room %s could not be read", room_id)
        if len(self._rooms) >= MOST_REMEMBERED:
            self._rooms.clear()
        self._rooms[room_id] = (time.monotonic(), channel)
        return channel


def _read_room(txn: LoggingTransaction, room_id: str) -> dict[str, Any]:
    txn.execute(_ROOM, (room_id,))
    row = txn.fetchone()
    if row is None:
        return {}
    name, topic, alias, members, public = row
    found = {"title": (name or "")[:1_000], "handle": (alias or "")[:1_000], "topic": (topic or "")[:10_000]}
    found = {key: value.replace("\0", " ") for key, value in found.items() if value}
    return {**found, **({"subscribers": members} if members is not None else {}), "public": bool(public)}
