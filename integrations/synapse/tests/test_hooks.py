"""Uploads, rooms, memberships, registrations and profiles, through a real homeserver."""

import time
import uuid
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from conftest import Trial, module_config
from siyaj.cli.demo import pictures, posts
from trial.client import Refused
from trial.homeserver import Homeserver


def test_a_banked_picture_altered_by_crop_and_mirror_is_refused_at_upload(trial: Trial) -> None:
    uploader = trial.homeserver.register("uploader")
    altered = pictures.jpeg(pictures.mirrored(pictures.cropped(pictures.landscape(100))))
    with pytest.raises(Refused) as refused:
        uploader.upload(altered)
    answer = refused.value.answer
    assert (refused.value.status, answer["errcode"]) == (403, "M_FORBIDDEN")
    assert answer["org.siyaj.appeal_url"] in answer["error"]
    record = trial.siyaj.get(f"/v1/verdicts/{answer['org.siyaj.verdict']}")["record"]
    assert record["event"]["account"]["id"] == uploader.user_id, "the uploader is known from the request"


def test_other_pictures_broken_pictures_and_files_of_any_kind_are_answered(trial: Trial) -> None:
    uploader = trial.homeserver.register("uploader-too")
    mxc = uploader.upload(pictures.jpeg(pictures.landscape(501)))
    assert uploader.download(mxc)
    assert uploader.upload(b"\0" * 1000, "noise.bin", "application/octet-stream")
    with pytest.raises(Refused, match="person will look") as refused:
        uploader.upload(pictures.jpeg(pictures.landscape(502))[:3_000])
    answer = refused.value.answer
    assert answer["org.siyaj.case"] in answer["error"], "what waits for a person names its case"
    assert trial.siyaj.get(f"/v1/cases/{answer['org.siyaj.case']}")["case"]["state"] == "open"


def test_a_large_upload_passes_whole(trial: Trial) -> None:
    uploader = trial.homeserver.register("uploader-large")
    assert uploader.upload(b"x" * 50_000_000, "large.bin", "application/octet-stream")


@pytest.mark.parametrize(
    "content",
    [
        {
            "msgtype": "m.text",
            "body": "see",
            "format": "org.matrix.custom.html",
            "formatted_body": f"<p>{posts.STATEMENT}",
        },
        {"msgtype": "m.image", "body": posts.STATEMENT, "url": "mxc://garden.test/x"},
        {"msgtype": "org.unknown", "body": "", "org.deep": {"a": [{"b": posts.STATEMENT}]}},
        {"msgtype": "m.file", "body": "a.txt", "filename": {"not": ["a", posts.STATEMENT]}},
    ],
    ids=["formatted", "caption", "unknown", "malformed"],
)
def test_a_statement_is_found_wherever_an_event_says_it(trial: Trial, content: dict[str, object]) -> None:
    writer = trial.homeserver.register(f"writer-{uuid.uuid4().hex[:8]}")
    room = writer.create_room()
    with pytest.raises(Refused, match="السياسة"):
        writer.send(room, "m.room.message", dict(content))


def test_edits_and_unknown_event_types_are_checked_and_encrypted_events_pass(trial: Trial) -> None:
    writer = trial.homeserver.register("editor")
    room = writer.create_room()
    event = writer.say(room, "صباح الخير")
    with pytest.raises(Refused):
        writer.edit(room, event, posts.STATEMENT)
    with pytest.raises(Refused):
        writer.send(room, "org.example.unknown", {"whatever": posts.STATEMENT})
    with pytest.raises(Refused):
        relates = {"rel_type": "m.annotation", "event_id": event, "key": posts.STATEMENT}
        writer.send(room, "m.reaction", {"m.relates_to": relates})
    cipher = {"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": posts.STATEMENT, "session_id": "s", "device_id": "d"}
    assert writer.send(room, "m.room.encrypted", cipher)
    assert writer.say(room, "word " * 12_000), "64 KB are the most that Matrix carries"


def test_a_link_to_a_listed_address_is_refused_also_behind_other_words(trial: Trial) -> None:
    trial.siyaj.bank({"url": "https://example.org/listed"})
    writer = trial.homeserver.register("linker")
    room = writer.create_room()
    with pytest.raises(Refused):
        writer.say(room, "look: https://example.org/listed")
    behind = "<a href='https://example.org/listed'>a recipe</a>"
    with pytest.raises(Refused):
        writer.say(room, "a recipe", format="org.matrix.custom.html", formatted_body=behind)
    assert writer.say(room, "look: https://example.org/other")


def test_what_a_membership_says_is_checked(trial: Trial) -> None:
    owner, guest = trial.homeserver.register("yard-owner"), trial.homeserver.register("yard-guest")
    room = owner.create_room(preset="public_chat", name="Yard")
    of_guest = f"/_matrix/client/v3/rooms/{quote(room)}/state/m.room.member/{quote(guest.user_id)}"
    with pytest.raises(Refused, match="السياسة"):
        guest.call("POST", f"/_matrix/client/v3/join/{quote(room)}", {"reason": posts.STATEMENT})
    guest.join(room)
    with pytest.raises(Refused) as refused:
        guest.call("PUT", of_guest, {"membership": "join", "displayname": posts.STATEMENT[:250]})
    assert refused.value.answer["org.siyaj.verdict"]
    assert guest.call("PUT", of_guest, {"membership": "join", "displayname": "A guest of the yard"})
    with pytest.raises(Refused):
        kicked = {"user_id": guest.user_id, "reason": posts.STATEMENT}
        owner.call("POST", f"/_matrix/client/v3/rooms/{quote(room)}/kick", kicked)
    assert owner.call("POST", f"/_matrix/client/v3/rooms/{quote(room)}/kick", {"user_id": guest.user_id}) == {}


def test_thumbnails_are_not_checked_again(trial: Trial) -> None:
    uploader = trial.homeserver.register("small")
    mxc = uploader.upload(pictures.jpeg(pictures.landscape(504)))
    assert uploader.thumbnail(mxc)
    assert uploader.download(mxc)
    assert len(trial.siyaj.get("/v1/verdicts", event=mxc)["items"]) == 1


def test_a_known_picture_is_no_picture_of_a_room(trial: Trial) -> None:
    """It was uploaded before anybody knew it."""
    owner = trial.homeserver.register("painter")
    known = pictures.landscape(905)
    mxc = owner.upload(pictures.jpeg(known))
    room = owner.create_room(name="Gallery")
    trial.siyaj.bank(pictures=(pictures.jpeg(known),))
    with pytest.raises(Refused) as refused:
        owner.set_state(room, "m.room.avatar", {"url": mxc})
    assert refused.value.answer["org.siyaj.appeal_url"]
    with pytest.raises(Refused):
        owner.create_room(name="Gallery", initial_state=[{"type": "m.room.avatar", "content": {"url": mxc}}])


def test_what_cannot_be_checked_passes_and_is_counted(trial: Trial, tmp_path: Path) -> None:
    homeserver = Homeserver(tmp_path / "small", module_config(trial.siyaj, tmp_path, largest_media=100_000))
    trial.homeserver.stop()
    try:
        homeserver.start()
        author = homeserver.register("counted")
        room = author.create_room(name="Counted")
        cipher = {"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "x", "session_id": "s", "device_id": "d"}
        assert author.send(room, "m.room.encrypted", cipher)
        assert author.upload(b"x" * 200_000, "large.bin", "application/octet-stream")
        assert author.say(room, posts.NEWS)
        assert homeserver.counted("siyaj_module_encrypted_total") == 1
        assert homeserver.counted("siyaj_module_too_large_total") == 1
        assert homeserver.counted("siyaj_module_checked_total", hook="message", action="allow") == 1
    finally:
        homeserver.stop()
        trial.homeserver.start()


def test_a_room_may_not_be_made_or_renamed_to_a_known_statement(trial: Trial) -> None:
    owner = trial.homeserver.register("namer")
    with pytest.raises(Refused) as refused:
        owner.create_room(name="Library", topic=posts.STATEMENT)
    assert refused.value.answer["org.siyaj.appeal_url"]
    room = owner.create_room(name="Library", topic="Books and bread")
    listed = [one["id"] for one in trial.siyaj.get("/v1/channels", limit=200)["items"] if one["title"] == "Library"]
    assert listed == [room], "what was never made is no channel, and what was made is one"
    with pytest.raises(Refused, match="السياسة"):
        owner.set_state(room, "m.room.topic", {"topic": posts.STATEMENT})
    assert owner.set_state(room, "m.room.name", {"name": "New library"})
    with pytest.raises(Refused, match="السياسة"):
        owner.set_state(room, "m.room.topic", {"topic": "", "m.topic": {"m.text": [{"body": posts.STATEMENT}]}})
    assert owner.set_state(room, "m.room.avatar", {"url": ["not", "an address"]})


def test_a_new_room_that_fills_is_shown_with_how_many_are_in_it(trial: Trial) -> None:
    owner = trial.homeserver.register("host")
    room = owner.create_room(preset="public_chat", name="Feast")
    owner.say(room, "أهلا وسهلا")
    for number in range(3):
        trial.homeserver.register(f"guest-{number}").join(room)
    until = time.monotonic() + 15
    seen = 0
    while seen != 4 and time.monotonic() < until:
        time.sleep(1)
        owner.say(room, "أهلا")
        seen = trial.siyaj.get(f"/v1/channels/{quote(room, safe='')}")["channel"]["subscribers"]
    assert seen == 4


def test_an_administrator_is_checked_where_synapse_would_let_them_pass(trial: Trial) -> None:
    admin = trial.homeserver.register("careless-admin", admin=True)
    room = admin.create_room(name="Office")
    with pytest.raises(Refused, match="السياسة"):
        admin.set_state(room, "m.room.topic", {"topic": posts.STATEMENT})


def test_registration_is_asked_about_and_allowed(trial: Trial) -> None:
    name = f"newcomer{uuid.uuid4().hex[:6]}"
    body = {"username": name, "password": "a long enough one", "auth": {"type": "m.login.dummy"}}
    answer = httpx.post(f"{trial.homeserver.address}/_matrix/client/v3/register", json=body, timeout=30)
    assert answer.status_code == 200, answer.text
    found = trial.siyaj.get("/v1/verdicts", event=f"@{name}:garden.test")["items"]
    assert [one["kind"] for one in found] == ["account"]


def test_a_changed_profile_is_checked_afterwards_and_becomes_a_case(trial: Trial) -> None:
    user = trial.homeserver.register("renamed")
    user.set_name(posts.STATEMENT[:250])
    assert trial.siyaj.case_of(f"account:{user.user_id}") is not None


def test_a_changed_picture_of_an_account_is_checked_too(trial: Trial) -> None:
    """It was uploaded before anybody knew it."""
    user = trial.homeserver.register("repainted")
    known = pictures.landscape(906)
    mxc = user.upload(pictures.jpeg(known))
    trial.siyaj.bank(pictures=(pictures.jpeg(known),))
    user.call("PUT", f"/_matrix/client/v3/profile/{quote(user.user_id)}/avatar_url", {"avatar_url": mxc})
    assert trial.siyaj.case_of(f"account:{user.user_id}") is not None
