"""A reviewer decides, and the homeserver follows within two seconds; an appeal restores what can be restored."""

import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from conftest import Trial
from siyaj.cli.demo import pictures
from trial.client import Client, Refused
from trial.reviewer import Reviewer


@pytest.fixture(scope="module")
def reviewer(trial: Trial) -> Iterator[Reviewer]:
    admin = trial.homeserver.register("siyaj-acts", admin=True)
    trial.siyaj.connect(trial.homeserver.address, admin.token)
    with Reviewer.open(trial.siyaj.folder, trial.siyaj.address) as opened:
        yield opened


def test_a_reported_room_is_closed_with_its_media_and_the_appeal_gives_back_what_it_can(
    trial: Trial, reviewer: Reviewer
) -> None:
    owner, member, reporter = (trial.homeserver.register(f"floor-{name}") for name in ("owner", "member", "reporter"))
    room = owner.create_room(preset="public_chat", name="Threshing floor")
    member.join(room)
    mxc = owner.upload(pictures.jpeg(pictures.landscape(710)))
    owner.send(room, "m.room.message", {"msgtype": "m.image", "body": "floor.jpg", "url": mxc})
    reporter.report_room(room, "look at this room")
    case = trial.siyaj.case_of(f"channel:{room}")
    assert case is not None

    decision = reviewer.decide(case["id"], "close_channel")
    began = time.monotonic()
    assert until(lambda: not downloads(member, mxc) and not joins(member, room), 5)
    assert time.monotonic() - began < 2
    assert trial.siyaj.get(f"/v1/state/channel/{room}")["standing"] == "closed"
    assert until(
        lambda: reviewer.said(decision, "close_channel").startswith("delivered: 1 files quarantined; blocked;"), 5
    )

    reopened = reviewer.appeal_succeeds(decision, "reopen_channel")
    assert until(lambda: downloads(member, mxc), 5)
    assert until(lambda: "Its members were put out" in reviewer.said(reopened, "reopen_channel"), 5)


def test_a_removed_message_is_redacted_and_its_author_is_told_where_to_appeal(trial: Trial, reviewer: Reviewer) -> None:
    author, reporter = trial.homeserver.register("told-author"), trial.homeserver.register("told-reporter")
    room = author.create_room(preset="public_chat", name="Terrace")
    reporter.join(room)
    event = author.say(room, "كلام قرر مراجع أن يُزال")
    reporter.report_event(room, event, "remove this")
    case = trial.siyaj.case_of(f"item:{event}")
    assert case is not None
    decision = reviewer.decide(case["id"], "remove")
    assert until(lambda: author.event(room, event)["content"] == {}, 5)
    assert until(lambda: reviewer.said(decision, "notify").startswith("delivered"), 5), reviewer.said(
        decision, "notify"
    )
    assert until(lambda: any(f"{trial.siyaj.address}/appeal/" in said for said in notices(author)), 5), notices(author)


def test_a_limited_room_takes_no_new_members(trial: Trial, reviewer: Reviewer) -> None:
    owner, reporter, late = (trial.homeserver.register(f"limited-{name}") for name in ("owner", "reporter", "late"))
    room = owner.create_room(preset="public_chat", name="Fair", visibility="public")
    reporter.report_room(room, "too loud")
    case = trial.siyaj.case_of(f"channel:{room}")
    assert case is not None
    reviewer.decide(case["id"], "limit")
    with pytest.raises(Refused) as refused:
        late.join(room)
    assert refused.value.answer["org.siyaj.state"] == "limited"
    with pytest.raises(Refused):
        owner.invite(room, late.user_id)
    with pytest.raises(Refused):
        owner.call("PUT", f"/_matrix/client/v3/directory/list/room/{room}", {"visibility": "public"})
    alias = "#fair:garden.test"
    owner.call("PUT", f"/_matrix/client/v3/directory/room/{quote(alias)}", {"room_id": room})
    with pytest.raises(Refused):
        owner.set_state(room, "m.room.canonical_alias", {"alias": alias})
    assert owner.say(room, "those who are in it may talk on")


def test_a_token_that_expired_is_said_on_the_case_and_a_fresh_one_carries_the_decision_out(
    trial: Trial, reviewer: Reviewer, tmp_path: Path
) -> None:
    author, reporter = trial.homeserver.register("kept-author"), trial.homeserver.register("kept-reporter")
    room = author.create_room(preset="public_chat", name="Cistern")
    reporter.join(room)
    event = author.say(room, "what a person decided to remove")
    reporter.report_event(room, event, "remove this")
    case = trial.siyaj.case_of(f"item:{event}")
    assert case is not None
    acting = trial.homeserver.log_in("siyaj-acts")
    set_token(trial, tmp_path / "token", "syt_expired")
    decision = reviewer.decide(case["id"], "remove")
    assert until(lambda: "set a fresh one" in reviewer.said(decision, "remove"), 5), reviewer.said(decision, "remove")
    assert author.event(room, event)["content"]
    set_token(trial, tmp_path / "token", acting.token)
    assert until(lambda: author.event(room, event)["content"] == {}, 20), reviewer.said(decision, "remove")
    assert until(lambda: reviewer.said(decision, "remove").startswith("delivered"), 5)


def set_token(trial: Trial, file: Path, token: str) -> None:
    file.write_text(token, encoding="ascii")
    trial.siyaj.run("endpoint", "token", "matrix", "--token-file", str(file))


def until(true, seconds: float) -> bool:  # type: ignore[no-untyped-def]
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


def downloads(client: Client, mxc: str) -> bool:
    try:
        return bool(client.download(mxc))
    except Refused:
        return False


def joins(client: Client, room: str) -> bool:
    try:
        client.join(room)
    except Refused:
        return False
    return True


def notices(client: Client) -> list[str]:
    """Return what the server's notices to this account say."""
    rooms = client.call("GET", "/_matrix/client/v3/sync").get("rooms", {}).get("join", {})
    events = [event for room in rooms.values() for event in room["timeline"]["events"]]
    return [str(event["content"].get("body", "")) for event in events if event["sender"].startswith("@notices:")]
