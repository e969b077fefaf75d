"""The public form: DSA Article 16(2) without an account, in two languages, safe against machines and bad input."""

import re
from typing import Any

import httpx
import pytest

from siyaj.model.report import Report
from siyaj.model.settings import Settings
from siyaj.storage import reports
from tests.console.conftest import Client, House
from tests.server.conftest import serve

FIELDS = {
    "kind": "channel",
    "location": "https://messenger.example/c/sample",
    "reason": "recruitment",
    "why": "It asks people to join.",
    "quoted": "Sample text",
    "name": "Amal",
    "email": "Amal@example.org",
    "good_faith": "1",
}


def send(client: Client, files: Any = None, **changed: str) -> httpx.Response:
    """Fill the form in as a browser does, once token and all."""
    page = client.get("/report").text
    hidden = dict(re.findall(r'<input type="hidden" name="(csrf|once)" value="([^"]+)"', page))
    return client.post("/report", data={**hidden, **FIELDS, **changed}, files=files or {"files": ("", b"")})


def sent(house: House, answer: httpx.Response) -> Report:
    assert answer.status_code == 303, answer.text
    return house.runtime.reports.get(answer.headers["location"].removeprefix("/receipt/"))


def test_a_report_becomes_a_case_and_a_receipt_page(house: House) -> None:
    client = house.client()
    answer = send(client, files=[("files", ("a.png", b"one")), ("files", ("b.png", b"two"))])
    report = sent(house, answer)
    assert (report.subject.key, report.reason) == ("channel:https://messenger.example/c/sample", "recruitment")
    assert (report.reporter.name, report.reporter.contact) == ("Amal", "Amal@example.org")
    assert report.reporter.id.startswith("form:") and "example.org" not in report.reporter.id
    assert report.content.links == [FIELDS["location"]]
    assert [one.name for one in house.runtime.vault.of_case(report.case or "")] == ["a.png", "b.png"]
    page = client.get(answer.headers["location"]).text
    assert report.receipt in page and "Your report has been received" in page


def test_the_same_person_is_one_reporter(house: House) -> None:
    first = sent(house, send(house.client(), location="place-1"))
    second = sent(house, send(house.client(), location="place-2", email="amal@EXAMPLE.org"))
    assert first.reporter.id == second.reporter.id


def test_who_is_in_danger_leaves_the_name_out_even_when_it_was_filled_in(house: House) -> None:
    report = sent(house, send(house.client(), anonymous="1"))
    assert (report.reporter.name, report.reporter.contact, report.reporter.id) == ("", "", "")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"why": "  "}, "Say why you think that it is illegal."),
        ({"location": ""}, "Say exactly where it is"),
        ({"reason": "nonsense"}, "Choose what it is about."),
        ({"kind": "planet"}, "Choose what you report."),
        ({"name": ""}, "Write your name"),
        ({"email": "nobody"}, "Write your e-mail address"),
        ({"good_faith": ""}, "Confirm this"),
        ({"website": "http://spam.example"}, "trap for machines"),
        ({"why": "x" * 100_001}, "This is too long."),
    ],
)
def test_what_is_missing_is_said_and_nothing_is_lost(house: House, changed: dict[str, str], said: str) -> None:
    answer = send(house.client(), **{"quoted": "words that stay", **changed})
    assert answer.status_code == 400
    assert said in answer.text
    assert "words that stay" in answer.text


def test_too_many_files_are_refused(house: House) -> None:
    answer = send(house.client(), files=[("files", (f"{n}.png", b"x")) for n in range(11)])
    assert (answer.status_code, "Choose at most 10 files." in answer.text) == (400, True)


def test_a_double_click_is_one_report(house: House) -> None:
    client = house.client()
    page = client.get("/report").text
    hidden = dict(re.findall(r'<input type="hidden" name="(csrf|once)" value="([^"]+)"', page))
    places = {client.post("/report", data={**hidden, **FIELDS}).headers["location"] for _ in range(3)}
    assert len(places) == 1


def test_a_form_from_elsewhere_is_refused(house: House) -> None:
    client = house.client()
    assert client.post("/report", data=FIELDS).status_code == 403
    page = client.get("/report").text
    token = re.search(r'name="csrf" value="([^"]+)"', page)
    assert token is not None
    stolen = httpx.post(f"{house.base}/report", data={**FIELDS, "csrf": token[1]})
    assert stolen.status_code == 403, "the token is bound to the cookie"
    foreign = client.post("/report", data={**FIELDS, "csrf": token[1]}, headers={"sec-fetch-site": "cross-site"})
    assert foreign.status_code == 403


NASTY = ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "\u202egnp.exe\u2066\u2069", "{{ 7*7 }}"]


@pytest.mark.parametrize("text", NASTY)
def test_scripts_and_overrides_are_shown_as_text(house: House, text: str) -> None:
    again = send(house.client(), why=text, location=text, name=text, quoted=text, email="")
    assert again.status_code == 400
    answer = send(house.client(), why=text, location=text, name=text, quoted=text, files={"files": (text, b"x")})
    report = sent(house, answer)
    assert (report.text, report.reporter.name) == (text, text)
    page = house.client().get(answer.headers["location"]).text
    for shown in (again.text, page):
        assert "<script>alert" not in shown and "<img src=x" not in shown and "49" not in re.findall(r"\b49\b", shown)
    assert "<bdi" in page, "what comes from outside cannot turn the text around it"


def test_long_texts_and_places_fit(house: House) -> None:
    place = "https://messenger.example/" + "x" * 2_000
    report = sent(house, send(house.client(), why="ع" * 100_000, location=place))
    assert len(report.text) == 100_000
    assert len(report.subject.id) <= 256
    assert report.content.links == [place]


def test_pages_speak_arabic_and_english(house: House) -> None:
    arabic, english = house.client("ar").get("/report").text, house.client("en").get("/report").text
    assert 'dir="rtl"' in arabic and "الإبلاغ عن محتوى إرهابي" in arabic
    assert 'dir="ltr"' in english and "Report terrorist" in english


def test_an_unknown_receipt_is_said(house: House) -> None:
    answer = house.client().get("/receipt/rcp_nothing")
    assert (answer.status_code, "There is no report with this receipt" in answer.text) == (404, True)
    assert house.client().get("/receipt", params={"receipt": "rcp_x"}).headers["location"] == "/receipt/rcp_x"
    assert house.client().get("/receipt", params={"receipt": "//evil.example"}).status_code == 200


def test_the_outcome_is_told_in_the_language_of_the_page(house: House) -> None:
    from siyaj.moderation.appeals import wording

    answer = send(house.client(), location="told")
    report = sent(house, answer)
    with house.runtime.database.begin() as connection:
        reports.close_case(connection, report.case or "", upheld=True, outcome=wording.TOLD["ar"][True])
    assert wording.TOLD["en"][True] in house.client("en").get(answer.headers["location"]).text
    assert wording.TOLD["ar"][True] in house.client("ar").get(answer.headers["location"]).text


def test_one_address_may_send_so_many(tmp_path_factory: pytest.TempPathFactory) -> None:
    settings = Settings(data=str(tmp_path_factory.mktemp("limited")), decoders=1, forms_per_hour=2)
    for served in serve(settings):
        limited = House(served.runtime, f"http://127.0.0.1:{served.port}")
        assert [send(limited.client(), location=str(n)).status_code for n in range(3)] == [303, 303, 429]
