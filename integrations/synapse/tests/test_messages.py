"""What people write, through a real homeserver."""

import httpx
import pytest

from conftest import Trial
from siyaj.cli.demo import posts
from trial.client import Refused

NEAR_COPY = f"صباح الخير، وصلني هذا:\n{posts.STATEMENT}\nما رأيكم؟".replace("ا", "اَ")


def test_a_near_copy_is_refused_and_its_author_learns_the_policy_and_where_to_appeal(trial: Trial) -> None:
    amal, basim = trial.homeserver.register("amal"), trial.homeserver.register("basim")
    room = amal.create_room(preset="public_chat", name="Village")
    basim.join(room)
    with pytest.raises(Refused) as refused:
        basim.say(room, NEAR_COPY)
    answer = refused.value.answer
    assert (refused.value.status, answer["errcode"]) == (403, "M_FORBIDDEN")
    assert answer["org.siyaj.verdict"].startswith("ver_")
    assert answer["org.siyaj.policy"]
    assert answer["org.siyaj.appeal_url"] in answer["error"]
    assert "الاعتراض" in answer["error"], "who writes Arabic is answered in Arabic"
    assert answer["org.siyaj.appeal_url"].startswith(f"{trial.siyaj.address}/appeal/")
    page = httpx.get(answer["org.siyaj.appeal_url"], timeout=30)
    assert page.status_code == 200, "a page where one may appeal, without an account"


def test_a_harmless_post_passes(trial: Trial) -> None:
    dana = trial.homeserver.register("dana")
    room = dana.create_room(name="News")
    event = dana.say(room, posts.NEWS)
    assert dana.event(room, event)["content"]["body"] == posts.NEWS
