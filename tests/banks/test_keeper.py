"""Indexes stay equal to the database: in this process, in others, over restarts."""

import time
from pathlib import Path

import pytest

from siyaj.storage import changes
from tests.banks.conftest import House, close_house, open_house

PDQ = "f8f8f0cce0f4e84d0e370a22028f67f0b36e2ed596623e1d33e6339c4e9c9b22"
TEXT = "a statement that is long enough to be recognised again, word for word"


def eventually(condition: object, seconds: float = 5.0) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():  # type: ignore[operator]
            return True
        time.sleep(0.02)
    return False


def test_a_change_is_matchable_in_another_process_soon(house: House, database_url: str, tmp_path: Path) -> None:
    other = open_house(database_url, tmp_path / "other")
    try:
        entry = house.add("known", "pdq", PDQ)
        assert house.find(("pdq", PDQ)).matches, "at once in the process that made it"
        assert eventually(lambda: other.find(("pdq", PDQ)).matches)
        house.banks.revoke("known", entry.id, who="test")
        assert eventually(lambda: not other.find(("pdq", PDQ)).matches)
    finally:
        close_house(other)


def test_what_is_cached_elsewhere_is_forgotten_when_it_changes(house: House, database_url: str, tmp_path: Path) -> None:
    from siyaj.model.bank import Opinion

    other = open_house(database_url, tmp_path / "other")
    try:
        entry = house.add("known", "pdq", PDQ, Opinion.CONFIRMED)
        assert eventually(lambda: other.find(("pdq", PDQ)).matches)
        house.banks.confirm("known", entry.id, who="second")
        assert eventually(lambda: other.find(("pdq", PDQ)).matches[0].acts_alone)
    finally:
        close_house(other)


def test_a_restart_loads_the_snapshot_and_what_came_after(database_url: str, tmp_path: Path) -> None:
    first = open_house(database_url, tmp_path / "index")
    first.add("known", "pdq", PDQ)
    first.add("known", "text", TEXT)
    gone = first.add("known", "md5", "ab" * 16)
    first.keeper.snapshot()
    first.banks.revoke("known", gone.id, who="test")
    first.add("known", "sha256", "cd" * 32)
    first.keeper._unsaved = 0  # as after a kill: no snapshot at the end
    close_house(first)
    second = open_house(database_url, tmp_path / "index")
    try:
        for kind, value in (("pdq", PDQ), ("text", TEXT), ("sha256", "cd" * 32)):
            assert second.find((kind, value)).matches, kind
        assert not second.find(("md5", "ab" * 16)).matches
    finally:
        close_house(second)


def test_a_snapshot_of_another_database_is_not_used(tmp_path: Path) -> None:
    first = open_house(str(tmp_path / "one.db"), tmp_path / "index")
    first.add("known", "pdq", PDQ)
    close_house(first)
    second = open_house(str(tmp_path / "two.db"), tmp_path / "index")
    try:
        assert not second.find(("pdq", PDQ)).matches
    finally:
        close_house(second)


def test_a_snapshot_newer_than_a_restored_backup_is_not_used(tmp_path: Path) -> None:
    import sqlite3

    first = open_house(str(tmp_path / "live.db"), tmp_path / "index")
    first.add("known", "md5", "ab" * 16)
    with sqlite3.connect(tmp_path / "live.db") as connection:
        connection.execute(f"VACUUM INTO '{tmp_path / 'backup.db'}'")
    first.add("known", "pdq", PDQ)
    close_house(first)
    restored = open_house(str(tmp_path / "backup.db"), tmp_path / "index")
    try:
        assert restored.find(("md5", "ab" * 16)).matches
        assert not restored.find(("pdq", PDQ)).matches
    finally:
        close_house(restored)


@pytest.mark.parametrize("damage", ["cut", "noise", "empty"])
def test_a_damaged_snapshot_costs_nothing_but_time(database_url: str, tmp_path: Path, damage: str) -> None:
    first = open_house(database_url, tmp_path / "index")
    first.add("known", "pdq", PDQ)
    close_house(first)
    for path in (tmp_path / "index").rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            path.write_bytes({"cut": data[: len(data) // 2], "noise": b"\xff" * len(data), "empty": b""}[damage])
    second = open_house(database_url, tmp_path / "index")
    try:
        assert second.find(("pdq", PDQ)).matches
    finally:
        close_house(second)


def test_the_keeper_outlives_a_database_that_goes_away(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    from siyaj.model.errors import StorageUnavailable

    house.add("known", "pdq", PDQ)
    assert house.find(("pdq", PDQ)).matches

    def away(*_: object) -> None:
        raise StorageUnavailable("away")

    monkeypatch.setattr(changes, "since", away)
    assert eventually(lambda: house.keeper.last_error == "away")
    assert house.find(("pdq", PDQ)).matches, "matching goes on with what is known"
    monkeypatch.undo()
    assert eventually(lambda: house.keeper.last_error is None)
