"""What people see in their XMPP clients at a real Prosody, what reaches Siyaj, and what its people's decisions do."""

import json
import time
from collections.abc import Callable, Iterator
from xml.etree import ElementTree as ET

import pytest

from conftest import HOST, ROOMS, Trial
from siyaj.cli.demo import posts
from siyaj.model.action import ActionKind
from xmpp_client import Client, Refused, archived_as

BODY = "{jabber:client}body"
RETRACT = "{urn:xmpp:message-retract:0}retract"


@pytest.fixture
def amal(trial: Trial, request: pytest.FixtureRequest) -> Iterator[Client]:
    client = trial.client(f"amal-{abs(hash(request.node.name)) % 10_000}")
    yield client
    client.stop()


@pytest.fixture
def basim(trial: Trial, request: pytest.FixtureRequest) -> Iterator[Client]:
    client = trial.client(f"basim-{abs(hash(request.node.name)) % 10_000}")
    yield client
    client.stop()


def soon(condition: Callable[[], bool], seconds: float = 5.0) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.05)
    return False


def item_of(message: ET.Element) -> str:
    item = message.find("{urn:siyaj:item:1}item")
    assert item is not None
    return str(item.get("id"))


def test_a_harmless_message_passes_and_a_near_copy_is_refused_with_the_address_of_the_appeal(
    trial: Trial, amal: Client
) -> None:
    room = f"well@{ROOMS}"
    amal.join(room)
    assert amal.say(room, posts.NEWS, "ar").get("type") == "groupchat"
    with pytest.raises(Refused) as refused:
        amal.say(room, f"وصلني هذا قبل قليل:\n{posts.STATEMENT}", "ar")
    assert refused.value.condition == "policy-violation"
    assert refused.value.refused["appeal"].startswith("https://appeals.garden.test/ver_")
    assert refused.value.refused["appeal"] in refused.value.text
    assert refused.value.refused["policy"] == "tvec"
    assert "رُفض هذا المحتوى" in refused.value.text
    record = trial.siyaj.get(f"/v1/channels/{room}")["channel"]
    assert (record["checked"], record["blocked"], record["handle"]) == (2, 1, "well")


def body(text: str, language: str) -> ET.Element:
    element = ET.Element(BODY, {"{http://www.w3.org/XML/1998/namespace}lang": language})
    element.text = text
    return element


def test_a_second_body_a_formatted_version_and_a_long_message_hide_nothing(trial: Trial, amal: Client) -> None:
    room = f"attic@{ROOMS}"
    amal.join(room)
    with pytest.raises(Refused):
        amal.send(room, body("Good morning", "en"), body(posts.STATEMENT, "ar"))
    html = ET.Element("{http://jabber.org/protocol/xhtml-im}html")
    paragraph = ET.SubElement(
        ET.SubElement(html, "{http://www.w3.org/1999/xhtml}body"), "{http://www.w3.org/1999/xhtml}p"
    )
    paragraph.text = posts.STATEMENT
    with pytest.raises(Refused):
        amal.send(room, body("Good morning", "en"), html)
    with pytest.raises(Refused):
        amal.say(room, posts.STATEMENT + "\n" + "نص طويل " * 12_000)
    assert amal.say(room, "كلام " * 12_000).get("type") == "groupchat"


def test_siyaj_hangs_and_nobody_waits_longer_than_the_deadline(trial: Trial, amal: Client) -> None:
    room = f"garden@{ROOMS}"
    amal.join(room)
    trial.siyaj.hang()
    try:
        began = time.monotonic()
        amal.say(room, "صباح الخير")
        assert 0.5 < time.monotonic() - began < 1.0, "that long it is waited for, and the whole send keeps the deadline"
    finally:
        trial.siyaj.resume()


def test_a_subject_and_a_rooms_name_are_asked_about(trial: Trial, amal: Client) -> None:
    room = f"market@{ROOMS}"
    amal.join(room)
    amal.set_subject(room, "سوق الحي")
    with pytest.raises(Refused):
        amal.set_subject(room, posts.STATEMENT)
    amal.name_room(room, "سوق السبت")
    with pytest.raises(Refused) as refused:
        amal.name_room(room, "سوق السبت", posts.STATEMENT)
    assert refused.value.refused["policy"] == "tvec"
    record = trial.siyaj.get(f"/v1/channels/{room}")["channel"]
    assert (record["title"], record["admins"]) == ("سوق السبت", [amal.jid])


def test_a_report_is_a_case_within_two_seconds_and_the_same_report_counts_once(
    trial: Trial, amal: Client, basim: Client
) -> None:
    room = f"square@{ROOMS}"
    amal.join(room)
    basim.join(room)
    said = amal.say(room, "كلام مزعج")
    basim.report(f"{room}/{amal.jid.partition('@')[0]}", "هذا مزعج", by=room, stanza_id=archived_as(said, room))
    case = trial.siyaj.case_of(f"item:{item_of(said)}", seconds=2)
    assert case is not None
    basim.report(f"{room}/{amal.jid.partition('@')[0]}", "هذا مزعج", by=room, stanza_id=archived_as(said, room))
    basim.report(room, "غرفة مزعجة")
    basim.report(amal.jid, "شخص مزعج")
    assert trial.siyaj.case_of(f"channel:{room}", seconds=2) is not None
    assert trial.siyaj.case_of(f"account:{amal.jid}", seconds=2) is not None
    (report,) = trial.siyaj.get(f"/v1/cases/{case['id']}")["reports"]
    assert report["content"]["text"] == "كلام مزعج"
    assert report["reporter"]["id"] == basim.jid


def test_a_decision_takes_a_message_back_and_another_restores_it(trial: Trial, amal: Client, basim: Client) -> None:
    room = f"bakery@{ROOMS}"
    amal.join(room)
    basim.join(room)
    said = amal.say(room, "وصفة غير صحيحة")
    archived = archived_as(said, room)
    basim.report(room, "انظروا", by=room, stanza_id=archived)
    case = trial.siyaj.case_of(f"item:{item_of(said)}", seconds=2)
    assert case is not None
    before = len(amal.messages)  # basim blocked the room with the report, and hears nothing from it
    trial.desk.decide(case["id"], ActionKind.REMOVE)
    back = amal.wait_for(lambda message: next(message.iter(RETRACT), None) is not None, since=before)
    assert back.find("{urn:xmpp:fasten:0}apply-to").get("id") == archived  # type: ignore[union-attr]
    newcomer = trial.client("newcomer")
    newcomer.join(room)
    time.sleep(0.3)
    assert not [message for message in newcomer.messages if message.findtext(BODY) == "وصفة غير صحيحة"]
    before = len(newcomer.messages)
    trial.desk.order(ActionKind.RESTORE, f"item:{item_of(said)}")
    again = newcomer.wait_for(lambda message: message.findtext(BODY) == "وصفة غير صحيحة", since=before)
    assert again.get("from") == said.get("from")
    newcomer.stop()


def test_a_decision_closes_a_room_which_nobody_makes_again(trial: Trial, amal: Client, basim: Client) -> None:
    room = f"cellar@{ROOMS}"
    amal.join(room)
    basim.join(room)
    basim.report(room, "غرفة ضارّة")
    case = trial.siyaj.case_of(f"channel:{room}", seconds=2)
    assert case is not None
    decided = time.monotonic()
    trial.desk.decide(case["id"], ActionKind.CLOSE_CHANNEL)

    def gone() -> bool:
        try:
            amal.join(room)
        except Refused as refused:
            return refused.condition == "gone"
        return False

    assert soon(gone, 4)
    assert time.monotonic() - decided < 4
    with pytest.raises(Refused):
        basim.join(room)
    assert soon(lambda: trial.siyaj.get(f"/v1/channels/{room}")["channel"]["state"] == "closed")
    trial.desk.order(ActionKind.REOPEN_CHANNEL, f"channel:{room}")

    def back() -> bool:
        try:
            amal.join(room)
        except Refused:
            return False
        return True

    assert soon(back)
    amal.name_room(room, "القبو")  # whoever owned it owns it again


def test_a_suspended_account_is_logged_out_and_stays_out(trial: Trial, amal: Client, basim: Client) -> None:
    amal.report(basim.jid, "شخص ضارّ")
    case = trial.siyaj.case_of(f"account:{basim.jid}", seconds=2)
    assert case is not None
    trial.desk.decide(case["id"], ActionKind.SUSPEND_ACCOUNT)
    assert basim.ended.wait(5)
    with pytest.raises(Refused):
        Client(basim.jid, trial.prosody.port, register=False).start()


def test_siyaj_is_killed_and_people_go_on_as_configured_and_nothing_reported_is_lost(
    trial: Trial, amal: Client, basim: Client
) -> None:
    room = f"harbour@{ROOMS}"
    amal.join(room)
    basim.join(room)
    known = amal.say(room, "قبل الانقطاع")
    trial.siyaj.kill()
    began = time.monotonic()
    passed = amal.say(room, posts.STATEMENT)
    assert time.monotonic() - began < 2
    with pytest.raises(Refused) as refused:
        trial.client("too-early")
    assert refused.value.condition == "resource-constraint"
    basim.report(room, "أبلغ والخادم متوقف", by=room, stanza_id=archived_as(known, room))
    spooled = list((trial.prosody.folder / "data").glob("*/siyaj_reports/*.dat"))
    assert spooled, "the report is on disk"
    trial.prosody.stop()
    trial.prosody.start()
    trial.siyaj.start()
    assert trial.siyaj.case_of(f"item:{item_of(known)}", seconds=15) is not None
    assert soon(lambda: not list((trial.prosody.folder / "data").glob("*/siyaj_[rc][eh]*s/*.dat")), 15)
    late = trial.siyaj.get("/v1/verdicts", event=item_of(passed))["items"]
    assert json.dumps(late).count("block"), "what was let through unchecked is checked, and taken back"
    reader = trial.client("reader")
    reader.join(room)
    time.sleep(0.3)
    bodies = [message.findtext(BODY) for message in reader.messages]
    assert "قبل الانقطاع" in bodies
    assert posts.STATEMENT not in bodies
    reader.stop()


def test_an_unknown_host_in_a_report_breaks_nothing(trial: Trial, basim: Client) -> None:
    basim.report("someone@elsewhere.test", "\u202eبلاغ" * 500)
    assert trial.siyaj.case_of("account:someone@elsewhere.test", seconds=2) is not None
    assert HOST in basim.jid
