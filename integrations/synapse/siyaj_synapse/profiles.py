"""Changed names and pictures of accounts. Synapse tells of them when they are done: what is refused becomes a case."""

import logging
import time

from synapse.module_api import ModuleApi, ProfileInfo

from siyaj_synapse import counts
from siyaj_synapse.after import After
from siyaj_synapse.client import File
from siyaj_synapse.desk import Desk
from siyaj_synapse.guard import is_enforcement
from siyaj_synapse.registration import account_event
from siyaj_synapse.rooms import local_media

log = logging.getLogger(__name__)


class Profiles:
    def __init__(self, api: ModuleApi, desk: Desk, after: After) -> None:
        self._api = api
        self._desk = desk
        self._after = after

    async def on_profile_update(self, user_id: str, new: ProfileInfo, by_admin: bool, deactivation: bool) -> None:
        """The user has their answer already: nobody waits for this."""
        if deactivation or is_enforcement(user_id, self._desk.config.enforcer):
            return
        self._api.run_as_background_process("siyaj_profile", self._check, user_id, new, bg_start_span=False)

    async def _check(self, user_id: str, new: ProfileInfo) -> None:
        try:
            event = account_event(user_id, new.display_name or "")
            if new.display_name:
                event["text"] = new.display_name.replace("\0", " ")[:1_000]
            largest = self._desk.config.largest_media
            picture = await self._api.defer_to_thread(local_media, self._api, new.avatar_url or "", largest)
            files = [File("avatar", picture)] if picture else []
            place = {"sender": user_id, "mxc": new.avatar_url or ""}
            repeat = f"profile-{user_id}-{time.time_ns()}"[-255:]
            verdict = await self._desk.verdict("profile", event, files, place=place, repeat=repeat)
            if verdict is not None:
                await self._after.act("profile", event, place, verdict)
        except Exception:
            log.exception("the profile of %s could not be checked", user_id)
            counts.FAILED_OPEN.labels("profile").inc()
