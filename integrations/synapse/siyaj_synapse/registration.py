"""New accounts: `check_registration_for_spam`. A verdict lets in, shadow-bans or denies, as the configuration says."""

from collections.abc import Collection
from typing import Any

from synapse.module_api import ModuleApi
from synapse.spam_checker_api import RegistrationBehaviour

from siyaj_synapse.config import DENY, OPEN, SHADOW_BAN
from siyaj_synapse.desk import Desk

_BEHAVIOUR = {SHADOW_BAN: RegistrationBehaviour.SHADOW_BAN, DENY: RegistrationBehaviour.DENY}


class Registration:
    def __init__(self, api: ModuleApi, desk: Desk) -> None:
        self._api = api
        self._desk = desk

    async def check_registration_for_spam(
        self,
        email_threepid: dict[str, Any] | None,
        username: str | None,
        request_info: Collection[tuple[str, str]],
        auth_provider_id: str | None = None,
    ) -> RegistrationBehaviour:
        """Siyaj is told the name that is asked for; no address and no device leaves the homeserver."""
        if not username:
            return RegistrationBehaviour.ALLOW
        try:
            return await self._behaviour(username)
        except Exception:
            refused = self._desk.stumbled("registration", username)
            return RegistrationBehaviour.ALLOW if refused is None else RegistrationBehaviour.DENY

    async def _behaviour(self, username: str) -> RegistrationBehaviour:
        user_id = self._api.get_qualified_user_id(username)
        event = account_event(user_id, username)
        place = {"sender": user_id}
        verdict = await self._desk.verdict("registration", event, place=place, repeat=f"registration-{user_id}"[:255])
        if verdict is None:
            closed = self._desk.config.on_failure["registration"] != OPEN
            return RegistrationBehaviour.DENY if closed else RegistrationBehaviour.ALLOW
        chosen = self._desk.config.registration.get(verdict["action"], "")
        return _BEHAVIOUR.get(chosen, RegistrationBehaviour.ALLOW)


def account_event(user_id: str, name: str) -> dict[str, Any]:
    """Return an event of the kind `account`: its case is about the account."""
    handle = user_id.partition(":")[0].removeprefix("@")[:1_000]
    account = {"id": user_id[:256], "name": name.replace("\0", " ")[:1_000], "handle": handle}
    return {"id": user_id[:256], "kind": "account", "account": account}
