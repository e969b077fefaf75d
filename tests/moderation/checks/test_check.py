"""The pipeline, on real components: what is asked is judged once, recorded before it is answered, safe to retry."""

import asyncio
import errno
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from siyaj.banks.curation import new_entry
from siyaj.model.bank import Opinion
from siyaj.model.errors import (
    IdempotencyInFlight,
    IdempotencyMismatch,
    InvalidSignal,
    SiyajError,
    StorageUnavailable,
    UnknownSignalType,
)
from siyaj.model.event import Channel, Event, EventKind, HashInput
from siyaj.model.settings import Settings
from siyaj.model.signal import Signal
from siyaj.model.verdict import Action, Verdict
from siyaj.moderation.checks.requests import CheckAnswer, CheckRequest, hash_request
from siyaj.moderation.runtime import Runtime
from siyaj.storage import verdicts
from siyaj.storage.engines import sqlite
from siyaj.storage.verdicts import Record

KNOWN = "f8f8f0cce0f4e84d0e370a22028f67f0b36e2ed596623e1d33e6339c4e9c9b22"
UNKNOWN = "0123456789abcdef" * 4


@pytest.fixture
def runtime(tmp_path: Path, database_url: str) -> Iterator[Runtime]:
    with Runtime.open(Settings(data=str(tmp_path), database=database_url, decoders=1)) as opened:
        yield opened


def request(event_id: str, *, key: str | None = None, scope: str = "test", **fields: Any) -> CheckRequest:
    kind = fields.pop("kind", EventKind.MEDIA)
    event = Event(event_id, kind, **fields)
    return CheckRequest(event, [], scope, key, hash_request(event))


def pdq(value: str) -> list[HashInput]:
    return [HashInput("pdq", value)]


def answer(runtime: Runtime, asked: CheckRequest) -> Verdict:
    result = runtime.checker.check_now([asked])[0]
    assert isinstance(result, CheckAnswer), result
    return msgspec.json.decode(result.body, type=Verdict)


def bank_pdq(runtime: Runtime, value: str, opinion: Opinion, *people: str) -> int:
    if not any(bank.name == "known" for bank in runtime.banks.list()):
        runtime.banks.create("known", who="test")
    entry = new_entry([Signal("pdq", value)], opinion=opinion)
    added = runtime.banks.add("known", entry, who=people[0] if people else "test").entry
    for person in people[1:]:
        runtime.banks.confirm("known", added.id, who=person)
    return added.id


def test_unknown_hash_is_allowed(runtime: Runtime) -> None:
    bank_pdq(runtime, KNOWN, Opinion.CONFIRMED, "amal", "basim")
    assert answer(runtime, request("m1", hashes=pdq(UNKNOWN))).action is Action.ALLOW


def test_two_people_make_an_entry_act_alone_and_one_person_does_not(runtime: Runtime) -> None:
    bank_pdq(runtime, KNOWN, Opinion.CONFIRMED, "amal")
    held = answer(runtime, request("m1", hashes=pdq(KNOWN)))
    assert held.action is Action.HOLD
    assert held.case is not None
    bank_pdq(runtime, KNOWN, Opinion.CONFIRMED, "basim")
    blocked = answer(runtime, request("m2", hashes=pdq(KNOWN)))
    assert blocked.action is Action.BLOCK
    assert blocked.case is None


def test_a_seed_holds(runtime: Runtime) -> None:
    bank_pdq(runtime, KNOWN, Opinion.SEED)
    assert answer(runtime, request("m1", hashes=pdq(KNOWN))).action is Action.HOLD


def test_a_negative_entry_silences_and_the_record_says_so(runtime: Runtime) -> None:
    bank_pdq(runtime, KNOWN, Opinion.SEED)
    runtime.banks.create("harmless", who="test")
    runtime.banks.add("harmless", new_entry([Signal("pdq", KNOWN)], opinion=Opinion.NEGATIVE), who="test")
    verdict = answer(runtime, request("m1", hashes=pdq(KNOWN)))
    assert verdict.action is Action.ALLOW
    with runtime.database.read() as connection:
        row = verdicts.get(connection, verdict.id)
    assert row is not None
    record = msgspec.json.decode(row.record, type=Record)
    assert {match.bank for match in record.silenced} == {"known", "harmless"}


def test_revoked_entries_stop_matching_at_once(runtime: Runtime) -> None:
    entry = bank_pdq(runtime, KNOWN, Opinion.SEED)
    runtime.banks.revoke("known", entry, who="test")
    assert answer(runtime, request("m1", hashes=pdq(KNOWN))).action is Action.ALLOW
    runtime.banks.restore("known", entry, who="test")
    assert answer(runtime, request("m2", hashes=pdq(KNOWN))).action is Action.HOLD


def test_a_verdict_is_recorded_with_what_it_rests_on(runtime: Runtime) -> None:
    entry = bank_pdq(runtime, KNOWN, Opinion.CONFIRMED, "amal", "basim")
    verdict = answer(runtime, request("m1", hashes=pdq(KNOWN)))
    with runtime.database.read() as connection:
        row = verdicts.get(connection, verdict.id)
    assert row is not None
    record = msgspec.json.decode(row.record, type=Record)
    assert [(match.entry, match.distance) for match in record.matches] == [(entry, 0)]
    assert [signal.value for signal in record.signals] == [KNOWN]
    assert any(rule.enforced for rule in record.rules)
    assert row.policy_version == runtime.policy.version


def test_a_retry_gets_the_same_bytes(runtime: Runtime) -> None:
    first, second = runtime.checker.check_now([request("m1"), request("m1")])
    assert isinstance(first, CheckAnswer)
    assert isinstance(second, CheckAnswer)
    assert (first.body, first.replayed) == (second.body, False)
    assert second.replayed
    third = runtime.checker.check_now([request("m1")])[0]
    assert isinstance(third, CheckAnswer)
    assert third.body == first.body


def test_a_batch_of_old_and_new_answers_each_and_counts_each_once(runtime: Runtime) -> None:
    """The first batch with retries is written in vain, then again; those after it ask before they write."""
    channel = Channel("c-1")
    first = runtime.checker.check_now([request("m1", channel=channel)])
    for number in range(3):
        asked = [request("m1", channel=channel), request(f"new-{number}", channel=channel, hashes=pdq(KNOWN))]
        old, new = runtime.checker.check_now(asked)
        assert isinstance(old, CheckAnswer)
        assert isinstance(new, CheckAnswer)
        assert (old.body, old.replayed, new.replayed) == (first[0].body, True, False)  # type: ignore[union-attr]
    with runtime.database.read() as connection:
        assert len(verdicts.newest(connection, 10)) == 4
    seen = runtime.channels.get("c-1")
    assert seen.channel.checked == 4


def test_the_same_id_with_another_body_is_refused(runtime: Runtime) -> None:
    answer(runtime, request("m1", text="one"))
    assert isinstance(runtime.checker.check_now([request("m1", text="two")])[0], IdempotencyMismatch)


def test_a_fresh_idempotency_key_checks_an_edited_item_again(runtime: Runtime) -> None:
    one = answer(runtime, request("m1", text="one", key="k1"))
    two = answer(runtime, request("m1", text="two", key="k2"))
    assert one.id != two.id


def test_idempotency_never_crosses_callers(runtime: Runtime) -> None:
    one = answer(runtime, request("m1", text="one", scope="a"))
    two = answer(runtime, request("m1", text="two", scope="b"))
    assert one.id != two.id


def test_a_second_request_while_the_first_is_in_flight_is_a_conflict(runtime: Runtime) -> None:
    async def both() -> list[CheckAnswer | SiyajError]:
        return await runtime.checker.submit_many([request("m1"), request("m1"), request("m1", text="other")])

    first, second, third = asyncio.run(both())
    assert isinstance(first, CheckAnswer)
    assert isinstance(second, IdempotencyInFlight)
    assert isinstance(third, IdempotencyMismatch)


def test_many_callers_at_once_all_get_their_own_answer(runtime: Runtime) -> None:
    async def many() -> list[CheckAnswer]:
        return await asyncio.gather(*(runtime.checker.submit(request(f"m{number}")) for number in range(500)))

    answers = [msgspec.json.decode(one.body, type=Verdict) for one in asyncio.run(many())]
    assert [one.event for one in answers] == [f"m{number}" for number in range(500)]
    stats = runtime.checker.stats()
    assert stats["checks"] == 500
    assert stats["batches"] < 500


def test_verdicts_on_one_subject_share_its_open_case(runtime: Runtime) -> None:
    bank_pdq(runtime, KNOWN, Opinion.SEED)
    one = answer(runtime, request("m1", hashes=pdq(KNOWN), key="k1"))
    two = answer(runtime, request("m1", hashes=pdq(KNOWN), key="k2"))
    other = answer(runtime, request("m2", hashes=pdq(KNOWN)))
    assert one.case == two.case != other.case


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (HashInput("pdq", KNOWN[:-1]), "hashes[0].value"),
        (HashInput("pdq", KNOWN + " "), "hashes[0].value"),
        (HashInput("pdq", "g" * 64), "hashes[0].value"),
        (HashInput("md6", KNOWN), "hashes[0].type"),
    ],
)
def test_a_bad_hash_is_refused_with_its_place(runtime: Runtime, given: HashInput, field: str) -> None:
    result = runtime.checker.check_now([request("m1", hashes=[given])])[0]
    assert isinstance(result, (InvalidSignal, UnknownSignalType))
    assert result.field == field


def test_one_bad_request_does_not_fail_its_batch(runtime: Runtime) -> None:
    bad = request("m1", hashes=pdq("zz"))
    first, second = runtime.checker.check_now([bad, request("m2")])
    assert isinstance(first, InvalidSignal)
    assert isinstance(second, CheckAnswer)


def test_a_file_is_judged_by_what_is_in_it(runtime: Runtime) -> None:
    from siyaj.cli.demo import pictures
    from siyaj.model.event import MediaFile

    original, other = pictures.landscape(1), pictures.landscape(2)
    runtime.banks.create("known", who="test")
    extraction = runtime.box.extract(pictures.jpeg(original))
    signals = [signal for signal in extraction.signals if not signal.variant]
    runtime.banks.add("known", new_entry(signals, opinion=Opinion.SEED), who="test")
    for number, (picture, action) in enumerate([(original, Action.HOLD), (other, Action.ALLOW)]):
        event = Event(f"f{number}", EventKind.MEDIA)
        files = [MediaFile("x.jpg", pictures.jpeg(picture, 40))]
        asked = CheckRequest(event, files, "test", None, hash_request(event, files))
        assert answer(runtime, asked).action is action


def test_a_broken_picture_is_held_for_a_person(runtime: Runtime) -> None:
    from siyaj.cli.demo import pictures
    from siyaj.model.event import MediaFile

    event = Event("f1", EventKind.MEDIA)
    files = [MediaFile("x.jpg", pictures.jpeg(pictures.landscape(1))[:900])]
    verdict = answer(runtime, CheckRequest(event, files, "test", None, hash_request(event, files)))
    assert verdict.action is Action.HOLD


def test_cases_of_channels_are_about_the_channel(runtime: Runtime) -> None:
    from siyaj.moderation.about import subject

    assert subject(Event("c1", EventKind.CHANNEL, channel=Channel("c1"))) == "channel:c1"
    assert subject(Event("m1", EventKind.MESSAGE)) == "item:m1"


def test_a_database_that_is_gone_fails_the_batch_and_acknowledges_nothing(runtime: Runtime) -> None:
    def away(*_: object, **__: object) -> None:
        raise StorageUnavailable("away")

    begin, runtime.database.begin = runtime.database.begin, away  # type: ignore[method-assign,assignment]
    with pytest.raises(StorageUnavailable):
        asyncio.run(runtime.checker.submit(request("m1")))
    runtime.database.begin = begin  # type: ignore[method-assign]
    assert asyncio.run(runtime.checker.submit(request("m1"))).replayed is False


def test_no_answer_leaves_before_it_is_on_the_disk(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    may_flush, flush = threading.Event(), runtime.database.flush

    def slow_disk() -> None:
        may_flush.wait(10)
        flush()

    monkeypatch.setattr(runtime.database, "flush", slow_disk)

    async def check() -> None:
        first = asyncio.create_task(runtime.checker.submit(request("m1", hashes=pdq(UNKNOWN))))
        second = asyncio.create_task(runtime.checker.submit(request("m2", hashes=pdq(UNKNOWN))))
        await asyncio.sleep(0)
        while len(recorded(runtime)) < 2:  # the next one is judged and written meanwhile
            await asyncio.sleep(0.01)
        assert not first.done()
        assert not second.done()
        may_flush.set()
        assert (await first).body in recorded(runtime)
        assert (await second).body in recorded(runtime)

    asyncio.run(asyncio.wait_for(check(), 10))


def recorded(runtime: Runtime) -> list[bytes]:
    with runtime.database.read() as connection:
        return [bytes(row.answer) for row in verdicts.newest(connection, 10)]


def test_a_disk_that_loses_a_write_is_trusted_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(_: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with Runtime.open(Settings(data=str(tmp_path), decoders=1)) as runtime:
        with monkeypatch.context() as failing:
            failing.setattr(sqlite, "_sync", lost)
            with pytest.raises(StorageUnavailable, match="Input/output error"):
                asyncio.run(runtime.checker.submit(request("m1", hashes=pdq(UNKNOWN))))
        for again in ("m1", "m2"):  # the disk says that all is well, and nobody can know
            with pytest.raises(StorageUnavailable, match="Input/output error"):
                asyncio.run(runtime.checker.submit(request(again, hashes=pdq(UNKNOWN))))
        assert "Input/output error" in " ".join(runtime.ready())


def test_a_decoder_that_runs_away_is_killed_and_its_item_is_held(tmp_path: Path) -> None:
    from siyaj.cli.demo import pictures
    from siyaj.model.event import MediaFile

    with Runtime.open(Settings(data=str(tmp_path), decoders=1, decode_seconds=0.001)) as opened:
        event = Event("f1", EventKind.MEDIA)
        files = [MediaFile("x.jpg", pictures.jpeg(pictures.landscape(1)))]
        verdict = answer(opened, CheckRequest(event, files, "test", None, hash_request(event, files)))
        assert verdict.action is Action.HOLD
        assert verdict.case is not None
        with opened.database.read() as connection:
            row = verdicts.get(connection, verdict.id)
        assert row is not None
        missing = msgspec.json.decode(row.record, type=Record).missing
        assert {one.code for one in missing} == {"decoder_killed"}
        assert opened.stats()["decoder_kills"] >= 1


def test_a_change_is_matchable_at_once_and_a_text_file_is_read(tmp_path: Path) -> None:
    from siyaj.moderation.checks.scan import scan

    statement = "نعلن لأهلنا في كل قرية أننا سنزرع ألف شجرة زيتون قبل نهاية الشتاء، وأن أبواب مشتلنا مفتوحة لكل من أراد"
    (tmp_path / "note.txt").write_text(f"وصلني هذا: {statement} ما رأيكم؟", encoding="utf-8")
    with Runtime.open(Settings(data=str(tmp_path / "data"), decoders=1)) as opened:
        opened.banks.create("known", who="test")
        opened.banks.add("known", new_entry([Signal("text", statement)]), who="test")
        (found,) = scan(opened, [tmp_path / "note.txt"])
        assert [match.signal for match in found.matches] == ["text"]


def test_what_is_refused_says_where_to_appeal(runtime: Runtime) -> None:
    bank_pdq(runtime, KNOWN, Opinion.CONFIRMED, "amal", "basma")
    refused = answer(runtime, request("m-appeal", hashes=pdq(KNOWN)))
    assert refused.action is Action.BLOCK
    assert refused.appeal_url is not None
    token = refused.appeal_url.rpartition("/")[2]
    assert runtime.keyring.subject_of("appeal", token) == f"verdict:{refused.id}"
    assert answer(runtime, request("m-fine", hashes=pdq(UNKNOWN))).appeal_url is None
