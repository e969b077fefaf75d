"""What checks see of channels: counted for each batch, facts noted when they change, links kept once."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event as sql_event
from sqlalchemy import select

from siyaj.banks.curation import new_entry
from siyaj.model.bank import Opinion
from siyaj.model.channel import LinkKind
from siyaj.model.event import Channel, Event, EventKind, HashInput
from siyaj.model.settings import Settings
from siyaj.model.signal import Signal
from siyaj.moderation.checks.requests import CheckRequest, hash_request
from siyaj.moderation.runtime import Runtime
from siyaj.storage import channels
from siyaj.storage.tables import channel_facts

KNOWN = "f8f8f0cce0f4e84d0e370a22028f67f0b36e2ed596623e1d33e6339c4e9c9b22"


@pytest.fixture
def runtime(tmp_path: Path, database_url: str) -> Iterator[Runtime]:
    with Runtime.open(Settings(data=str(tmp_path), database=database_url, decoders=1)) as opened:
        yield opened


def check(runtime: Runtime, *events: Event) -> None:
    runtime.checker.check_now([CheckRequest(each, [], "test", None, hash_request(each)) for each in events])


def message(number: int, channel: Channel | None, text: str = "", language: str = "ar", **more: Any) -> Event:
    return Event(f"m{number}", EventKind.MESSAGE, channel=channel, text=text, language=language, **more)


def facts(runtime: Runtime, what: str) -> list[tuple[str, str]]:
    query = select(channel_facts).where(channel_facts.c.what == what).order_by(channel_facts.c.seq)
    with runtime.database.read() as connection:
        return [(row.channel_id, row.value) for row in connection.execute(query)]


def test_a_batch_writes_each_channel_once_and_counts_every_item(runtime: Runtime) -> None:
    statements: list[tuple[str, int]] = []

    def note(conn: object, cursor: object, statement: str, parameters: Any, context: object, many: bool) -> None:
        if "INTO channels" in statement:
            statements.append((statement, len(parameters) if many else 1))

    garden = Channel("garden", title="حديقة الحي", subscribers=100)
    with runtime.database.begin() as connection:
        engine = connection.engine
    sql_event.listen(engine, "before_cursor_execute", note)
    check(runtime, *(message(n, garden if n % 2 else Channel("bakery")) for n in range(40)))
    sql_event.remove(engine, "before_cursor_execute", note)
    assert [rows for _, rows in statements] == [2]
    assert runtime.channels.get("garden").channel.checked == 20
    assert runtime.channels.get("bakery").channel.checked == 20


def test_a_check_without_a_channel_writes_nothing(runtime: Runtime) -> None:
    check(runtime, message(1, None))
    assert runtime.channels.page() == []


def test_held_and_blocked_items_are_counted_and_a_retry_is_not(runtime: Runtime) -> None:
    runtime.banks.create("known", who="test")
    runtime.banks.add("known", new_entry([Signal("pdq", KNOWN)], opinion=Opinion.SEED), who="test")
    held = message(1, Channel("garden"), hashes=[HashInput("pdq", KNOWN)])
    check(runtime, held, message(2, Channel("garden")))
    check(runtime, held)
    record = runtime.channels.get("garden").channel
    assert (record.checked, record.held, record.blocked) == (2, 1, 0)


def test_facts_are_noted_when_they_change_and_only_then(runtime: Runtime) -> None:
    for number, title in enumerate(["حديقة الحي", "حديقة الحي", "سوق الحي", "سوق الحي"]):
        check(runtime, message(number, Channel("garden", title=title)))
    assert facts(runtime, "title") == [("garden", "حديقة الحي"), ("garden", "سوق الحي")]
    check(runtime, message(9, Channel("garden")))
    assert runtime.channels.get("garden").channel.title == "سوق الحي"


def test_another_process_that_knows_the_channel_notes_no_fact_twice(tmp_path: Path, database_url: str) -> None:
    settings = Settings(data=str(tmp_path), database=database_url, decoders=1)
    with Runtime.open(settings) as first, Runtime.open(settings) as second:
        for number, runtime in enumerate([first, second]):
            check(runtime, message(number, Channel("garden", title="حديقة")))
        assert facts(first, "title") == [("garden", "حديقة")]


def test_a_growing_channel_is_sized_in_steps(runtime: Runtime) -> None:
    for number, subscribers in enumerate([1_000, 1_001, 1_002, 1_060, 1_061]):
        check(runtime, message(number, Channel("garden", subscribers=subscribers)))
    assert [value for _, value in facts(runtime, "subscribers")] == ["1000", "1060"]


def test_admins_come_and_go(runtime: Runtime) -> None:
    check(runtime, message(1, Channel("garden", admins=["amal", "basim"])))
    check(runtime, message(2, Channel("garden", admins=["basim", "dana"])))
    assert [value for _, value in facts(runtime, "admin")] == ["+amal", "+basim", "+dana", "-amal"]
    assert runtime.channels.get("garden").channel.admins == ["basim", "dana"]


def test_links_and_ways_in_are_kept_once_with_how_often(runtime: Runtime) -> None:
    told = Channel("garden", title="حديقة", avatar=KNOWN, invites=["https://t.me/+AbCdEfGhIjKlMnOp"], age_days=3)
    check(runtime, Event("e1", EventKind.CHANNEL, channel=told))
    check(runtime, message(1, Channel("garden"), "انظروا https://example.org/page ثم t.me/+ZzCdEfGhIjKlMnOp"))
    check(runtime, message(2, Channel("garden"), "مرة أخرى https://example.org/page"))
    file = runtime.channels.get("garden")
    assert {(link.kind, link.url, link.times) for link in file.links} == {
        (LinkKind.OWN, "invite:telegram:AbCdEfGhIjKlMnOp", 1),
        (LinkKind.INVITE, "invite:telegram:ZzCdEfGhIjKlMnOp", 1),
        (LinkKind.LINK, "https://example.org/page", 2),
    }
    assert file.channel.avatar == KNOWN
    assert file.channel.created_at is not None
    assert file.channel.checked == 2


def test_languages_and_days(runtime: Runtime) -> None:
    for number, language in enumerate(["ar", "ar-SY", "en", ""]):
        check(runtime, message(number, Channel("garden"), language=language))
    assert runtime.channels.get("garden").languages == {"ar": 2, "": 1, "en": 1}
    days = runtime.channels.timeline("garden").days
    assert sum(day.checked for day in days) == 4
    assert len({day.day for day in days}) <= 2


def test_the_case_of_a_channel_that_is_checked_is_the_channels(runtime: Runtime) -> None:
    runtime.banks.create("known", who="test")
    runtime.banks.add("known", new_entry([Signal("pdq", KNOWN)], opinion=Opinion.SEED), who="test")
    check(runtime, Event("change-7", EventKind.CHANNEL, channel=Channel("garden", avatar=KNOWN)))
    assert runtime.channels.get("garden").case is not None


def test_a_page_filters_and_goes_on(runtime: Runtime) -> None:
    for number in range(5):
        check(runtime, message(number, Channel(f"c{number}", title=f"غرفة {number}", subscribers=number * 10)))
    first = runtime.channels.page(sort="subscribers", limit=2)
    assert [each.id for each in first] == ["c4", "c3"]
    after = (first[-1].subscribers or 0, first[-1].id)
    assert [each.id for each in runtime.channels.page(sort="subscribers", after=after)] == ["c2", "c1", "c0"]
    assert [each.id for each in runtime.channels.page(text="غرفة 3")] == ["c3"]
    assert [each.id for each in runtime.channels.page(min_subscribers=30, sort="subscribers")] == ["c4", "c3"]


def test_facts_of_many_channels_are_read_at_once(runtime: Runtime) -> None:
    check(runtime, *(message(n, Channel(f"c{n}", title=f"t{n}")) for n in range(3)))
    with runtime.database.read() as connection:
        assert {id_: row["title"] for id_, row in channels.facts(connection, ["c0", "c2"]).items()} == {
            "c0": "t0",
            "c2": "t2",
        }
