"""What Synapse loads: reads the configuration and registers every hook."""

from typing import Any

from synapse.module_api import ModuleApi
from synapse.module_api.errors import ConfigError as SynapseConfigError

from siyaj_synapse import config as configuration
from siyaj_synapse.client import Siyaj
from siyaj_synapse.config import Config, ConfigError
from siyaj_synapse.desk import Desk
from siyaj_synapse.events import Messages
from siyaj_synapse.media import Media
from siyaj_synapse.places import Places
from siyaj_synapse.rooms import Rooms
from siyaj_synapse.store import Store


class SiyajModule:
    def __init__(self, config: Config, api: ModuleApi) -> None:
        store = Store(config.state)
        siyaj = Siyaj(api, config)
        desk = Desk(api, config, siyaj, store)
        places = Places(api)
        rooms = Rooms(api, desk, places)
        messages = Messages(api, desk, places, rooms)
        media = Media(api, desk, places)
        api.register_spam_checker_callbacks(
            check_event_for_spam=messages.check_event_for_spam,
            check_media_file_for_spam=media.check_media_file_for_spam,
            user_may_create_room=rooms.user_may_create_room,
        )
        if config.every_state_event:
            api.register_third_party_rules_callbacks(check_event_allowed=rooms.check_event_allowed)

    @staticmethod
    def parse_config(given: dict[str, Any]) -> Config:
        """Synapse calls this first, and does not start where it raises."""
        try:
            return configuration.parse(given)
        except ConfigError as error:
            raise SynapseConfigError(f"siyaj_synapse: {error}") from None
