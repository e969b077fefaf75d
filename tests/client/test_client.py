"""The client against a real Siyaj, and against servers that hang, fail and come back."""

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from siyaj.client import (
    Action,
    AsyncSiyaj,
    Event,
    EventKind,
    HashInput,
    MediaFile,
    NewReport,
    PlatformAction,
    Refused,
    Siyaj,
    Standing,
    Subject,
    SubjectKind,
    Unavailable,
    Verdict,
)
from siyaj.client import breaker as breakers
from siyaj.client.breaker import Breaker
from siyaj.client.spool import Spool, Unchecked
from siyaj.model.action import ActionKind
from siyaj.model.clock import now_us, to_datetime
from siyaj.storage import actions
from siyaj.storage.actions import NewAction
from tests.delivery.receiver import close_early, drip, hang, receiver, reply
from tests.server.conftest import Served

KNOWN = [HashInput("md5", "7" * 32)]


def message(id: str, **fields: object) -> Event:
    return msgspec.convert({"id": id, "kind": "message", **msgspec.to_builtins(fields)}, Event)


def test_words_hashes_files_and_batches_are_checked(siyaj: Siyaj) -> None:
    assert siyaj.check(message("c-1", text="السلام عليكم"), fail_open=False).publish
    held = siyaj.check(message("c-2", hashes=KNOWN), fail_open=True)
    assert (held.action, held.publish, held.failed) == (Action.HOLD, False, "")
    assert held.verdict is not None
    assert held.verdict.case
    again = siyaj.check(message("c-2", hashes=KNOWN), fail_open=True)
    assert again.verdict == held.verdict
    from siyaj.cli.demo import pictures

    picture = MediaFile("صورة.jpg", pictures.jpeg(pictures.landscape(3)))
    assert siyaj.check(Event("c-3", EventKind.MEDIA), files=[picture], fail_open=False).publish
    batch = siyaj.check_batch([message(f"b-{n}", hashes=KNOWN if n % 2 else []) for n in range(120)], fail_open=False)
    assert [one.publish for one in batch] == [n % 2 == 0 for n in range(120)]


def test_an_edit_needs_a_key_of_its_own(siyaj: Siyaj) -> None:
    siyaj.check(message("e-1", text="one"), fail_open=True)
    refused = siyaj.check(message("e-1", text="two"), fail_open=False)
    assert "idempotency_mismatch" in refused.failed
    assert siyaj.counts["refused"] == 1
    edited = siyaj.check(message("e-1", text="two"), fail_open=False, idempotency_key="e-1:edit-1")
    assert edited.verdict is not None


def test_reports_are_received_once(siyaj: Siyaj, served: Served) -> None:
    report = NewReport(Subject(SubjectKind.CHANNEL, "room-1"), id="r-1", text="انظروا")
    assert siyaj.report(report) == siyaj.report(report)
    with pytest.raises(Refused, match="subject"):
        siyaj.report(NewReport(Subject(SubjectKind.CHANNEL, "")))


def decide(served: Served, kind: ActionKind = ActionKind.REMOVE, item: str = "x-1") -> str:
    subject = Subject(SubjectKind.ITEM, item)
    new = NewAction("dec_1", "case_1", subject, kind, "tvec.praise", {"n": 1}, to_datetime(now_us()))
    with served.runtime.database.begin() as connection:
        return actions.enqueue(connection, [new])[0]


def test_actions_come_in_order_and_are_acknowledged(siyaj: Siyaj, served: Served) -> None:
    made = [decide(served), decide(served, ActionKind.RESTORE), decide(served, item="x-2")]
    done: list[PlatformAction] = []
    for action in siyaj.actions(once=True):
        done.append(action)
        siyaj.ack(action.id)
    assert sorted(one.id for one in done) == sorted(made)
    assert [one.kind for one in done if one.subject.id == "x-1"] == ["remove", "restore"]
    assert siyaj.state(SubjectKind.ITEM, "x-2").standing is Standing.REMOVED
    failed = decide(served, item="x-3")
    for action in siyaj.actions(once=True):
        told = siyaj.ack(action.id, error="no such message")
        assert (action.id, told.error) == (failed, "no such message")
    assert list(siyaj.actions(once=True)) == []


def test_actions_are_waited_for(siyaj: Siyaj, served: Served) -> None:
    unanswered = decide(served, item="x-8")
    waiting = siyaj.actions(wait=20)
    assert next(waiting).id == unanswered
    made = decide(served, item="x-9")
    began = time.monotonic()
    assert next(waiting).id == made
    assert time.monotonic() - began < 15
    for each in (unanswered, made):
        siyaj.ack(each)


def test_the_asynchronous_client_does_the_same(served: Served) -> None:
    async def use() -> None:
        async with AsyncSiyaj(f"http://127.0.0.1:{served.port}", served.key, stop_seconds=10) as siyaj:
            checks = [siyaj.check(message(f"a-{n}"), fail_open=False) for n in range(50)]
            assert all(one.publish for one in await asyncio.gather(*checks))
            assert (await siyaj.state(SubjectKind.ITEM, "$a/b?")).standing is Standing.ALLOWED
            assert [action async for action in siyaj.actions(once=True)] == []

    asyncio.run(use())


@pytest.mark.parametrize("trick", [hang, drip, close_early, 500, 503])
@pytest.mark.parametrize("fail_open", [True, False])
def test_a_check_never_takes_longer_than_its_deadline(trick: object, fail_open: bool, tmp_path: Path) -> None:
    with receiver() as broken, Siyaj(broken.url, "k", stop_seconds=0.5, spool=tmp_path / "spool") as siyaj:
        broken.answers.extend([trick, trick])  # type: ignore[list-item]
        began = time.monotonic()
        checked = siyaj.check(message("m-1"), fail_open=fail_open)
        assert time.monotonic() - began < 4
        assert checked.failed
        assert checked.publish is fail_open
        assert siyaj.counts["fail_opens"] == siyaj.waiting == int(fail_open)
        assert siyaj.counts["fail_closed"] == int(not fail_open)


def test_nothing_listens_there() -> None:
    with Siyaj("http://127.0.0.1:9", "k") as siyaj:
        assert "cannot be reached" in siyaj.check(message("m-1"), fail_open=True).failed
        with pytest.raises(Unavailable):
            siyaj.report(NewReport(Subject(SubjectKind.ITEM, "m-1")), seconds=0.5)


def test_the_breaker_leaves_a_dead_siyaj_alone_and_tries_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(breakers, "FIRST_PAUSE", 0.3)
    with receiver() as broken, Siyaj(broken.url, "k", stop_seconds=0.3) as siyaj:
        broken.answers.extend([500] * breakers.FAILURES)
        for number in range(breakers.FAILURES + 3):
            last = siyaj.check(message(f"m-{number}"), fail_open=True)
        assert len(broken.received) == breakers.FAILURES
        assert "circuit breaker" in last.failed
        broken.answers.append(lambda handler: reply(handler, 200, verdict("m-9")))
        time.sleep(0.5)
        assert siyaj.check(message("m-9"), fail_open=False).publish
        broken.answers.append(lambda handler: reply(handler, 200, verdict("m-10")))
        assert siyaj.check(message("m-10"), fail_open=False).publish


def test_the_breakers_pause_grows_and_lets_one_caller_try() -> None:
    now = 0.0
    breaker = Breaker(lambda: now)
    for _ in range(breakers.FAILURES):
        assert breaker.may_call()
        breaker.failed()
    pauses = []
    for _ in range(8):
        began = now
        while not breaker.may_call():
            now += 0.1
        assert not breaker.may_call(), "one at a time"
        pauses.append(now - began)
        breaker.failed()
    assert pauses[0] < pauses[2] < pauses[4]
    assert pauses[-1] <= breakers.LONGEST_PAUSE * 1.3
    now += 100
    assert breaker.may_call()
    breaker.succeeded()
    assert breaker.may_call()
    assert breaker.may_call()


def verdict(event: str, action: Action = Action.ALLOW) -> bytes:
    return msgspec.json.encode(Verdict("ver_1", event, action))


def test_what_was_let_through_is_checked_when_siyaj_is_back(served: Served, tmp_path: Path) -> None:
    spool = tmp_path / "deep" / "spool"
    with Siyaj("http://127.0.0.1:9", "k", spool=spool) as away:
        away.check(message("f-1", hashes=KNOWN), fail_open=True)
        away.check(message("f-2"), fail_open=True, idempotency_key="f-2:edit")
        away.check(Event("f-3", EventKind.MEDIA), files=[MediaFile("a.bin", b"abc")], fail_open=True)
        away.check(message("f-4"), fail_open=False)
        assert away.counts["fail_opens"] == away.waiting == 3
        assert away.recheck() == []
        assert away.waiting == 3
    assert spool.stat().st_mode & 0o077 == 0
    with Siyaj(f"http://127.0.0.1:{served.port}", served.key, spool=spool) as back:
        found = {one.event.id: one.verdict.action for one in back.recheck()}
        assert found == {"f-1": Action.HOLD, "f-2": Action.ALLOW}
        assert back.waiting == 1, "its file must be loaded"
        (last,) = back.recheck(lambda event, names: [MediaFile(names[0], b"abc")])
        assert last.event.id == "f-3"
        assert back.waiting == 0
    recorded = served.client.get("/v1/verdicts", params={"event": "f-1"}).json()["items"]
    assert len(recorded) == 1


def test_a_revoked_key_fails_as_asked_and_is_checked_with_a_new_one(served: Served, tmp_path: Path) -> None:
    address = f"http://127.0.0.1:{served.port}"
    with Siyaj(address, "siyaj_nokey", spool=tmp_path / "spool") as siyaj:
        assert "unauthenticated" in siyaj.check(message("k-1"), fail_open=True).failed
        assert siyaj.recheck() == []
        assert siyaj.waiting == 1
    with Siyaj(address, served.key, spool=tmp_path / "spool") as siyaj:
        assert [one.event.id for one in siyaj.recheck()] == ["k-1"]


def test_a_spool_is_bounded_shared_and_survives_a_crash(tmp_path: Path) -> None:
    small = Spool(tmp_path / "spool", largest_bytes=400)
    entry = Unchecked(message("m-1", text="x" * 100), "away", 1.0)
    assert small.keep([entry] * 10) == 8
    taken = small.take()
    assert taken is not None
    assert len(taken) == 2
    other = Spool(tmp_path / "spool")
    assert other.take() is None, "somebody else has it"
    other.keep([entry])
    os.close(small._held)  # as when its process is killed
    with (tmp_path / "spool").open("ab") as torn:
        torn.write(b'{"event": {"id"')
    again = other.take()
    assert again is not None
    assert len(again) == 3
    other.done([entry])
    assert len(other) == 1


def test_forked_processes_get_connections_of_their_own(siyaj: Siyaj) -> None:
    assert siyaj.check(message("fork-0"), fail_open=False).publish
    child = os.fork()
    if child == 0:
        os._exit(0 if siyaj.check(message("fork-1"), fail_open=False, seconds=10).publish else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert siyaj.check(message("fork-2"), fail_open=False).publish


def test_importing_it_needs_no_engine() -> None:
    heavy = "numba", "numpy", "sqlalchemy", "litestar", "cryptography", "uuid_utils"
    code = f"import sys, siyaj.client; sys.exit(','.join(set({heavy}) & set(sys.modules)) or 0)"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr


def test_slow_answers_are_used_and_counted() -> None:
    def slowly(handler: object) -> None:
        time.sleep(0.15)
        reply(handler, 200, verdict("s-1"))  # type: ignore[arg-type]

    with receiver() as slow, Siyaj(slow.url, "k", budget_seconds=0.1) as siyaj:
        slow.answers.append(slowly)
        assert siyaj.check(message("s-1"), fail_open=False).publish
        assert siyaj.counts["slow"] == 1
