"""Evidence is sealed, opens only as it was sealed, is held when the law wants it, destroyed when its time is over."""

import hashlib
import os
from pathlib import Path

import pytest
from sqlalchemy import select, text

from siyaj.model.errors import NotFound, SealBroken, StorageUnavailable, UserError
from siyaj.model.evidence import Evidence
from siyaj.model.report import Subject, SubjectKind
from siyaj.moderation.evidence.evidence import Vault
from siyaj.storage import audit, tables
from siyaj.storage.blobs import Blobs
from siyaj.storage.database import Database
from siyaj.storage.keyring import Keyring

SUBJECT = Subject(SubjectKind.ITEM, "m-1")
PICTURE = b"harmless sample bytes " * 100
DAY_US = 86_400_000_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def vault(database: Database, folder: Path, tmp_path: Path) -> Vault:
    return Vault(database, Keyring.open(tmp_path), Blobs.open(str(folder), tmp_path), 183)


def seal(vault: Vault, data: bytes = PICTURE, case: str | None = None) -> Evidence:
    return vault.seal(
        data, subject=SUBJECT, name="a.png", media_type="image/png", why="reported", who="key:forum", case=case
    )


def deeds(database: Database) -> list[str]:
    with database.read() as connection:
        assert audit.verify(connection).fault == ""
        return [f"{row.who} {row.what}" for row in audit.listed(connection)]


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def age(database: Database, column: str = "keep_until", days: float = 400) -> None:
    with database.begin() as connection:
        connection.execute(text(f"UPDATE evidence SET {column} = {column} - {int(days * DAY_US)}"))


def test_what_was_sealed_opens_again_and_the_opening_is_noted(vault: Vault, database: Database, folder: Path) -> None:
    known = seal(vault)
    assert known.sha256 == hashlib.sha256(PICTURE).hexdigest()
    assert known.size == len(PICTURE)
    assert (known.keep_until - known.sealed_at).days == 183
    (blob,) = files(folder)
    assert PICTURE[:20] not in blob.read_bytes()
    assert vault.open(known.id, "person:amal", "case_1") == PICTURE
    assert deeds(database) == ["key:forum evidence.seal", "person:amal evidence.open"]


def test_an_empty_file_can_be_sealed(vault: Vault) -> None:
    assert vault.open(seal(vault, b"").id, "person:amal", "") == b""


def test_a_changed_blob_does_not_open_and_the_attempt_is_noted(vault: Vault, database: Database, folder: Path) -> None:
    known = seal(vault)
    (blob,) = files(folder)
    sealed = bytearray(blob.read_bytes())
    sealed[7] ^= 1
    blob.write_bytes(sealed)
    with pytest.raises(SealBroken):
        vault.open(known.id, "person:amal", "")
    assert deeds(database)[-1] == "person:amal evidence.broken"


def test_a_swapped_blob_does_not_open(vault: Vault, folder: Path) -> None:
    first, second = seal(vault, b"one"), seal(vault, b"two")
    places = {path.name: path for path in files(folder)}
    places[first.id].write_bytes(places[second.id].read_bytes())
    with pytest.raises(SealBroken):
        vault.open(first.id, "person:amal", "")


def test_a_lost_blob_and_unknown_evidence_are_not_found(vault: Vault, folder: Path) -> None:
    known = seal(vault)
    files(folder)[0].unlink()
    with pytest.raises(NotFound, match="sealed bytes"):
        vault.open(known.id, "person:amal", "")
    with pytest.raises(NotFound):
        vault.open("evd_nothing", "person:amal", "")


def test_evidence_past_its_date_is_destroyed_and_its_row_stays(vault: Vault, database: Database, folder: Path) -> None:
    known = seal(vault)
    assert vault.sweep().destroyed == 0
    age(database)
    assert vault.sweep().destroyed == 1
    assert files(folder) == []
    assert vault.get(known.id).destroyed_at is not None
    with pytest.raises(NotFound, match="destroyed"):
        vault.open(known.id, "person:amal", "")
    assert deeds(database)[-1] == "system evidence.destroy"


def test_a_legal_hold_keeps_it_until_it_is_released(vault: Vault, database: Database) -> None:
    known = seal(vault)
    with pytest.raises(UserError):
        vault.hold(known.id, "person:lead", "  ")
    assert vault.hold(known.id, "person:lead", "request 12/2026").hold == "request 12/2026"
    age(database)
    assert vault.sweep().destroyed == 0
    vault.release(known.id, "person:lead", "answered")
    assert vault.sweep().destroyed == 1
    assert deeds(database)[-3:] == [
        "person:lead evidence.hold",
        "person:lead evidence.release",
        "system evidence.destroy",
    ]
    with pytest.raises(NotFound):
        vault.hold(known.id, "person:lead", "too late")


def test_evidence_of_an_open_case_waits_and_its_time_runs_from_the_closing(vault: Vault, database: Database) -> None:
    with database.begin() as connection:
        connection.execute(
            tables.cases.insert(),
            {"id": "case_1", "subject_kind": "item", "subject_id": "m-1", "state": "open", "reasons": b"[]"}
            | {"priority": 1, "verdicts": 0, "reports": 1, "opened_at": 1, "deadline": 2},
        )
    known = seal(vault, case="case_1")
    age(database)
    assert vault.sweep().destroyed == 0
    now = int(known.sealed_at.timestamp() * 1_000_000)
    with database.begin() as connection:
        connection.execute(tables.cases.update().values(state="closed", closed_at=now - 10 * DAY_US))
    swept = vault.sweep()
    assert (swept.destroyed, swept.prolonged) == (0, 1)
    assert 172 <= (vault.get(known.id).keep_until - known.sealed_at).days <= 173
    with database.begin() as connection:
        connection.execute(tables.cases.update().values(closed_at=now - 400 * DAY_US))
    age(database)
    assert vault.sweep().destroyed == 1


def test_an_open_appeal_keeps_the_evidence_of_the_first_case(vault: Vault, database: Database) -> None:
    row = {"subject_kind": "item", "subject_id": "m-1", "reasons": b"[]", "priority": 1, "verdicts": 0, "reports": 1}
    row |= {"opened_at": 1, "deadline": 2}
    with database.begin() as connection:
        connection.execute(tables.cases.insert(), {**row, "id": "case_1", "state": "closed", "closed_at": 1})
        connection.execute(tables.cases.insert(), {**row, "id": "case_2", "state": "open", "origin": "appeal"})
    known = seal(vault, case="case_1")
    age(database)
    assert vault.sweep().destroyed == 0
    now = int(known.sealed_at.timestamp() * 1_000_000)
    with database.begin() as connection:
        decided = tables.cases.update().where(tables.cases.c.id == "case_2")
        connection.execute(decided.values(state="closed", closed_at=now))
    assert vault.sweep().prolonged == 1, "the time runs again from the answer to the appeal"


def test_a_blob_without_a_row_is_swept_after_an_hour(vault: Vault, folder: Path) -> None:
    kept = vault.prepare(b"never recorded", subject=SUBJECT, name="", media_type="", why="", who="key:forum")
    assert vault.sweep().orphans == 0
    (blob,) = files(folder)
    os.utime(blob, (1_000_000_000, 1_000_000_000))
    assert vault.sweep().orphans == 1
    assert files(folder) == []
    assert kept.location.endswith(kept.evidence.id)


def test_the_same_bytes_are_stored_once_until_the_last_copy_is_destroyed(
    vault: Vault, database: Database, folder: Path
) -> None:
    first, second = seal(vault), seal(vault)
    assert first.id != second.id
    assert len(files(folder)) == 1
    vault.hold(second.id, "person:lead", "request 12/2026")
    age(database)
    assert vault.sweep().destroyed == 1
    assert vault.open(second.id, "person:amal", "") == PICTURE
    vault.release(second.id, "person:lead", "")
    vault.sweep()
    assert files(folder) == []


def test_a_copy_is_stored_anew_where_the_first_one_is_lost(vault: Vault, folder: Path) -> None:
    seal(vault)
    files(folder)[0].unlink()
    assert vault.open(seal(vault).id, "person:amal", "") == PICTURE


def test_a_store_that_cannot_be_written_is_unavailable_and_nothing_is_recorded(
    vault: Vault, database: Database, folder: Path
) -> None:
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    folder.write_bytes(b"")  # a file where the folder was: fails for root as well
    with pytest.raises(StorageUnavailable, match="evidence store"):
        seal(vault)
    with database.read() as connection:
        assert connection.execute(select(tables.evidence)).all() == []


def test_a_store_of_an_unknown_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="ftp"):
        Blobs.open("ftp://somewhere/x", tmp_path)
