"""The queue: what waits, in what order, for whom, and how soon it is seen."""

import csv
import io
import time
from collections.abc import Iterator

import msgspec
import pytest

from siyaj.model.case import PriorityFactor, PriorityReason
from siyaj.model.person import Locale, Role
from siyaj.model.report import NewReport
from siyaj.storage import cases
from tests.console.conftest import House


def report(house: House, subject: str, reason: str = "praise", **more: object) -> str:
    kind, _, subject_id = subject.partition(":")
    given = {"subject": {"kind": kind, "id": subject_id}, "reason": reason, **more}
    return house.runtime.reports.receive(msgspec.convert(given, NewReport), scope="test")


@pytest.fixture(scope="module", autouse=True)
def ground(house: House) -> Iterator[None]:
    house.person("rania", Role.REVIEWER, name="رانيا")
    house.person("clerk", Role.ADMIN)
    report(house, "channel:c-1", "recruitment", text="=HYPERLINK(1)")
    report(house, "item:m-1")
    report(house, "account:a-1", "threat_to_life")
    with house.runtime.database.begin() as connection:
        threat = cases.open_ids(connection, ["account:a-1"])["account:a-1"]
        cases.reprioritise(connection, threat, 100, [PriorityReason(PriorityFactor.LIFE, 100)], urgent=True)
    yield


def test_the_most_urgent_is_on_top_with_its_reason(house: House) -> None:
    page = house.signed_in("rania").get("/console/queue").text
    rows = page.split("data-row")[1:]
    assert [kind for row in rows for kind in ("· Account", "· Channel", "· Item") if kind in row] == [
        "· Account",
        "· Channel",
        "· Item",
    ]
    assert "threat to someone&#39;s life" in rows[0] and "Threat to life" in rows[0]


def test_filters_leave_what_fits(house: House) -> None:
    client = house.signed_in("rania")
    assert client.get("/console/queue?kind=channel").text.count("data-row") == 1
    assert client.get("/console/queue?urgent=1").text.count("data-row") == 1
    assert client.get("/console/queue?text=m-1").text.count("data-row") == 1
    assert client.get("/console/queue?state=closed").text.count("data-row") == 0
    assert client.get("/console/queue?whose=held").text.count("data-row") == 0
    assert client.get("/console/queue?kind=nonsense&sort=nonsense&after=x").text.count("data-row") == 3


def test_news_is_told_within_a_second_and_nothing_while_there_is_none(house: House) -> None:
    client = house.signed_in("rania")
    page = client.get("/console/queue").text
    address = page.split('hx-get="/console/queue/news')[1].split('"')[0].replace("&amp;", "&")
    news = f"/console/queue/news{address}"
    assert client.get(news).status_code == 204
    began = time.monotonic()
    report(house, "item:m-2")
    answer = client.get(news)
    assert time.monotonic() - began < 1
    assert "4 cases" in answer.text and answer.headers["hx-trigger-after-settle"] == "queue-changed"


def test_the_list_is_exported_and_no_cell_is_a_formula(house: House) -> None:
    report(house, "item:=1+1")
    answer = house.signed_in("rania").get("/console/queue.csv?kind=item")
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert {row["subject"] for row in rows} >= {"item:m-1", "item:=1+1"}
    assert all(not value.startswith("=") for row in rows for value in row.values())


def test_who_may_not_see_cases_sees_none(house: House) -> None:
    client = house.signed_in("clerk")
    assert client.get("/console/queue").status_code == 403
    assert "/console/queue" not in client.get("/console/").text


def test_the_queue_speaks_arabic(house: House) -> None:
    house.person("salma", Role.REVIEWER, name="سلمى", locale=Locale.AR)
    page = house.signed_in("salma").get("/console/queue").text
    assert 'dir="rtl"' in page and "أُبلغ عنه بوصفه تجنيدًا." in page
