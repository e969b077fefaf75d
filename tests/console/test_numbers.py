"""The dashboard and the quality page: who sees them, what they say, and how they look."""

from collections.abc import Iterator
from typing import Any

import pytest

from siyaj.model.clock import now_us
from siyaj.model.person import Locale, Role
from siyaj.storage import tables
from tests.console.conftest import House, axe, screen
from tests.moderation.past import add_verdicts, decide, open_case

DAY = 86_400_000_000


@pytest.fixture(scope="module", autouse=True)
def past(house: House) -> Iterator[None]:
    for locale in Locale:
        house.person(f"lead-{locale.value}", Role.LEAD, locale=locale, name="نورة" if locale is Locale.AR else "Nora")
    reviewer = house.person("basim", Role.REVIEWER, name="باسم")
    database, now = house.runtime.database, now_us()
    add_verdicts(database, *["allow"] * 40, *["block"] * 4)
    for number in range(60):
        at = now - number * DAY // 3
        open_case(database, f"w{number}", opened_at=at, first_seen_at=at + 3_600_000_000 * (1 + number % 5))
        if number % 3:
            values = {"state": "closed", "open_subject": None, "closed_at": at + DAY // 8}
            with database.begin() as connection:
                connection.execute(tables.cases.update().where(tables.cases.c.id == f"w{number}").values(**values))
            decide(database, f"w{number}", reviewer.id, "remove" if number % 2 else "none", decided_at=at)
    with database.begin() as connection:
        for number in range(40):
            connection.execute(tables.samples.insert(), _sample(number, reviewer.id, now))
    house.runtime.quality.catch_up()
    yield


def _sample(number: int, person: str, now: int) -> dict[str, object]:
    stream = ("automated", "cleared", "reviewed", "reviewed")[number % 4]
    first = {"automated": "block", "cleared": "allow"}.get(stream, "remove" if number % 8 == 2 else "none")
    second = "none" if first in ("allow", "none") else "remove"
    return {
        "id": f"sam_{number}",
        "stream": stream,
        "verdict_id": f"ver_{number}",
        "decision_id": f"dec_s{number}",
        "case_id": f"s{number}",
        "language": "ar",
        "policy": "tvec",
        "first_person": person if stream == "reviewed" else "policy",
        "first_action": first,
        "second_person": None if number == 0 else person,
        "second_action": None if number == 0 else ("none" if number == 1 else second),
        "drawn_at": now - number,
        "judged_at": None if number == 0 else now - number,
    }


def test_the_dashboard_says_its_numbers_as_text_too(house: House) -> None:
    page = house.signed_in("lead-en").get("/console/numbers").text
    assert page.count('role="img"') == 5
    assert page.count("As a table") == 5
    assert "Terrorist and violent extremist content" in page or "tvec" in page
    assert " style=" not in page


def test_periods_and_export(house: House) -> None:
    client = house.signed_in("lead-en")
    assert client.get("/console/numbers?days=365").status_code == 200
    assert client.get("/console/numbers?days=0").status_code == 400
    lines = client.get("/console/numbers/export?days=30").text.splitlines()
    assert len(lines) == 31
    assert client.get("/console/quality/export?show=all").text.count("\r\n") >= 41


def test_a_sample_that_waits_shows_nothing_of_its_first_judgement(house: House) -> None:
    page = house.signed_in("lead-en").get("/console/quality?show=open").text
    assert "hidden until judged again" in page
    assert "Block" not in page.split('id="samples"')[1]


def test_reviewers_see_the_dashboard_and_not_the_quality_of_others(house: House) -> None:
    client = house.signed_in("basim")
    assert client.get("/console/numbers").status_code == 200
    assert client.get("/console/quality").status_code == 403


@pytest.mark.parametrize("locale", ["en", "ar"])
def test_they_can_be_read_by_everybody(house: House, browse: Any, locale: str) -> None:
    page = browse(f"lead-{locale}", locale)
    for name, path in (("dashboard", "/console/numbers"), ("quality", "/console/quality?show=all")):
        page.goto(path)
        axe(page)
        screen(page, name, locale)
        page.set_viewport_size({"width": 640, "height": 800})  # 1280 px at 200 %
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 640, f"{path} is {wide} px wide"
        page.set_viewport_size({"width": 1280, "height": 800})
    assert page.problems == []
