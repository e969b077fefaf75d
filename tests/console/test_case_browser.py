"""A reviewer's day in a real browser, in Arabic and in English: by keys alone, and looked at."""

import re
import time
from collections.abc import Iterator
from typing import Any

import pyotp
import pytest

from siyaj.model.appeal import NewAppeal
from siyaj.model.person import Locale, Role
from siyaj.model.report import Subject, SubjectKind
from tests.console import ground
from tests.console.conftest import PASSWORD, House, axe, screen

LOCALES = ["ar", "en"]
LOOK = "one => getComputedStyle(one).filter"


@pytest.fixture(scope="module", autouse=True)
def people(house: House) -> Iterator[None]:
    ground.fill_banks(house.runtime)
    for locale in Locale:
        house.person(f"rania-{locale}", Role.REVIEWER, name="رانيا الحلبي", locale=locale)
        house.person(f"layla-{locale}", Role.REVIEWER, name="ليلى", locale=locale)
        house.person(f"omar-{locale}", Role.REVIEWER, name="عمر", locale=locale)
        house.person(f"huda-{locale}", Role.LEAD, name="هدى", locale=locale)
    yield


class Keys:
    """Presses keys as hands do, and counts them."""

    def __init__(self, page: Any) -> None:
        self.page, self.pressed = page, 0

    def __call__(self, *codes: str) -> None:
        for code in codes:
            self.page.keyboard.press(code)
            self.pressed += 1


def with_code(browse: Any, house: House, login: str, locale: str) -> Any:
    """Sign in with password and a code of an authenticator."""
    secret = pyotp.random_base32()
    house.runtime.people.enrol(login, secret, pyotp.TOTP(secret).at(int(time.time()) - 30), who="cli:test")
    page = browse(None, locale)
    page.set_default_timeout(8_000)
    page.goto("/console/login")
    page.fill("[name=login]", login)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.fill("[name=code]", pyotp.TOTP(secret).now())
    page.press("[name=code]", "Enter")
    page.wait_for_url("**/console/")
    return page


def take(house: House, login: str, case: str) -> None:
    house.runtime.cases.take(case, house.runtime.people.get(login))


def open_case(page: Any, case: str) -> None:
    page.set_default_timeout(8_000)
    page.goto(f"/console/cases/{case}")
    page.wait_for_selector("#lease[data-seconds]")
    page.wait_for_load_state("networkidle")


@pytest.mark.parametrize("locale", LOCALES)
def test_a_clear_case_takes_six_keys_and_no_mouse(browse: Any, house: House, locale: str) -> None:
    case = ground.call(house.runtime, f"m-clear-{locale}")
    page = with_code(browse, house, f"layla-{locale}", locale)
    page.goto("/console/queue")
    screen(page, "queue", locale)
    axe(page)
    press = Keys(page)
    press("KeyN")
    page.wait_for_url(re.compile("/console/cases/case_"))
    page.wait_for_selector("#lease[data-seconds]")
    assert case in page.url
    screen(page, "case", locale)
    axe(page)
    press("Digit3", "KeyZ", "KeyT")  # what the ladder proposes is taken over as soon as it is known
    page.wait_for_selector("#preview h3")
    assert page.locator("[name=action][value=remove]").is_checked()
    assert page.locator("[data-deviates]").count() == 0
    screen(page, "case-preview", locale)
    press("Enter")
    page.wait_for_selector(".staged")
    screen(page, "case-staged", locale)
    axe(page)
    press("Enter")
    page.wait_for_selector(".toast")
    assert press.pressed == 6  # from the queue, taking the case among them
    screen(page, "case-undo", locale)
    axe(page)
    press("KeyU")
    page.wait_for_url("**undone=1")
    assert page.locator("[name=act][value=recruitment]").is_checked()
    assert house.runtime.cases.get(case).state == "open"
    assert page.problems == []


@pytest.mark.parametrize("locale", LOCALES)
def test_media_is_revealed_step_by_step_by_keys(browse: Any, house: House, locale: str) -> None:
    case = ground.picture(house.runtime, f"p-{locale}")
    take(house, f"omar-{locale}", case)
    page = browse(f"omar-{locale}", locale)
    open_case(page, case)
    page.wait_for_selector(".still img")
    screen(page, "case-media", locale)
    still = page.locator(".still img")
    assert still.evaluate("one => one.naturalWidth") <= 40
    assert "blur" in still.evaluate(LOOK) and "grayscale(1)" in still.evaluate(LOOK)
    page.keyboard.press("KeyF")
    page.wait_for_selector(".still[data-step=clear] img")
    assert "grayscale(1)" in page.locator(".still img").evaluate(LOOK)
    page.keyboard.press("Equal")
    assert page.locator("[data-zoom='4']").count() == 1
    screen(page, "case-media-clear", locale)
    page.keyboard.press("KeyF")
    page.wait_for_selector(".still[data-step=colour] img")
    axe(page)
    page.keyboard.press("KeyG")
    page.wait_for_selector(".still[data-step=covered] img")
    page.locator("summary", has_text="").last.scroll_into_view_if_needed()
    assert page.problems == []


def test_a_video_plays_only_after_it_was_revealed(browse: Any, house: House) -> None:
    case = ground.film(house.runtime)
    take(house, "omar-en", case)
    page = browse("omar-en", "en")
    open_case(page, case)
    page.wait_for_selector(".still img")
    assert page.locator("video").count() == 0
    page.keyboard.press("KeyF")
    page.wait_for_selector(".still[data-step=clear] img")
    screen(page, "case-video-frames", "en")
    page.keyboard.press("KeyF")
    page.wait_for_selector("video")
    assert page.evaluate("document.querySelector('video').muted")
    page.keyboard.press("KeyF")
    page.wait_for_selector(".still[data-step=sound] video")
    assert not page.evaluate("document.querySelector('video').muted")


def test_keys_are_silent_while_somebody_types_and_by_position(browse: Any, house: House) -> None:
    case = ground.call(house.runtime, "m-type")
    take(house, "omar-ar", case)
    page = browse("omar-ar", "ar")
    open_case(page, case)
    page.keyboard.press("KeyI")
    assert page.evaluate("document.activeElement.name") == "reasons"
    page.keyboard.type("rq1 نص")
    assert page.locator("[name=action]:checked").count() == 0
    page.keyboard.press("Escape")
    # An Arabic layout: the key where R is on a US keyboard gives ق.
    pressed = "{key: 'ق', code: 'KeyR', bubbles: true, cancelable: true}"
    page.evaluate(f"document.body.dispatchEvent(new KeyboardEvent('keydown', {pressed}))")
    assert page.locator("[name=action]:checked").get_attribute("value") == "remove"
    page.keyboard.press("Shift+Slash")
    page.wait_for_selector("dialog#keys[open]")
    screen(page, "case-keys", "ar")
    axe(page)
    page.keyboard.press("Escape")
    page.reload()
    page.wait_for_selector("#lease[data-seconds]")
    assert page.locator("[name=reasons]").input_value() == "rq1 نص"


@pytest.mark.parametrize("locale", LOCALES)
def test_a_second_opinion_then_a_lead_sees_both(browse: Any, house: House, locale: str) -> None:
    case = ground.call(house.runtime, f"m-second-{locale}")
    take(house, f"rania-{locale}", case)
    page = browse(f"rania-{locale}", locale)
    open_case(page, case)
    for code in ("Digit3", "KeyZ", "KeyQ", "KeyD"):
        page.keyboard.press(code)
    page.wait_for_url(lambda url: case not in url)
    take(house, f"omar-{locale}", case)
    page = browse(f"omar-{locale}", locale)
    open_case(page, case)
    assert page.locator(".opinion").count() == 0
    for code in ("Digit3", "KeyX", "KeyW", "Enter"):
        page.keyboard.press(code)
    if page.locator("[data-deviates]").count() or page.locator("#stage .notice").count():
        page.fill("[name=deviation]", "news")
        page.keyboard.press("Escape")
        page.keyboard.press("Enter")
    page.wait_for_selector(".staged")
    page.keyboard.press("Enter")
    page.wait_for_url("**split=1")
    take(house, f"huda-{locale}", case)
    page = browse(f"huda-{locale}", locale)
    open_case(page, case)
    assert page.locator(".opinion").count() == 2
    screen(page, "case-opinions", locale)
    axe(page)


@pytest.mark.parametrize("locale", LOCALES)
def test_an_appeal_is_decided_by_somebody_else_and_reverses(browse: Any, house: House, locale: str) -> None:
    runtime = house.runtime
    case = ground.call(runtime, f"m-appeal-{locale}", account={"id": f"u-appeal-{locale}"})
    rania = runtime.people.get(f"rania-{locale}")
    taken = runtime.cases.take(case, rania)
    made = runtime.decisions.decide(case, ground.removal(), rania, taken.version)
    assert made is not None
    text = "كان منشوري خبرًا لا دعوة." if locale == "ar" else "My post was a report, not a call."
    token = runtime.keyring.token("appeal", f"decision:{made.id}")
    appeal = runtime.appeals.receive(NewAppeal(token, text, language=locale))
    take(house, f"huda-{locale}", appeal.case)
    page = browse(f"huda-{locale}", locale)
    open_case(page, appeal.case)
    assert text in page.inner_text(".content")
    screen(page, "case-appeal", locale)
    axe(page)
    for code in ("KeyX", "KeyR", "Enter"):
        page.keyboard.press(code)
    page.wait_for_selector(".staged")
    page.keyboard.press("Enter")
    page.wait_for_selector(".toast")
    assert runtime.appeals.get(appeal.id).state == "overturned"
    assert all(
        strike.reversed_at for strike in runtime.decisions.strikes(Subject(SubjectKind.ACCOUNT, f"u-appeal-{locale}"))
    )


def test_a_lease_that_was_lost_locks_the_form_and_keeps_what_was_typed(browse: Any, house: House) -> None:
    case = ground.call(house.runtime, "m-lost")
    take(house, "omar-en", case)
    page = browse("omar-en", "en")
    open_case(page, case)
    page.fill("[name=reasons]", "half a thought")
    omar = house.runtime.people.get("omar-en")
    house.runtime.cases.release(case, omar, house.runtime.cases.get(case).version)
    take(house, "rania-en", case)
    page.evaluate("htmx.trigger('#lease', 'beat')")
    page.wait_for_selector("#lost [role=alert]")
    page.locator("[name=reasons]:disabled").wait_for()  # locked right after the words stand there
    assert page.locator("[name=reasons]").input_value() == "half a thought"
    screen(page, "case-lost", "en")


@pytest.mark.parametrize(("size", "name"), [((1024, 768), "tablet"), ((640, 900), "zoom")])
@pytest.mark.parametrize("locale", LOCALES)
def test_it_works_on_a_tablet_and_at_double_size(
    browse: Any, house: House, locale: str, size: tuple[int, int], name: str
) -> None:
    case = ground.call(house.runtime, f"m-{name}-{locale}")
    take(house, f"rania-{locale}", case)
    page = browse(f"rania-{locale}", locale, viewport={"width": size[0], "height": size[1]})
    for address, shown in (("/console/queue", "queue"), (f"/console/cases/{case}", "case")):
        page.goto(address)
        page.wait_for_load_state("networkidle") if shown == "case" else None
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 1, f"{address} is {wide} pixels too wide at {size}"
        screen(page, f"{shown}-{name}", locale)


@pytest.mark.parametrize("locale", LOCALES)
def test_in_the_dark(browse: Any, house: House, locale: str) -> None:
    case = ground.call(house.runtime, f"m-dark-{locale}")
    take(house, f"rania-{locale}", case)
    page = browse(f"rania-{locale}", locale, color_scheme="dark")
    open_case(page, case)
    for code in ("Digit3", "KeyZ", "KeyR"):
        page.keyboard.press(code)
    page.wait_for_selector("#preview h3")
    screen(page, "case-dark", locale)
    axe(page)


@pytest.mark.parametrize("locale", LOCALES)
def test_focus_follows_the_order_of_reading(browse: Any, house: House, locale: str) -> None:
    case = ground.call(house.runtime, f"m-focus-{locale}")
    take(house, f"rania-{locale}", case)
    page = browse(f"rania-{locale}", locale)
    open_case(page, case)
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("Boolean(document.activeElement.closest('#panel'))"):
            break
    names = []
    for _ in range(4):
        names.append(page.evaluate("document.activeElement.name"))
        page.keyboard.press("Tab")
    assert names == ["policy", "organisation", "act", "exemption"]


@pytest.mark.parametrize("locale", LOCALES)
def test_lists_and_subjects(browse: Any, house: House, locale: str) -> None:
    runtime = house.runtime
    case = ground.call(runtime, f"m-list-{locale}", account={"id": f"u-list-{locale}", "name": "قمر"})
    rania = runtime.people.get(f"rania-{locale}")
    taken = runtime.cases.take(case, rania)
    made = runtime.decisions.decide(case, ground.removal(), rania, taken.version)
    assert made is not None
    noted = ground.picture(runtime, f"p-note-{locale}")
    runtime.cases.note(noted, rania, f"ما رأيك في هذه؟ @omar-{locale}")
    token = runtime.keyring.token("appeal", f"decision:{made.id}")
    runtime.appeals.receive(NewAppeal(token, "كان منشوري خبرًا لا دعوة.", language="ar"))
    page = browse(f"omar-{locale}", locale)
    for name, address in (
        ("decisions", "/console/decisions"),
        ("decision", f"/console/decisions/{made.id}"),
        ("appeals", "/console/appeals"),
        ("reports", "/console/reports"),
        ("account", f"/console/subjects?kind=account&id=u-list-{locale}"),
        ("item", f"/console/subjects?kind=item&id=m-list-{locale}"),
        ("mentions", "/console/mentions"),
        ("case-closed", f"/console/cases/{case}"),
    ):
        page.goto(address)
        screen(page, name, locale)
        axe(page)
    assert page.problems == []


def test_a_report_is_seen_without_asking(browse: Any, house: House) -> None:
    page = browse("omar-en", "en")
    page.goto("/console/queue?sort=newest")
    before = page.inner_text("tr[data-row] >> nth=0") if page.locator("tr[data-row]").count() else ""
    ground.report(house.runtime, "channel:c-just-now", "recruitment")
    page.wait_for_selector("text=It was reported as recruitment.", timeout=5_000)
    assert page.inner_text("tr[data-row] >> nth=0") != before


def test_a_case_is_skipped_escalated_and_handed_over_by_keys(browse: Any, house: House) -> None:
    runtime = house.runtime
    omar = runtime.people.get("omar-en")
    page = browse("omar-en", "en")
    for code, typed in (("KeyS", "not my field"), ("KeyA", "a hard one"), ("KeyH", "")):
        case = ground.call(runtime, f"m-{code}")
        runtime.cases.take(case, omar)
        open_case(page, case)
        page.keyboard.press(code)
        page.wait_for_selector("dialog[open]")
        if code == "KeyH":
            page.select_option("dialog[open] select", "huda-en")
            screen(page, "case-hand-over", "en")
            axe(page)
        else:
            page.keyboard.type(typed)
        page.click("dialog[open] button.primary")
        page.wait_for_url(lambda url, case=case: case not in url)
        assert runtime.cases.get(case).holder is None
    assert runtime.cases.get(case).assignee == runtime.people.get("huda-en").id
