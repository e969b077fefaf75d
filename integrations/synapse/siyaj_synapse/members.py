"""Closed and limited rooms stop spreading: nobody joins, is invited, or finds them in the directory."""

import logging
import time
from typing import Any

from synapse.module_api import NOT_SPAM
from synapse.module_api.errors import Codes

from siyaj_synapse import counts, refusal
from siyaj_synapse.client import NoAnswer, NotAccepted
from siyaj_synapse.config import OPEN
from siyaj_synapse.desk import Desk
from siyaj_synapse.guard import is_enforcement
from siyaj_synapse.refusal import Refusal

log = logging.getLogger(__name__)

SPREADING = frozenset({"m.room.canonical_alias"})
"""State events that make a room easier to find."""
MOST_REMEMBERED = 10_000
_STOPPED = {"closed": "closed", "limited": "limited", "removed": "closed", "blocked": "closed"}


class Members:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._known: dict[str, tuple[float, dict[str, Any]]] = {}

    async def user_may_join_room(self, user_id: str, room_id: str, is_invited: bool) -> Any:
        return await self._answer(room_id, user_id)

    async def user_may_invite(self, inviter: str, invitee: str, room_id: str) -> Any:
        return await self._answer(room_id, inviter)

    async def user_may_send_3pid_invite(self, inviter: str, medium: str, address: str, room_id: str) -> Any:
        return await self._answer(room_id, inviter)

    async def user_may_publish_room(self, user_id: str, room_id: str) -> Any:
        return await self._answer(room_id, user_id)

    async def _answer(self, room_id: str, user_id: str) -> Any:
        if is_enforcement(user_id, self._desk.config.enforcer):
            return NOT_SPAM
        found = await self.refusal(room_id)
        return NOT_SPAM if found is None else (Codes.FORBIDDEN, found)

    async def refusal(self, room_id: str) -> Refusal | None:
        """Return why this room may not spread, or None. Never raises."""
        try:
            state = await self._state(room_id)
        except (NoAnswer, NotAccepted) as error:
            return self._unanswered(room_id, error)
        except Exception:
            return self._desk.stumbled("member", room_id)
        stopped = _STOPPED.get(str(state.get("standing")))
        return refusal.of_state(stopped, state) if stopped else None

    async def _state(self, room_id: str) -> dict[str, Any]:
        known = self._known.get(room_id)
        if known is not None and time.monotonic() - known[0] < self._desk.config.state_seconds:
            return known[1]
        state = await self._desk.siyaj.state("channel", room_id[:256], seconds=self._desk.config.patience("member"))
        if len(self._known) >= MOST_REMEMBERED:
            self._known.clear()
        self._known[room_id] = (time.monotonic(), state)
        return state

    def _unanswered(self, room_id: str, error: Exception) -> Refusal | None:
        """Go by what was known last, else by the hook's failure policy. Nothing to check later: it is asked anew."""
        known = self._known.get(room_id)
        if known is not None and (stopped := _STOPPED.get(str(known[1].get("standing")))):
            return refusal.of_state(stopped, known[1])
        if self._desk.config.on_failure["member"] == OPEN:
            counts.FAILED_OPEN.labels("member").inc()
            log.warning("let someone into %s without knowing its state: %s", room_id, error)
            return None
        counts.FAILED_CLOSED.labels("member").inc()
        return refusal.unchecked()
