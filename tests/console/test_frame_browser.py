"""The frame in a real browser: looks, keyboard, both directions."""

from collections.abc import Iterator
from typing import Any

import pytest

from siyaj.model.person import Locale, Role
from tests.console.conftest import House, axe, screen


@pytest.fixture(scope="module", autouse=True)
def people(house: House) -> Iterator[None]:
    house.person("amal", Role.ADMIN, name="أمل حدّاد", locale=Locale.AR)
    house.person("noor", Role.ADMIN, name="Noor Haddad")
    yield


@pytest.mark.parametrize("locale", ["en", "ar"])
def test_log_in(browse: Any, locale: str) -> None:
    page = browse(None, locale)
    page.goto("/console/login")
    assert page.evaluate("document.activeElement.name") == "login"
    screen(page, "login", locale)
    axe(page)
    page.fill("[name=login]", "amal")
    page.fill("[name=password]", "not this one")
    page.press("[name=password]", "Enter")
    page.wait_for_selector("[role=alert]")
    screen(page, "login-wrong", locale)
    axe(page)
    assert [one for one in page.problems if "401" not in one] == []


@pytest.mark.parametrize(("login", "locale"), [("noor", "en"), ("amal", "ar")])
def test_home(browse: Any, login: str, locale: str) -> None:
    page = browse(login, locale)
    screen(page, "home", locale)
    axe(page)
    assert page.problems == []
