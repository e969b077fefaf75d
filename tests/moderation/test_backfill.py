"""Entries that lack signals get them from files that are at hand."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from siyaj.banks.curation import new_entry
from siyaj.cli.demo import pictures as drawn
from siyaj.model.bank import Entry, Opinion
from siyaj.model.clock import now_us
from siyaj.model.errors import InvalidRequest, NotFound, UnknownSignalType
from siyaj.model.settings import Settings
from siyaj.model.signal import Signal
from siyaj.moderation.backfill import BackfilledFile, backfill
from siyaj.moderation.runtime import Runtime
from siyaj.storage import audit


@pytest.fixture
def runtime(tmp_path: Path, database_url: str) -> Iterator[Runtime]:
    settings = Settings(data=str(tmp_path / "data"), database=database_url, decoders=1, poll_seconds=0.05)
    with Runtime.open(settings) as opened:
        opened.banks.create("known", who="test")
        yield opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Pictures `0.jpg` to `3.jpg`, one that is cut off, and an empty one."""
    (tmp_path / "files").mkdir()
    for number in range(4):
        picture = drawn.jpeg(drawn.landscape(number).resize((320, 240)))
        (tmp_path / "files" / f"{number}.jpg").write_bytes(picture)
    (tmp_path / "files" / "cut.jpg").write_bytes(picture[:2_000])
    (tmp_path / "files" / "empty.jpg").write_bytes(b"")
    return tmp_path / "files"


def listed(runtime: Runtime, file: Path, kind: str = "sha256", **fields: object) -> Entry:
    """Add an entry as an import of hashes does."""
    value = hashlib.new(kind, file.read_bytes()).hexdigest()
    return runtime.banks.add("known", new_entry([Signal(kind, value)], **fields), who="amal").entry


def run(runtime: Runtime, *paths: Path, **options: object) -> dict[str, BackfilledFile]:
    lines = backfill(runtime, "known", paths, who="test", **options)  # type: ignore[arg-type]
    return {Path(line.path).name: line for line in lines}


def types_of(runtime: Runtime, entry: Entry) -> set[str]:
    return {signal.type for signal in runtime.banks.entry("known", entry.id).signals}


def matched(runtime: Runtime, file: Path) -> list[tuple[str, int]]:
    found = runtime.lookup.find([runtime.drawer.draw(file).signals])[0]
    return [(match.signal, match.entry) for match in found.matches]


def test_a_list_of_hashes_comes_to_recognise_altered_copies(runtime: Runtime, folder: Path, tmp_path: Path) -> None:
    by_sha, by_md5 = listed(runtime, folder / "1.jpg"), listed(runtime, folder / "2.jpg", "md5")
    copy = tmp_path / "copy.jpg"
    copy.write_bytes(drawn.jpeg(drawn.landscape(1).resize((320, 240)).crop((60, 50, 300, 230))))
    assert matched(runtime, copy) == []
    would = run(runtime, folder, dry_run=True)
    assert {name for name, line in would.items() if line.added} == {"1.jpg", "2.jpg"}
    assert types_of(runtime, by_sha) == {"sha256"}
    lines = run(runtime, folder, types=frozenset({"pdq"}))
    assert lines["1.jpg"].added == ["pdq"]
    assert lines["0.jpg"].outcome == lines["cut.jpg"].outcome == "no_entry"
    assert lines["empty.jpg"].outcome == "failed"
    lines = run(runtime, folder)
    assert (lines["1.jpg"].outcome, lines["1.jpg"].entry) == ("added", by_sha.id)
    assert "pdq" not in lines["1.jpg"].added
    assert {"md5", "pdq", "local"} <= types_of(runtime, by_md5)
    assert matched(runtime, copy) == [("local", by_sha.id)]
    deeds = {(deed.subject, deed.who) for deed in _audit(runtime) if deed.what == "entry.enrich"}
    assert deeds == {(f"known/{by_sha.id}", "test"), (f"known/{by_md5.id}", "test")}
    assert {line.outcome for line in run(runtime, folder).values() if line.entry} == {"complete"}


def _audit(runtime: Runtime) -> list[audit.AuditRow]:
    with runtime.database.read() as connection:
        return audit.listed(connection)


def test_other_processes_hear_of_it(runtime: Runtime, folder: Path, tmp_path: Path) -> None:
    entry = listed(runtime, folder / "1.jpg")
    settings = Settings(data=str(tmp_path / "other"), database=runtime.settings.database, decoders=1)
    with Runtime.open(settings) as other:
        assert other.matcher.counts()["pdq"] == 0
        run(runtime, folder)
        other.keeper.refresh()
        assert other.matcher.counts()["pdq"] == other.matcher.counts()["local"] == 1
    assert len(runtime.banks.entry("known", entry.id).signals) >= 3


def test_retired_entries_are_left_alone_and_negative_ones_are_not(runtime: Runtime, folder: Path) -> None:
    revoked, expired = listed(runtime, folder / "0.jpg"), listed(runtime, folder / "1.jpg", expires_at=now_us() - 1)
    harmless = listed(runtime, folder / "2.jpg", opinion=Opinion.NEGATIVE)
    runtime.banks.revoke("known", revoked.id, who="test")
    lines = run(runtime, folder)
    assert [lines[f"{number}.jpg"].outcome for number in range(3)] == ["retired", "retired", "added"]
    assert types_of(runtime, revoked) == types_of(runtime, expired) == {"sha256"}
    assert runtime.banks.entry("known", harmless.id).opinion is Opinion.NEGATIVE


def test_signals_of_a_confirmed_entry_act_as_it_does(runtime: Runtime, folder: Path) -> None:
    entry = listed(runtime, folder / "1.jpg", opinion=Opinion.CONFIRMED)
    runtime.banks.confirm("known", entry.id, who="basim")
    run(runtime, folder)
    assert runtime.banks.entry("known", entry.id).confirmed_by == ["amal", "basim"]
    again = runtime.drawer.draw(drawn.jpeg(drawn.landscape(1).resize((320, 240)), 40))
    found = runtime.lookup.find([again.signals])[0].matches
    assert [(match.signal, match.acts_alone) for match in found] == [("pdq", True)]


def test_a_broken_file_is_named_and_the_others_are_done(runtime: Runtime, folder: Path) -> None:
    broken, sound = listed(runtime, folder / "cut.jpg"), listed(runtime, folder / "1.jpg")
    lines = run(runtime, folder)
    assert lines["cut.jpg"].outcome == "failed"
    assert lines["cut.jpg"].error is not None
    assert lines["cut.jpg"].error.code == "unreadable_media"
    assert types_of(runtime, broken) == {"sha256"}
    assert "local" in types_of(runtime, sound)


def test_an_interrupted_run_is_started_again_and_adds_nothing_twice(runtime: Runtime, folder: Path) -> None:
    entries = [listed(runtime, folder / f"{number}.jpg") for number in range(4)]
    running = backfill(runtime, "known", [folder / "0.jpg", folder], who="test")
    next(running)
    running.close()
    run(runtime, folder, folder / "1.jpg")
    for entry in entries:
        kinds = [signal.type for signal in runtime.banks.entry("known", entry.id).signals]
        assert len(kinds) == len(set(kinds))
        assert {"pdq", "local"} <= set(kinds)


def test_a_wrong_call_changes_nothing(runtime: Runtime, folder: Path) -> None:
    with pytest.raises(NotFound):
        list(backfill(runtime, "nope", [folder], who="test"))
    with pytest.raises(NotFound):
        run(runtime, folder / "nowhere")
    with pytest.raises(UnknownSignalType):
        run(runtime, folder, types=frozenset({"smell"}))
    with pytest.raises(InvalidRequest):
        run(runtime, folder, types=frozenset({"sha256"}))
