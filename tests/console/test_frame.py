"""The frame: who gets in, what a page carries with it, and that forms come from our own pages only."""

from collections.abc import Iterator

import pytest

from siyaj.model.person import Role
from siyaj.storage import audit
from tests.console.conftest import PASSWORD, House


@pytest.fixture(scope="module", autouse=True)
def people(house: House) -> Iterator[None]:
    house.person("amal", Role.ADMIN, name="أمل")
    house.person("bot", Role.SERVICE)
    yield


def test_a_page_asks_who_you_are_and_goes_on_where_you_wanted(house: House) -> None:
    client = house.client()
    answer = client.get("/console/?a=1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/login")
    answer = client.send_form("/console/login", login="amal", password=PASSWORD, next="/console/people")
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/people")


@pytest.mark.parametrize("next", ["https://elsewhere.example/", "//elsewhere.example", "/console/\\elsewhere", "x"])
def test_the_log_in_never_leads_to_another_site(house: House, next: str) -> None:
    answer = house.client().send_form("/console/login", login="amal", password=PASSWORD, next=next)
    assert answer.headers["location"] == "/console/"


def test_every_page_carries_a_strict_policy_and_a_careful_cookie(house: House) -> None:
    client = house.client()
    answer = client.send_form("/console/login", login="amal", password=PASSWORD)
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=lax" in cookie and "path=/console" in cookie
    page = client.get("/console/")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "script-src 'self'" in policy and "unsafe" not in policy
    assert page.headers["cache-control"] == "no-store"
    assert "<script>" not in page.text and "<style" not in page.text and " style=" not in page.text
    assert "http://" not in page.text.replace(house.base, "") and "https://" not in page.text


def test_the_cookie_is_secure_except_on_this_very_machine(house: House) -> None:
    plain = house.client().get("/console/login")
    assert "secure" not in plain.headers["set-cookie"].lower()
    elsewhere = house.client().get("/console/login", headers={"host": "siyaj.example"})
    assert "secure" in elsewhere.headers["set-cookie"].lower()


def test_a_form_without_its_token_or_from_elsewhere_is_refused(house: House) -> None:
    client = house.signed_in("amal")
    assert client.post("/console/logout").status_code == 403
    assert client.post("/console/logout", data={"csrf": "x.y"}).status_code == 403
    token = client.get("/console/").text.split('name="csrf" value="')[1].split('"')[0]
    for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://elsewhere.example"}):
        assert client.post("/console/logout", data={"csrf": token}, headers=headers).status_code == 403
    assert house.signed_in("amal").post("/console/logout", data={"csrf": token}).status_code == 403
    assert client.post("/console/logout", data={"csrf": token}).status_code == 303
    assert client.get("/console/").status_code == 303


def test_what_is_not_allowed_is_refused_and_noted(house: House) -> None:
    client = house.signed_in("bot")
    answer = client.get("/console/")
    assert answer.status_code == 403
    assert answer.headers["content-type"].startswith("text/html")
    with house.runtime.database.read() as connection:
        row = audit.page(connection, what="console.refused")[0]
    assert (row.who, row.subject, row.detail["permission"]) == ("person:bot", "/console/", "see_self")


def test_errors_on_pages_are_pages_and_elsewhere_problems(house: House) -> None:
    page = house.signed_in("amal").get("/console/nowhere")
    assert page.status_code == 404 and page.headers["content-type"].startswith("text/html")
    assert house.client().get("/v1/nowhere").headers["content-type"] == "application/problem+json"
    assert house.client().get("/v1/cases").status_code == 401


def test_the_language_is_chosen_and_kept(house: House) -> None:
    client = house.client("ar")
    page = client.get("/console/login")
    assert '<html lang="ar" dir="rtl"' in page.text and "تسجيل الدخول" in page.text
    client.send_form("/console/language", page="/console/login", locale="en", next="/console/login")
    assert '<html lang="en" dir="ltr"' in client.get("/console/login").text


def test_static_files_are_kept_for_ever_under_their_own_hash(house: House) -> None:
    client = house.client()
    address = client.get("/console/login").text.split('rel="stylesheet" href="')[1].split('"')[0]
    file = client.get(address)
    assert file.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert file.headers["content-type"] == "text/css; charset=utf-8"
    assert client.get(address.split("?")[0]).headers["cache-control"] == "no-cache"
    assert client.get("/static/nothing.css").status_code == 404


@pytest.mark.parametrize(("locale", "word"), [("ar", "لا شيء هنا"), ("en", "There is nothing here")])
def test_errors_speak_the_readers_language(house: House, locale: str, word: str) -> None:
    client = house.client(locale)
    for path in ("/console/nowhere", "/static/nothing.js", "/receipt/nothing/at/all"):
        answer = client.get(path)
        assert answer.status_code == 404 and word in answer.text, path
        assert answer.headers["x-request-id"] in answer.text


@pytest.mark.parametrize(("locale", "word"), [("ar", "الحجم أكبر من المسموح"), ("en", "That was too large")])
def test_what_the_door_refuses_is_a_page_too(house: House, locale: str, word: str) -> None:
    answer = house.client(locale).post("/console/login", content=b"x" * 5_000_000)
    assert answer.status_code == 413 and word in answer.text
    assert answer.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_a_page_names_the_permission_that_is_missing(house: House) -> None:
    page = house.signed_in("bot").get("/console/people").text
    assert "It needs the permission “See people”" in page


def test_a_part_of_a_page_leads_to_the_log_in_as_well(house: House) -> None:
    """htmx would put the log-in page into the part: it is told to go there instead."""
    headers = {"hx-request": "true", "hx-current-url": f"{house.base}/console/audit?what=x"}
    answer = house.client().get("/console/audit/verified", headers=headers)
    assert answer.headers["hx-redirect"] == "/console/login?next=/console/audit" and answer.text == ""
