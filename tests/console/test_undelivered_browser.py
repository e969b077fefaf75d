"""What a platform did not carry out, and a text in another language, in a real browser: by keys, and looked at."""

import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from siyaj.delivery.adaptor import Outcome, Result
from siyaj.delivery.settling import settle
from siyaj.model.person import Locale, Role
from siyaj.model.queue import QueueFilter
from siyaj.model.settings import Settings
from siyaj.storage import deliveries
from siyaj.storage.tables import endpoints
from tests.console import ground
from tests.console.conftest import House, axe, screen
from tests.delivery.receiver import Receiver, receiver, reply
from tests.server.conftest import serve

LOCALES = ["ar", "en"]
ENGLISH = "A sample: the Blue Lantern Society calls everybody to plant trees on Saturday, by the old well."


@pytest.fixture(scope="module")
def translator() -> Iterator[Receiver]:
    with receiver() as server:
        yield server


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, translator: Receiver) -> Iterator[House]:
    settings = Settings(
        data=str(tmp_path_factory.mktemp("house")),
        decoders=1,
        require_totp=False,
        undo_seconds=0,
        translation_url=translator.url,
        translation_private=True,
    )
    for served in serve(settings):
        house = House(served.runtime, f"http://127.0.0.1:{served.port}")
        ground.fill_banks(house.runtime)
        with house.runtime.database.begin() as connection:
            row = {"id": "end_1", "name": "platform", "kind": "poll", "url": "", "secrets": b"", "created_at": 1}
            connection.execute(endpoints.insert(), row)
        for locale in Locale:
            house.person(f"rania-{locale}", Role.REVIEWER, name="رانيا الحلبي", locale=locale)
        yield house


def refuse(house: House) -> None:
    """The platform says no to everything that waits."""
    while True:
        with house.runtime.database.begin() as connection:
            connection.execute(text("UPDATE deliveries SET next_at = 0 WHERE state = 'waiting'"))
            found = deliveries.claim(connection, "end_1", 2**52, 1)
            for one in found:
                settle(connection, one, Outcome(Result.REFUSED, "404 no such item"))
        if not found:
            return


@pytest.mark.parametrize("locale", LOCALES)
def test_what_was_not_carried_out_is_tried_again_by_one_key(browse: Any, house: House, locale: str) -> None:
    case = ground.call(house.runtime, f"m-refused-{locale}", account={"id": f"u-{locale}"})
    person = house.runtime.people.get(f"rania-{locale}")
    taken = house.runtime.cases.take(case, person)
    draft = msgspec.structs.replace(ground.removal(), deviation="a sample")
    house.runtime.decisions.decide(case, draft, person, taken.version)
    refuse(house)
    page = browse(f"rania-{locale}", locale)
    page.set_default_timeout(8_000)
    page.goto("/console/queue")
    screen(page, "queue-not-carried-out", locale)
    axe(page)
    page.keyboard.press("KeyN")
    page.wait_for_url(re.compile(f"/console/cases/{case}"))
    page.wait_for_selector("#lease[data-seconds]")
    assert page.locator("[name=action][value=remove]").is_checked()
    page.wait_for_selector("#preview h3")
    screen(page, "case-not-carried-out", locale)
    axe(page)
    page.keyboard.press("Comma")
    page.wait_for_url(lambda address: case not in address)
    assert house.runtime.cases.get(case).state == "closed"
    with house.runtime.database.begin() as connection:
        connection.execute(text("UPDATE deliveries SET state = 'delivered'"))
    assert page.problems == []


@pytest.mark.parametrize("locale", LOCALES)
def test_a_text_is_translated_by_one_key(browse: Any, house: House, translator: Receiver, locale: str) -> None:
    said = {"ar": "عيّنة: تدعو جمعية الفانوس الأزرق الجميع إلى غرس الأشجار.", "en": "A sample: come and plant trees."}
    body = msgspec.json.encode({"translatedText": said[locale]})
    translator.answers.append(lambda handler: reply(handler, 200, body))
    ground.report(
        house.runtime, f"item:m-foreign-{locale}", content={"text": ENGLISH if locale == "ar" else ground.CALL}
    )
    case = next(
        one.id for _at, one in house.runtime.cases.queue(QueueFilter()) if one.subject.id == f"m-foreign-{locale}"
    )
    house.runtime.cases.take(case, house.runtime.people.get(f"rania-{locale}"))
    page = browse(f"rania-{locale}", locale)
    page.set_default_timeout(8_000)
    page.goto(f"/console/cases/{case}")
    page.wait_for_selector("#lease[data-seconds]")
    screen(page, "case-to-translate", locale)
    page.keyboard.press("Period")
    page.wait_for_selector(".translation .text")
    assert said[locale] in page.locator(".translation").first.inner_text()
    screen(page, "case-translated", locale)
    axe(page)
    assert page.problems == []
