"""Log-in with a second factor, one's own account, people, roles and the audit log, in a real browser."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pyotp
import pytest

from siyaj.model.person import Locale, Role
from tests.console.conftest import PASSWORD, House, axe, screen

BOTH = pytest.mark.parametrize(("login", "locale"), [("noor", "en"), ("amal", "ar")])


@pytest.fixture(scope="module", autouse=True)
def people(house: House) -> Iterator[None]:
    house.person("amal", Role.ADMIN, name="أمل حدّاد", locale=Locale.AR)
    house.person("noor", Role.ADMIN, Role.LEAD, name="Noor Haddad", languages=["ar", "en"])
    house.person("salma", Role.REVIEWER, name="سلمى الخطيب", languages=["ar"], skills=["video"])
    house.person("badr", Role.AUDITOR, name="\u202eBadr <script>alert(1)</script>".replace("\u202e", ""))
    house.runtime.people.disable("badr", who="cli:test")
    yield


@BOTH
def test_second_factor(browse: Any, login: str, locale: str) -> None:
    page = browse(login, locale)
    page.goto("/console/self")
    page.click("text=Set it up" if locale == "en" else "text=إعداده الآن")
    screen(page, "enrol", locale)
    axe(page)
    secret = page.inner_text(".secret").replace(" ", "")
    page.fill("[name=code]", "000000")
    page.press("[name=code]", "Enter")
    page.wait_for_selector("[role=alert]")
    assert page.inner_text(".secret").replace(" ", "") == secret
    page.fill("[name=code]", pyotp.TOTP(secret).now())
    page.press("[name=code]", "Enter")
    page.wait_for_url("**/console/self")
    page.click(".me button.link:not([name])")
    page.fill("[name=login]", login)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/login/code")
    screen(page, "code", locale)
    axe(page)


@BOTH
def test_screens(house: House, browse: Any, login: str, locale: str) -> None:
    house.runtime.people.reset_totp(login, who="cli:test")
    page = browse(login, locale)
    for name, path in {
        "self": "/console/self",
        "people": "/console/people",
        "person-new": "/console/people/new",
        "person": "/console/people/salma",
        "roles": "/console/people/roles",
        "audit": "/console/audit",
        "home": "/console/",
    }.items():
        page.goto(path)
        screen(page, name, locale)
        axe(page)
    assert page.problems == []


@BOTH
def test_an_invitation_lets_somebody_in_once(house: House, browse: Any, login: str, locale: str) -> None:
    page = browse(login, locale)
    page.goto("/console/people/new")
    page.fill("[name=login]", f"new-{locale}")
    page.fill("[name=name]", "Huda")
    page.check("[value=reviewer]")
    page.click("main form button.primary")
    page.click("form[action$='/invite'] button")
    link = page.input_value("[data-select]")
    screen(page, "invitation-link", locale)
    axe(page)
    guest = browse(None, locale)
    guest.goto(link)
    screen(guest, "invitation", locale)
    axe(guest)
    guest.fill("[name=password]", PASSWORD)
    guest.fill("[name=again]", PASSWORD)
    guest.press("[name=again]", "Enter")
    guest.wait_for_url("**/console/login")
    assert guest.goto(link).status == 404
    screen(guest, "not-found", locale)
    assert house.runtime.people.authenticate(f"new-{locale}", PASSWORD).login == f"new-{locale}"


@BOTH
def test_the_log_is_verified_on_the_page(browse: Any, login: str, locale: str) -> None:
    page = browse(login, locale)
    page.goto("/console/audit?what=person.")
    page.click("form[action$='/verify'] button")
    page.wait_for_selector("#verified .notice.good")
    screen(page, "audit-verified", locale)
    axe(page)


def test_a_page_works_at_double_size(browse: Any) -> None:
    """200 % zoom at 1280 px is a viewport of 640 px: nothing is cut off sideways (WCAG 2.2, 1.4.10)."""
    page = browse("amal", "ar", viewport={"width": 640, "height": 400})
    for path in ("/console/", "/console/self", "/console/people", "/console/people/salma", "/console/audit"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 640, path
    page.click("[data-menu]")
    assert page.is_visible("nav a[href='/console/people']")
    screen(page, "zoom", "ar")


@BOTH
def test_the_focus_follows_the_reading_order(browse: Any, login: str, locale: str) -> None:
    """Down the page, and within a line from where one begins to read: right in Arabic, left in English."""
    page = browse(login, locale)
    page.goto("/console/people")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    boxes = []
    for _ in range(40):
        page.keyboard.press("Tab")
        found = page.evaluate(
            "(() => { const e = document.activeElement; const m = document.getElementById('main');"
            " if (!m.contains(e)) return null; const b = e.getBoundingClientRect();"
            " return [b.top + scrollY, b.left + b.width / 2, b.height, e.outerHTML.slice(0, 60)]; })()"
        )
        if found and found in boxes:
            break  # round again
        if found:
            boxes.append(found)
    assert len(boxes) > 6
    sign = -1 if locale == "ar" else 1
    for before, after in pairwise(boxes):
        same_line = abs(before[0] - after[0]) < min(before[2], after[2]) / 2
        inside = re.search(r"table-box|region", before[3])
        assert inside or (sign * (after[1] - before[1]) > 0 if same_line else after[0] > before[0] - 5), (before, after)


@BOTH
def test_the_dark_look(house: House, browse: Any, login: str, locale: str) -> None:
    page = browse(login, locale, color_scheme="dark")
    for name, path in {"self": "/console/self", "people": "/console/people", "audit": "/console/audit"}.items():
        page.goto(path)
        screen(page, f"dark-{name}", locale)
        axe(page)


def test_a_reviewer_is_told_what_waits(browse: Any) -> None:
    page = browse("salma", "en")
    screen(page, "home-reviewer", "en")
    axe(page)
    page.goto("/console/people")
    screen(page, "refused", "en")
    assert page.is_visible("text=You may not do this")
