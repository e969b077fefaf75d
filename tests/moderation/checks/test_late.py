"""Media that takes long: words and hashes answer at once, the rest follows, whatever becomes of the process."""

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from siyaj.banks.curation import new_entry
from siyaj.cli.demo import pictures
from siyaj.model.action import ActionKind
from siyaj.model.bank import Opinion
from siyaj.model.clock import now_us
from siyaj.model.errors import SealBroken, StorageUnavailable
from siyaj.model.event import Account, Event, EventKind, MediaFile
from siyaj.model.queue import QueueFilter
from siyaj.model.report import Subject, SubjectKind
from siyaj.model.settings import Settings
from siyaj.model.signal import Signal
from siyaj.model.state import Standing
from siyaj.model.verdict import Action, Verdict
from siyaj.moderation.checks.extraction import draw_entry
from siyaj.moderation.checks.late import ATTEMPTS
from siyaj.moderation.checks.requests import CheckRequest, hash_request
from siyaj.moderation.runtime import Runtime
from siyaj.moderation.state import state_of
from siyaj.storage import actions, evidence

PICTURE = pictures.landscape(1)
FILE = pictures.jpeg(PICTURE)
ALTERED = pictures.jpeg(pictures.squeezed(PICTURE), 40)


@pytest.fixture
def runtime(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Runtime]:
    """Its media takes long; a check waits less than a tenth of it."""
    settings = Settings(data=str(tmp_path), database=database_url, decoders=1, media_wait_seconds=0.2)
    with Runtime.open(settings) as opened:
        opened.box.warm()
        quick = opened.drawer.draw_all

        def slowly(files: Any) -> Any:
            time.sleep(2.5)
            return quick(files)

        monkeypatch.setattr(opened.drawer, "draw_all", slowly)
        yield opened


def bank(runtime: Runtime, data: bytes, *people: str) -> None:
    runtime.banks.create("known", who="test")
    signals = [one for one in draw_entry(runtime.box, data).signals if one.type == "pdq"]
    added = runtime.banks.add("known", new_entry(signals, opinion=Opinion.CONFIRMED), who=people[0]).entry
    for person in people[1:]:
        runtime.banks.confirm("known", added.id, who=person)


def request(event_id: str, data: bytes, **fields: Any) -> CheckRequest:
    event = Event(event_id, EventKind.MEDIA, account=Account("u-1"), **fields)
    files = [MediaFile("picture.jpg", data)]
    return CheckRequest(event, files, "test", None, hash_request(event, files))


def check(runtime: Runtime, asked: CheckRequest, *, then: Callable[[], bool] | None = None) -> tuple[Verdict, float]:
    """Return the answer and how long it took; then wait until what follows has come."""

    async def ask() -> tuple[Verdict, float]:
        began = time.monotonic()
        answer = await runtime.checker.submit(asked)
        took = time.monotonic() - began
        until = time.monotonic() + 30
        while then is not None and not then() and time.monotonic() < until:
            await asyncio.sleep(0.05)
        return msgspec.json.decode(answer.body, type=Verdict), took

    return asyncio.run(ask())


def done(runtime: Runtime, item: str) -> list[Any]:
    with runtime.database.read() as connection:
        return actions.of_subject(connection, Subject(SubjectKind.ITEM, item))


def verdicts_on(runtime: Runtime, item: str) -> int:
    with runtime.database.read() as connection:
        return int(connection.exec_driver_sql(f"SELECT count(*) FROM verdicts WHERE event_id = '{item}'").scalar_one())


def waiting(runtime: Runtime) -> int:
    with runtime.database.read() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM late_checks").scalar_one())


def test_a_known_picture_is_taken_down_once_it_is_decoded(runtime: Runtime) -> None:
    bank(runtime, FILE, "amal", "basma")
    first, took = check(runtime, request("p-1", ALTERED), then=lambda: bool(done(runtime, "p-1")))
    assert (first.action, first.pending) == (Action.ALLOW, True)
    assert took < 2.4
    (action,) = done(runtime, "p-1")
    assert (action.kind, action.payload["first_verdict"]) == (ActionKind.REMOVE, first.id)
    assert (action.payload["account"], action.decision) == ("u-1", action.payload["verdict"])
    assert state_of(runtime.database, Subject(SubjectKind.ITEM, "p-1")).standing is Standing.REMOVED
    assert waiting(runtime) == 0


def test_what_one_person_confirmed_is_held_and_becomes_a_case(runtime: Runtime) -> None:
    bank(runtime, FILE, "amal")
    check(runtime, request("p-2", ALTERED), then=lambda: bool(done(runtime, "p-2")))
    (action,) = done(runtime, "p-2")
    assert action.kind is ActionKind.HOLD
    assert action.case is not None
    assert [one.name for one in runtime.vault.of_case(action.case)] == ["picture.jpg"]


def test_nothing_is_sent_or_kept_about_a_harmless_picture(runtime: Runtime) -> None:
    first, _ = check(
        runtime, request("p-3", FILE), then=lambda: waiting(runtime) == 0 and verdicts_on(runtime, "p-3") == 2
    )
    assert first.pending
    assert done(runtime, "p-3") == []
    with runtime.database.read() as connection:
        kept = evidence.listed(connection, verdict=first.id)
    assert len(kept) == 1
    runtime.vault.sweep()
    with runtime.database.read() as connection:
        assert evidence.listed(connection, verdict=first.id)[0].destroyed_at is not None
    standing = state_of(runtime.database, Subject(SubjectKind.ITEM, "p-3"))
    assert (standing.standing, standing.pending) == (Standing.ALLOWED, False)


def test_a_process_that_dies_in_between_leaves_it_to_another(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    async def died(*_: Any) -> None:
        return None

    monkeypatch.setattr(runtime.checker, "_follow", died)
    bank(runtime, FILE, "amal", "basma")
    first, _ = check(runtime, request("p-4", ALTERED))
    assert state_of(runtime.database, Subject(SubjectKind.ITEM, "p-4")).pending
    assert runtime.late.work() == 0, "it is not overdue yet"
    with runtime.database.begin() as connection:
        connection.exec_driver_sql("UPDATE late_checks SET next_at = 0")
    assert runtime.late.work() == 1
    assert [one.kind for one in done(runtime, "p-4")] == [ActionKind.REMOVE]
    assert runtime.late.work() == 0
    again, _ = check(runtime, request("p-4", ALTERED))
    assert again.id == first.id, "a retry gets the first answer"
    assert len(done(runtime, "p-4")) == 1


def test_what_words_and_hashes_decide_needs_no_decoding(runtime: Runtime) -> None:
    runtime.banks.create("known", who="test")
    import hashlib

    entry = new_entry([Signal("sha256", hashlib.sha256(FILE).hexdigest())], opinion=Opinion.CONFIRMED)
    added = runtime.banks.add("known", entry, who="amal").entry
    runtime.banks.confirm("known", added.id, who="basma")
    first, took = check(runtime, request("p-5", FILE))
    assert (first.action, first.pending) == (Action.BLOCK, False)
    assert took < 2.4
    assert waiting(runtime) == 0


def test_whatever_is_decoded_in_time_is_final(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime.checker, "_media_wait", 10.0)
    first, _ = check(runtime, request("p-6", FILE))
    assert not first.pending
    assert waiting(runtime) == 0


def test_when_too_much_is_late_a_check_waits(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime.checker, "_most_late", 0)
    first, _ = check(runtime, request("p-7", FILE))
    assert not first.pending


def test_a_store_that_is_away_is_waited_for_and_nothing_is_given_up(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def died(*_: Any) -> None:
        return None

    def away(*_: Any) -> bytes:
        raise StorageUnavailable("away")

    monkeypatch.setattr(runtime.checker, "_follow", died)
    check(runtime, request("p-8", FILE))
    works = runtime.late._open
    monkeypatch.setattr(runtime.late, "_open", away)
    for _ in range(ATTEMPTS + 1):
        with runtime.database.begin() as connection:
            connection.exec_driver_sql("UPDATE late_checks SET next_at = 0")
        with pytest.raises(StorageUnavailable):
            runtime.late.work()
    assert waiting(runtime) == 1
    monkeypatch.setattr(runtime.late, "_open", works)
    with runtime.database.begin() as connection:
        connection.exec_driver_sql("UPDATE late_checks SET next_at = 0")
    assert runtime.late.work() == 1
    assert (waiting(runtime), verdicts_on(runtime, "p-8")) == (0, 2)


def test_what_fails_five_times_is_held_for_a_person_and_its_files_are_kept(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def died(*_: Any) -> None:
        return None

    def broken(*_: Any) -> bytes:
        raise SealBroken("broken")

    monkeypatch.setattr(runtime.checker, "_follow", died)
    first, _ = check(runtime, request("p-9", FILE, text="a sample"))
    monkeypatch.setattr(runtime.late, "_open", broken)
    for _ in range(ATTEMPTS):
        with runtime.database.begin() as connection:
            connection.exec_driver_sql("UPDATE late_checks SET next_at = 0")
        assert runtime.late.work() == 1
    assert (waiting(runtime), verdicts_on(runtime, "p-9")) == (0, 2)
    [(_, case)] = runtime.cases.queue(QueueFilter())
    assert (case.subject.id, case.account) == ("p-9", "u-1")
    assert case.reasons[0].text == "Its files could not be examined, so a person looks at it."
    assert "تعذّر فحص ملفاته" in case.reasons[0].text_ar
    assert [one.kind for one in done(runtime, "p-9")] == [ActionKind.HOLD]
    runtime.vault.sweep()
    with runtime.database.read() as connection:
        assert evidence.listed(connection, verdict=first.id)[0].destroyed_at is None


def test_a_check_that_was_pending_is_counted_once(runtime: Runtime) -> None:
    check(runtime, request("p-10", FILE), then=lambda: verdicts_on(runtime, "p-10") == 2)
    runtime.quality.catch_up(now_us() + 60_000_000)
    assert runtime.numbers.dashboard(7).verdicts == 1
