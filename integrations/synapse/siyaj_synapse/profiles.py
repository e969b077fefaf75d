"""Changed names and pictures of accounts. Synapse tells of them when they are done: what is refused becomes a case."""

import logging
import time

from synapse.module_api import ModuleApi, ProfileInfo

from siyaj_synapse import counts
from siyaj_synapse.guard import is_enforcement
from siyaj_synapse.registration import account_event
from siyaj_synapse.store import Store

log = logging.getLogger(__name__)


class Profiles:
    def __init__(self, api: ModuleApi, enforcer: str, store: Store) -> None:
        self._api = api
        self._enforcer = enforcer
        self._store = store

    async def on_profile_update(self, user_id: str, new: ProfileInfo, by_admin: bool, deactivation: bool) -> None:
        """Write it down, to be checked in a moment by `recheck`: nobody waits for the verdict, and it has to outlive
        us, as has what follows from it."""
        if deactivation or is_enforcement(user_id, self._enforcer):
            return
        try:
            event = account_event(user_id, new.display_name or "")
            if new.display_name:
                event["text"] = new.display_name.replace("\0", " ")[:1_000]
            place = {"sender": user_id, "mxc": new.avatar_url or ""}
            repeat = f"profile-{user_id}-{time.time_ns()}"[-255:]
            await self._api.defer_to_thread(self._store.put, "profile", event, place, repeat)
        except Exception:
            log.exception("the profile of %s could not be checked", user_id)
            counts.FAILED_OPEN.labels("profile").inc()
