"""The case screen: what it shows, who may do what on it, and that nothing typed is lost."""

import re
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from siyaj.delivery.adaptor import Outcome, Result
from siyaj.delivery.settling import settle
from siyaj.model.person import Role
from siyaj.storage import audit, deliveries, exposures
from siyaj.storage.tables import endpoints
from tests.console import ground
from tests.console.conftest import Client, House

DRAFT = {
    "action": "remove",
    "exemption": "none",
    "policy": "tvec.recruitment",
    "act": "recruitment",
    "also_account": "limit",
}


@pytest.fixture(scope="module", autouse=True)
def people(house: House) -> Iterator[None]:
    ground.fill_banks(house.runtime)
    house.person("rania", Role.REVIEWER, name="رانيا")
    house.person("omar", Role.REVIEWER, name="عمر")
    house.person("huda", Role.LEAD, name="هدى")
    house.person("nadia", Role.AUDITOR, name="نادية")
    yield


def token(page: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found
    return found[1]


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" id="{name}" value="([^"]*)"', page)
    assert found
    return found[1].replace("&#34;", '"').replace("&amp;", "&")


def send(client: Client, page: str, path: str, **fields: object) -> object:
    seen = {"version": hidden(page, "version"), "seen": hidden(page, "seen")} if 'id="version"' in page else {}
    data = {**seen, **{key: str(value) for key, value in fields.items()}}
    return client.post(path, data=data, headers={"x-csrf-token": token(page), "hx-request": "true"})


def opened(house: House, login: str, case: str) -> tuple[Client, str]:
    """Take a case and return the client and the screen."""
    client = house.signed_in(login)
    page = client.get(f"/console/cases/{case}").text
    assert client.post(f"/console/cases/{case}/take", headers={"x-csrf-token": token(page)}).status_code == 303
    return client, client.get(f"/console/cases/{case}").text


def test_the_screen_shows_content_reasons_reports_and_context(house: House) -> None:
    case = ground.call(house.runtime)
    _client, page = opened(house, "rania", case)
    assert '<mark data-match="1">الفـانـوس الأزرق</mark>' in page
    assert 'dir="auto"' in page and "https://pastebin.com/sample42" in page and 'href="https://pastebin' not in page
    assert "RIGHT-TO-LEFT OVERRIDE" in page and "\u202e" not in page
    assert "a listed term" in page and "confirmed by our reviewers" in page
    assert "2 reports" in page and "Trusted flagger" in page and "هل من أخبار عن اللقاء؟" in page
    assert "12,400 subscribers" in page and "age: 3 days" in page
    assert "Yours for" in page


def test_who_only_reads_can_not_decide(house: House) -> None:
    case = ground.call(house.runtime, "m-read")
    client = house.signed_in("nadia")
    page = client.get(f"/console/cases/{case}").text
    assert "You can read this case; others decide it." in page
    assert send(client, page, f"/console/cases/{case}/decide", **DRAFT).status_code == 403  # type: ignore[attr-defined]


def test_a_decision_is_previewed_staged_made_and_undone(house: House) -> None:
    case = ground.call(house.runtime, "m-decide")
    client, page = opened(house, "rania", case)
    base = f"/console/cases/{case}"
    empty = send(client, page, f"{base}/preview")
    assert "Answer the exemption check." in empty.text  # type: ignore[attr-defined]
    preview = send(client, page, f"{base}/preview", **DRAFT).text  # type: ignore[attr-defined]
    assert "Remove" in preview and "Strike of weight" in preview and "2 reporters are told" in preview
    staged = send(client, page, f"{base}/stage", **DRAFT).text  # type: ignore[attr-defined]
    assert "data-confirm-decision" in staged, staged
    made = send(client, page, f"{base}/decide", **DRAFT)
    following = made.headers["hx-redirect"]  # type: ignore[attr-defined]
    assert "decided=dec_" in following
    after = client.get(following).text
    undo = re.search(r'action="(/console/decisions/dec_\w+/undo)"', after)
    assert undo
    answer = client.post(undo[1], headers={"x-csrf-token": token(after)})
    assert answer.headers["location"] == f"{base}?undone=1"
    again = client.get(answer.headers["location"]).text
    assert "Yours for" in again and re.search(r'value="recruitment"[^>]* checked', again)


def test_a_stale_screen_says_what_changed_and_loses_nothing(house: House) -> None:
    case = ground.call(house.runtime, "m-stale")
    client, page = opened(house, "rania", case)
    rania = house.runtime.people.get("rania")
    version = house.runtime.cases.get(case).version
    house.runtime.cases.escalate(case, rania, version, "for a lead")
    answer = send(client, page, f"/console/cases/{case}/decide", **DRAFT, reasons="long thought")
    assert answer.status_code == 409  # type: ignore[attr-defined]
    assert "escalated to the leads" in answer.text and "1 note was added" in answer.text  # type: ignore[attr-defined]
    assert 'hx-swap-oob="true"' in answer.text  # type: ignore[attr-defined]


def test_the_heartbeat_keeps_the_lease_and_brings_news(house: House) -> None:
    case = ground.call(house.runtime, "m-beat")
    client, page = opened(house, "rania", case)
    ground.report(house.runtime, "item:m-beat", "praise", reporter={"id": "one-more"})
    beat = send(client, page, f"/console/cases/{case}/renew").text  # type: ignore[attr-defined]
    assert "data-seconds" in beat and "1 more report came in." in beat
    omar = house.signed_in("omar").get(f"/console/cases/{case}").text
    assert "Held by رانيا" in omar


def test_cases_are_passed_on_handed_over_and_noted(house: House) -> None:
    case = ground.call(house.runtime, "m-pass")
    client, page = opened(house, "rania", case)
    note = send(client, page, f"/console/cases/{case}/notes", text="ما رأيك؟ @omar")
    assert "ما رأيك؟ @omar" in note.text  # type: ignore[attr-defined]
    assert send(client, page, f"/console/cases/{case}/notes", text=" ").status_code == 400  # type: ignore[attr-defined]
    omar = house.signed_in("omar")
    assert "1 mention" in omar.get("/console/queue").text and "ما رأيك؟" in omar.get("/console/mentions").text
    omar.get(f"/console/cases/{case}")
    assert "mention" not in omar.get("/console/queue").text.split("<main")[1].split("filters")[0]
    assert "hx-redirect" in send(client, page, f"/console/cases/{case}/hand-over", to="omar").headers  # type: ignore[attr-defined]
    assert case in omar.get("/console/queue?whose=given").text


def test_a_second_opinion_is_blind_until_both_stand(house: House) -> None:
    case = ground.call(house.runtime, "m-second")
    client, page = opened(house, "rania", case)
    asked = send(client, page, f"/console/cases/{case}/second-opinion", **DRAFT, reasons="a clear call")
    assert "hx-redirect" in asked.headers  # type: ignore[attr-defined]
    omar, blind = opened(house, "omar", case)
    assert "Second opinion asked" in blind and "a clear call" not in blind
    other = {"action": "none", "exemption": "news"}
    answer = send(omar, blind, f"/console/cases/{case}/decide", **other)
    assert "split=1" in answer.headers["hx-redirect"]  # type: ignore[attr-defined]
    _huda, both = opened(house, "huda", case)
    assert "a clear call" in both and "Both opinions" in both and "The two differ" in both


def test_media_is_revealed_by_steps_that_are_audited_and_counted(house: House) -> None:
    case = ground.picture(house.runtime)
    client, page = opened(house, "rania", case)
    base = re.search(rf"/console/cases/{case}/media/evd_\w+", page)
    assert base
    covered = client.get(base[0]).text
    still = client.get(f"{base[0]}/still")
    assert still.headers["content-type"] == "image/jpeg" and len(still.content) < 2_000
    assert "Unblur" in covered and "RLO" in covered
    assert client.get(f"{base[0]}/shown").status_code == 403
    clear = send(client, page, f"{base[0]}/reveal", step="clear").text  # type: ignore[attr-defined]
    address = re.search(r'src="([^"]+shown\?leave=[^"]+)"', clear)
    assert address and "Colour" in clear
    assert len(client.get(address[1]).content) > 5_000
    assert house.signed_in("omar").get(address[1]).status_code == 403
    with house.runtime.database.read() as connection:
        deeds = [row.what for row in audit.page(connection, who="person:rania", what="evidence")]
        counted = exposures.latest(connection, house.runtime.people.get("rania").id)
    assert deeds.count("evidence.reveal") == 1 and "evidence.open" in deeds
    assert counted is not None and counted.revealed == 1
    beat = send(client, page, "/console/exposure", seconds=90).text  # type: ignore[attr-defined]
    assert "Revealed" in beat and "1 of 30 min" in beat


def test_a_match_is_explained_by_a_picture(house: House) -> None:
    case = ground.picture(house.runtime, "p-why")
    client = house.signed_in("rania")
    page = client.get(f"/console/cases/{case}").text
    address = re.search(rf"/console/cases/{case}/explanations/ver_\w+/\d+", page)
    assert address
    answer = client.get(address[0])
    assert answer.headers["content-type"] == "image/png"
    assert client.get(address[0].rsplit("/", 1)[0] + "/99").status_code == 404


def test_evidence_of_another_case_is_not_shown_through_this_one(house: House) -> None:
    one, other = ground.picture(house.runtime, "p-1"), ground.call(house.runtime, "m-other")
    evidence = house.runtime.vault.of_case(one)[0].id
    client = house.signed_in("rania")
    assert client.get(f"/console/cases/{one}/media/{evidence}/still").status_code == 200
    assert client.get(f"/console/cases/{other}/media/{evidence}/still").status_code == 404


def test_lists_and_subjects_show_what_became_of_things(house: House) -> None:
    case = ground.call(house.runtime, "m-listed", account={"id": "u-listed", "name": "مدرج"})
    client, page = opened(house, "rania", case)
    draft = {**DRAFT, "deviation": "enough"}
    assert "hx-redirect" in send(client, page, f"/console/cases/{case}/decide", **draft).headers  # type: ignore[attr-defined]
    decided = client.get("/console/decisions?action=remove&mine=1").text
    address = re.search(r'href="(/console/decisions/dec_\w+)"', decided)
    assert "m-listed" in decided and address
    one = client.get(address[1]).text
    assert "Statement of reasons" in one and "رانيا" in one
    reported = client.get("/console/reports?kind=item").text
    assert "m-listed" in reported and "Trusted flagger" in reported
    assert client.get("/console/reports?text=nobody").text.count("data-row") == 0
    assert "Nobody has appealed." in client.get("/console/appeals").text
    subject = client.get("/console/subjects?kind=account&id=u-listed").text
    assert "Strikes that count" in subject and "m-listed" in subject
    item = client.get("/console/subjects?kind=item&id=m-listed").text
    assert "What the last check saw" in item and "الفـانـوس" in item
    assert client.get("/console/subjects?kind=item&id=never-seen").status_code == 404
    for name in ("decisions", "appeals", "reports"):
        sheet = client.get(f"/console/{name}.csv")
        assert sheet.headers["content-type"].startswith("text/csv"), name


def test_exact_copies_are_decided_together_and_the_item_is_banked(house: House) -> None:
    said = {"text": ground.CALL + " نسخة."}
    one = ground.call(house.runtime, "m-copy-1", **said, account={"id": "u-copy-1"})
    other = ground.call(house.runtime, "m-copy-2", **said, account={"id": "u-copy-2"})
    client, page = opened(house, "rania", one)
    assert "Decide 1 open exact copy in the same way" in page
    draft = {**DRAFT, "copies": "on", "bank": "known", "deviation": "enough"}
    preview = send(client, page, f"/console/cases/{one}/preview", **draft).text  # type: ignore[attr-defined]
    assert "1 exact copy is decided in the same way." in preview and "added to the bank known" in preview
    answer = send(client, page, f"/console/cases/{one}/decide", **draft)
    assert "hx-redirect" in answer.headers, answer.text  # type: ignore[attr-defined]
    assert house.runtime.cases.get(other).state == "closed"


def test_what_the_platform_did_not_do_stays_in_sight(house: House) -> None:
    case = ground.call(house.runtime, "m-dead", account={"id": "u-dead"})
    with house.runtime.database.begin() as connection:
        row = {"id": "end_1", "name": "platform", "kind": "poll", "url": "", "secrets": b"", "created_at": 1}
        connection.execute(endpoints.insert(), row)
    client, page = opened(house, "rania", case)
    send(client, page, f"/console/cases/{case}/decide", **DRAFT, deviation="enough")
    assert "did not do it" not in client.get("/console/queue").text
    _refuse(house, case)
    queue = client.get("/console/queue").text
    assert "1 case was decided, and the platform did not carry it out." in queue
    assert "platform did not carry out “remove”: 410 &lt;b&gt;Gone&lt;/b&gt;." in queue and "Not carried out" in queue
    assert case in client.get("/console/queue?failed=1").text
    shown = client.get(f"/console/cases/{case}").text
    assert "The platform did not do what was decided." in shown and "410 &lt;b&gt;Gone" in shown
    assert "Decided by رانيا: Remove. The decision stands" in shown and "/try-again" not in shown

    client, page = opened(house, "rania", case)
    assert f"/console/cases/{case}/try-again" in page and 'value="remove" data-key="KeyR" checked' in page
    send(client, page, f"/console/cases/{case}/try-again")
    assert house.runtime.cases.get(case).state == "closed"
    _refuse(house, case)
    client, page = opened(house, "rania", case)
    send(client, page, f"/console/cases/{case}/accept", why="by hand")
    assert house.runtime.cases.get(case).state == "closed"
    assert "did not carry it out" not in client.get("/console/queue").text


def _refuse(house: House, case: str) -> None:
    """The platform says no to all that was decided in a case."""
    with house.runtime.database.begin() as connection:
        connection.execute(text("UPDATE actions SET not_before = 0"))
        connection.execute(text("UPDATE deliveries SET next_at = 0 WHERE state = 'waiting'"))
    while True:
        with house.runtime.database.begin() as connection:
            found = deliveries.claim(connection, "end_1", 2**52, 1)
            for one in found:
                settle(connection, one, Outcome(Result.REFUSED, "410 <b>Gone</b>"))
        if not found:
            return


def test_hostile_names_and_very_long_texts_are_shown_as_text(house: House) -> None:
    script = "<script>alert(1)</script>"
    account = {"id": "u-<img src=x>", "name": script}
    case = ground.call(house.runtime, "m-<svg onload=x>", text=ground.CALL + "ن " * 45_000, account=account)
    ground.report(house.runtime, "item:m-<svg onload=x>", text=script, reporter={"id": script, "name": script})
    page = house.signed_in("rania").get(f"/console/cases/{case}").text
    assert script not in page and "<svg onload" not in page and "<img src=x" not in page
    assert "&lt;script&gt;" in page and len(page) < 400_000
