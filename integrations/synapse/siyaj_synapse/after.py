"""What is done about something that is out already, when its verdict comes late: redact, quarantine, tell a person."""

import logging
from typing import Any

from synapse.module_api import ModuleApi

from siyaj_synapse.client import Siyaj
from siyaj_synapse.config import PASS, Config

log = logging.getLogger(__name__)

REPORT_SECONDS = 10.0
_SUBJECTS = {"message": "item", "media": "item", "channel": "channel", "account": "account"}
"""What an event of each kind is about."""


class After:
    def __init__(self, api: ModuleApi, config: Config, siyaj: Siyaj) -> None:
        self._api = api
        self._holds = config.hold != PASS
        self._siyaj = siyaj

    async def act(self, hook: str, event: dict[str, Any], place: dict[str, str], verdict: dict[str, Any]) -> None:
        """A `block` takes it down where that is safe, else a person is told. A `hold` has its case already: a file is
        kept back until that is decided, words stay, as a redaction could not be taken back.

        Raises NoAnswer when Siyaj cannot be told: then this is to be done again.
        """
        if verdict["action"] == "hold" and hook == "media" and self._holds:
            await self._quarantine(place["mxc"])
        if verdict["action"] != "block":
            return
        if hook == "message" and await self._redact(event["id"], place, verdict):
            return
        if hook == "media" and await self._quarantine(place["mxc"]):
            return
        await self._report(event, verdict)

    async def _redact(self, event_id: str, place: dict[str, str], verdict: dict[str, Any]) -> bool:
        """As its author, who may always redact; Synapse's own admin API does the same."""
        if not self._api.is_mine(place["sender"]):
            return False
        redaction = {
            "type": "m.room.redaction",
            "room_id": place["room"],
            "sender": place["sender"],
            "redacts": event_id,
            "content": {
                "redacts": event_id,
                "reason": f"Removed under the rules of this server ({verdict.get('policy') or 'tvec'})",
            },
        }
        try:
            await self._api.create_and_send_event_into_room(redaction)
            return True
        except Exception as error:
            log.warning("%s could not be redacted, a person is told: %s", event_id, error)
            return False

    async def _quarantine(self, mxc: str) -> bool:
        server, _, media_id = mxc.removeprefix("mxc://").partition("/")
        try:
            # Not part of the module API, which has no way to quarantine.
            count = await self._api._store.quarantine_media_by_id(server, media_id, f"@siyaj:{self._api.server_name}")
            return bool(count)
        except Exception as error:
            log.warning("%s could not be quarantined, a person is told: %s", mxc, error)
            return False

    async def _report(self, event: dict[str, Any], verdict: dict[str, Any]) -> None:
        report = {
            "subject": {"kind": _SUBJECTS[event["kind"]], "id": event["id"]},
            "reason": "other",
            "text": f"It is published; its verdict {verdict['id']} is to block it. Reported by the Synapse module.",
            "content": {"text": event.get("text", "")},
        }
        await self._siyaj.report(report, f"late-{verdict['id']}", seconds=REPORT_SECONDS)
