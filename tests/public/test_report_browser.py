"""The public form in a real browser: with the keyboard alone, in both directions, without a script."""

from pathlib import Path
from typing import Any

import pytest

from tests.console.conftest import axe, screen

OVERRIDE = "\u202e\u2066txet desrever"


@pytest.mark.parametrize("locale", ["en", "ar"])
def test_report_and_receipt(browse: Any, locale: str, tmp_path: Path) -> None:
    page = browse(None, locale)
    page.goto("/report")
    assert page.evaluate("document.dir") == ("rtl" if locale == "ar" else "ltr")
    axe(page)
    screen(page, "report", locale)
    sample = tmp_path / "sample.png"
    sample.write_bytes(b"harmless")
    page.check("[name=kind][value=channel]")
    page.fill("[name=location]", f"https://messenger.example/c/{OVERRIDE}")
    page.select_option("[name=reason]", "recruitment")
    page.fill("[name=why]", "تدعو هذه القناة إلى الانضمام" if locale == "ar" else "It asks people to join.")
    page.set_input_files("[name=files]", str(sample))
    page.check("[name=good_faith]")
    page.press("[name=email]", "Enter")
    page.wait_for_selector("#faults")
    axe(page)
    screen(page, "report-faults", locale)
    page.check("[name=anonymous]")
    page.set_input_files("[name=files]", str(sample))
    page.press("[name=why]", "Tab")
    page.click("button.primary")
    page.wait_for_url("**/receipt/rcp_*")
    axe(page)
    screen(page, "receipt", locale)
    heading = page.inner_text("h1")
    page.reload()
    assert page.inner_text("h1") == heading
    assert [one for one in page.problems if "400" not in one] == []


def test_the_trap_is_reached_by_machines_only(browse: Any) -> None:
    page = browse()
    page.goto("/report")
    reached = set()
    for _ in range(30):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.name || ''"))
    assert {"location", "why", "files", "email", "good_faith"} <= reached
    assert "website" not in reached


def test_the_focus_follows_the_page_in_arabic(browse: Any) -> None:
    page = browse(None, "ar")
    page.goto("/report")
    tops = page.evaluate(
        "[...document.querySelectorAll('form.stack :is(input,select,textarea,button)')]"
        ".filter(one => one.type !== 'hidden' && one.name !== 'website').map(one => one.getBoundingClientRect().top)"
    )
    assert tops == sorted(tops)


def test_it_fits_a_telephone_and_a_zoomed_page(browse: Any) -> None:
    page = browse(None, "ar", viewport={"width": 360, "height": 740})
    page.goto("/report")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    screen(page, "report-small", "ar")


def test_an_unknown_receipt(browse: Any) -> None:
    page = browse(None, "en")
    page.goto("/receipt/rcp_none")
    axe(page)
    screen(page, "receipt-unknown", "en")
