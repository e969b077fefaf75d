"""The preset, asked by the real synapse-http-antispam in a real homeserver."""

from pathlib import Path

import pytest

from conftest import Trial
from siyaj.cli.demo import posts
from trial.client import Refused
from trial.homeserver import Homeserver

CALLBACKS = ["check_event_for_spam", "user_may_join_room", "user_may_invite", "user_may_publish_room"]


def test_it_refuses_and_lets_pass(trial: Trial, tmp_path: Path) -> None:
    config = {
        "base_url": f"{trial.siyaj.address}/v1/presets/http-antispam",
        "authorization": trial.siyaj.new_key("antispam"),
        "enabled_callbacks": CALLBACKS,
    }
    homeserver = Homeserver(tmp_path, None, {"module": "synapse_http_antispam.HTTPAntispam", "config": config})
    trial.homeserver.stop()
    try:
        homeserver.start()
        author, friend = homeserver.register("author"), homeserver.register("friend")
        room = author.create_room(name="Preset", preset="public_chat")
        friend.join(room)
        assert author.say(room, posts.NEWS)
        with pytest.raises(Refused) as refused:
            friend.say(room, f"وصلني هذا: {posts.STATEMENT}")
        answer = refused.value.answer
        assert (answer["errcode"], answer["org.siyaj.appeal_url"] in answer["error"]) == ("M_FORBIDDEN", True)
    finally:
        homeserver.stop()
        trial.homeserver.start()
