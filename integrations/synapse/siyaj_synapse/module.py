"""What Synapse loads: reads the configuration and registers every hook."""

from typing import Any

from synapse.module_api import ModuleApi
from synapse.module_api.errors import ConfigError as SynapseConfigError

from siyaj_synapse import config as configuration
from siyaj_synapse.after import After
from siyaj_synapse.client import Siyaj
from siyaj_synapse.config import Config, ConfigError
from siyaj_synapse.desk import Desk
from siyaj_synapse.events import Messages
from siyaj_synapse.media import Media
from siyaj_synapse.members import Members
from siyaj_synapse.places import Places
from siyaj_synapse.profiles import Profiles
from siyaj_synapse.recheck import Recheck
from siyaj_synapse.registration import Registration
from siyaj_synapse.reports import Reports
from siyaj_synapse.rooms import Rooms
from siyaj_synapse.store import Store

RECHECK_MS = 1_000


class SiyajModule:
    def __init__(self, config: Config, api: ModuleApi) -> None:
        store = Store(config.state)
        siyaj = Siyaj(api, config)
        desk = Desk(api, config, siyaj, store)
        places = Places(api)
        after = After(api, config, siyaj)
        rooms = Rooms(api, desk, places)
        members = Members(desk)
        messages = Messages(api, desk, places, rooms, members)
        api.register_spam_checker_callbacks(
            check_event_for_spam=messages.check_event_for_spam,
            check_media_file_for_spam=Media(api, desk, places).check_media_file_for_spam,
            check_registration_for_spam=Registration(api, desk).check_registration_for_spam,
            user_may_create_room=rooms.user_may_create_room,
            user_may_join_room=members.user_may_join_room,
            user_may_invite=members.user_may_invite,
            user_may_send_3pid_invite=members.user_may_send_3pid_invite,
            user_may_publish_room=members.user_may_publish_room,
        )
        api.register_third_party_rules_callbacks(
            check_event_allowed=messages.check_event_allowed if config.every_state_event else None,
            on_profile_update=Profiles(api, config.enforcer, store).on_profile_update,
        )
        reports, recheck = Reports(api, config, siyaj, store), Recheck(api, config, siyaj, store, after)
        # On one process only: the one that is configured to run background tasks.
        api.looping_background_call(reports.run, config.poll_seconds * 1_000, desc="siyaj_reports")
        if recheck.has_a_share:
            api.looping_background_call(recheck.run, RECHECK_MS, desc="siyaj_recheck", run_on_all_instances=True)

    @staticmethod
    def parse_config(given: dict[str, Any]) -> Config:
        """Synapse calls this first, and does not start where it raises."""
        try:
            return configuration.parse(given)
        except ConfigError as error:
            raise SynapseConfigError(f"siyaj_synapse: {error}") from None
