"""Every list of the console: headings that sort, pages both ways, filters kept, and the whole list as CSV."""

import csv
import io
import re
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from siyaj.model.person import Role
from siyaj.model.settings import Settings
from siyaj.server.console import listing
from siyaj.server.console.audit import AUDIT
from siyaj.server.console.banks import BANKS, ENTRIES
from siyaj.server.console.casework.decided import DECISIONS
from siyaj.server.console.casework.lists import APPEALS, REPORTS
from siyaj.server.console.channels import CHANNELS
from siyaj.server.console.endpoints import DELIVERIES
from siyaj.server.console.evidence import EVIDENCE
from siyaj.server.console.listing import Listing
from siyaj.server.console.people import PEOPLE
from siyaj.server.console.policy import RULES
from siyaj.server.console.quality import SAMPLES
from siyaj.storage import audit, banks
from siyaj.storage.entries import NewEntry, insert_many
from siyaj.storage.tables import reports as table
from tests.conftest import postgres_schema
from tests.console import ground
from tests.console.conftest import Client, House
from tests.server.conftest import serve

LISTS = [
    AUDIT,
    BANKS,
    DECISIONS,
    APPEALS,
    REPORTS,
    CHANNELS,
    DELIVERIES,
    EVIDENCE,
    PEOPLE,
    RULES,
    SAMPLES,
    ENTRIES._replace(path="/console/banks/many", file="/console/banks/many/export"),
]
MANY = 120


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with ExitStack() as stack:
        database = stack.enter_context(postgres_schema()) if request.param == "postgresql" else ""
        data = str(tmp_path_factory.mktemp("lists"))
        for served in serve(Settings(data=data, database=database, decoders=1, require_totp=False)):
            yield House(served.runtime, f"http://127.0.0.1:{served.port}")


@pytest.fixture(scope="module")
def client(house: House) -> Iterator[Client]:
    house.person("everything", Role.ADMIN, Role.AUDITOR, Role.LEAD, Role.CURATOR)
    runtime = house.runtime
    for number in range(MANY):
        runtime.people.create(f"p{number:03}", f"Person {number % 7}", [Role.REVIEWER], who="cli:test")
        ground.report(
            runtime, f"item:r{number:03}", ["praise", "recruitment"][number % 2], reporter={"kind": "user", "id": "z"}
        )
    with runtime.database.begin() as connection:
        bank = banks.insert(connection, "many", "Sample")
        insert_many(connection, bank.id, [NewEntry(f"term:{number % 40:03}-{number}", []) for number in range(MANY)])
    yield house.signed_in("everything")


def walk(client: Client, address: str) -> list[list[str]]:
    """Follow `next` to the end and `prev` back; return the rows of each page going forwards."""
    pages, seen_back = [], []
    while address:
        text = client.get(address).text
        pages.append(_rows(text))
        address = _link(text, "next")
    while link := _link(text, "prev"):
        text = client.get(link).text
        seen_back.append(_rows(text))
    assert [row for page in [*reversed(seen_back), pages[-1]] for row in page] == [
        row for page in pages for row in page
    ]
    return pages


def _rows(text: str) -> list[str]:
    return [
        re.sub(r"<time.*?</time>|<[^>]+>|\s+", " ", row) for row in re.findall(r"<tr data-row>(.*?)</tr>", text, re.S)
    ]


def _link(text: str, rel: str) -> str:
    found = re.search(rf'rel="{rel}" href="([^"]+)"', text)
    return found[1].replace("&amp;", "&") if found else ""


@pytest.mark.parametrize("one", LISTS, ids=lambda one: one.name)
def test_each_list_sorts_by_each_of_its_headings_and_says_so(client: Client, one: Listing) -> None:
    for column in one.columns:
        if column.order is None:
            continue
        for sort, said in ((column.name, "ascending"), (f"-{column.name}", "descending")):
            page = client.get(one.path, params={"sort": sort})
            assert page.status_code == 200, f"{one.name} by {sort}"
            if one is not RULES:
                assert page.text.count(f'aria-sort="{said}"') == 1, f"{one.name} by {sort}"
            assert client.get(one.file, params={"sort": sort}).status_code == 200
    assert client.get(one.path, params={"sort": "nothing", "after": "x", "before": "W10"}).status_code == 200


@pytest.mark.parametrize("sort", ["name", "-name", "roles", "-created_at"])
def test_people_page_both_ways(client: Client, sort: str) -> None:
    pages = walk(client, f"/console/people?sort={sort}&text=Person")
    assert [len(page) for page in pages] == [50, 50, 20]
    assert len({row for page in pages for row in page}) == MANY


@pytest.mark.parametrize("sort", ["received_at", "-received_at", "reason", "-weight"])
def test_reports_page_both_ways_and_keep_their_filter(client: Client, sort: str) -> None:
    pages = walk(client, f"/console/reports?sort={sort}&reason=recruitment")
    assert [len(page) for page in pages] == [50, 10]
    assert all("Recruitment" in row for page in pages for row in page)


def test_a_report_says_in_words_what_it_weighs(client: Client, house: House) -> None:
    weights = {300: ("counts as much as 3 ordinary reports", "يعادل وزنه بلاغات عادية عددها 3")}
    weights[100] = ("counts as an ordinary report", "وزنه كوزن بلاغ عادي")
    weights[50] = ("counts less than an ordinary report (50%)", "وزنه أقل من بلاغ عادي (")
    weights[0] = ("counts nothing: the same person reported it before", "لا وزن له: سبق أن أبلغ عنه الشخص نفسه")
    for number, weight in enumerate(weights):
        ground.report(house.runtime, f"account:w{number}", "praise", reporter={"kind": "user", "id": "z"})
        with house.runtime.database.begin() as connection:
            connection.execute(table.update().where(table.c.subject_id == f"w{number}").values(weight=weight))
    english = client.get("/console/reports?kind=account").text
    client.send_form("/console/language", "/console/reports", locale="ar")
    arabic = client.get("/console/reports?kind=account").text
    client.send_form("/console/language", "/console/reports", locale="en")
    for said, said_ar in weights.values():
        assert said in english
        assert said_ar in arabic
    assert "300%" not in english


@pytest.mark.parametrize("sort", ["entry", "-key"])
def test_entries_page_both_ways(client: Client, sort: str) -> None:
    assert [len(page) for page in walk(client, f"/console/banks/many?sort={sort}")] == [50, 50, 20]


@pytest.mark.parametrize("sort", ["-number", "who", "-what", "subject"])
def test_the_log_pages_both_ways(client: Client, sort: str) -> None:
    assert sum(map(len, walk(client, f"/console/audit?sort={sort}&what=person.create"))) == MANY + 1


def test_a_file_is_the_whole_list_in_the_order_of_the_page(
    client: Client, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "CHUNK", 7)
    answer = client.get("/console/reports.csv?sort=reason&kind=item").text.lstrip("\ufeff")
    rows = list(csv.DictReader(io.StringIO(answer)))
    assert len(rows) == MANY
    assert [row["reason"] for row in rows] == ["praise"] * 60 + ["recruitment"] * 60
    with house.runtime.database.begin() as connection:
        for number in range(30):
            audit.write(connection, "cli:many", "test.many", f"n{number}")
    log = client.get("/console/audit/export.csv?sort=number&who=cli:many").text
    assert [row["subject"] for row in csv.DictReader(io.StringIO(log.lstrip("\ufeff")))] == [f"n{n}" for n in range(30)]


def test_a_place_in_one_list_is_no_place_in_another(client: Client) -> None:
    by_name = _link(client.get("/console/people?sort=name").text, "next").split("after=")[1]
    for path in ("/console/people?sort=roles", "/console/reports?", "/console/audit?sort=who", "/console/banks/many?"):
        assert client.get(f"{path}&after={by_name}").status_code == 200
