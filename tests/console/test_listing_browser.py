"""Lists in a browser, in both directions: sorted and narrowed by keyboard, at 200 % zoom, focus in reading order."""

from collections.abc import Iterator
from typing import Any

import pytest

from siyaj.model.person import Locale, Role
from tests.console import ground
from tests.console.conftest import House, axe, screen

PAGES = (
    "queue",
    "decisions",
    "appeals",
    "reports",
    "channels",
    "evidence",
    "banks",
    "banks/known",
    "policy",
    "endpoints",
    "people",
    "audit",
    "quality",
    "numbers",
)
LOCALES = [("amina", "ar"), ("ellen", "en")]
OUT_OF_ORDER = """() => {
  const rtl = document.documentElement.dir === "rtl";
  const seen = [...document.querySelectorAll("main :is(a[href], button, input:not([type=hidden]), select, summary)")]
    .filter((one) => one.getClientRects().length && !one.closest("dialog, details:not([open]) > :not(summary)"));
  const name = (at) => seen[at].outerHTML.slice(0, 90);
  const wrong = [];
  for (let at = 1; at < seen.length; at++) {
    const [a, b] = [seen[at - 1].getBoundingClientRect(), seen[at].getBoundingClientRect()];
    const sameLine = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > Math.min(a.height, b.height) / 2;
    const after = rtl ? b.right <= a.left + 2 : b.left >= a.right - 2;
    if (sameLine ? !after : b.bottom < a.top) wrong.push(name(at - 1), name(at));
  }
  return wrong;
}"""
"""What is focused after something that stands behind it."""


@pytest.fixture(scope="module", autouse=True)
def people(house: House) -> Iterator[None]:
    roles = (Role.ADMIN, Role.AUDITOR, Role.LEAD, Role.CURATOR)
    house.person("amina", *roles, locale=Locale.AR, name="أمينة")
    house.person("ellen", *roles, name="Ellen")
    ground.fill_banks(house.runtime)
    ground.call(house.runtime)
    ground.picture(house.runtime)
    yield


@pytest.mark.parametrize(("login", "locale"), LOCALES)
def test_at_twice_the_size_nothing_is_cut_off(browse: Any, login: str, locale: str) -> None:
    """200 % zoom at 1280 px is a viewport of 640 px (WCAG 2.2, 1.4.10); tables scroll in their own box."""
    page = browse(login, locale, viewport={"width": 640, "height": 900})
    for place in PAGES:
        page.goto(f"/console/{place}")
        wide = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        assert wide[0] <= wide[1], f"{place} is {wide[0]} px wide on {wide[1]}"
        axe(page)
    screen(page, "zoom-numbers", locale)
    assert page.problems == []


@pytest.mark.parametrize(("login", "locale"), LOCALES)
def test_focus_follows_the_reading_order(browse: Any, login: str, locale: str) -> None:
    page = browse(login, locale)
    for place in ("decisions", "appeals", "reports", "channels", "evidence", "people", "audit"):
        page.goto(f"/console/{place}")
        assert page.evaluate(OUT_OF_ORDER) == [], place
        assert page.locator("[tabindex]:not([tabindex='0']):not([tabindex='-1'])").count() == 0


@pytest.mark.parametrize(("login", "locale"), LOCALES)
def test_sorting_and_narrowing_by_keyboard(browse: Any, login: str, locale: str) -> None:
    page = browse(login, locale)
    page.goto("/console/reports")
    heading = page.locator("th:has(a.sort[href*='sort=reason'])")
    heading.locator("a").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/console/reports?sort=reason")
    assert page.locator("th[aria-sort='ascending']").count() == 1
    page.locator("select[name=reason]").select_option("recruitment")
    page.locator("#export[href*='reason=recruitment']").wait_for()
    assert "sort=reason" in page.locator("#export").get_attribute("href")
    assert page.locator("#rows tr[data-row]").count() == 2
    assert page.locator("th[aria-sort='ascending'] a").get_attribute("href").count("reason=recruitment") == 1
    page.locator("#show-all").press("Enter")
    page.wait_for_url("**/console/reports")
    axe(page)
    screen(page, "reports-sorted", locale)
