"""The audit log is a chain: an edit, a gap, an insertion and a cut tail are found."""

import pytest
from sqlalchemy import text

from siyaj.storage import audit
from siyaj.storage.database import Database


def note_some(database: Database, count: int = 5) -> None:
    for number in range(count):
        with database.begin() as connection:
            audit.write(connection, "cli:amal", "bank.create", f"bank-{number}", number=number)


def test_a_whole_chain_verifies(database: Database) -> None:
    with database.read() as connection:
        assert audit.verify(connection).fault == ""
    note_some(database)
    with database.read() as connection:
        verified = audit.verify(connection)
    assert (verified.rows, verified.fault) == (5, "")


@pytest.mark.parametrize(
    "tamper",
    [
        "UPDATE audit SET who = 'cli:basim' WHERE seq = 3",
        "UPDATE audit SET at = at + 1 WHERE seq = 5",
        "UPDATE audit SET what = 'bank.creat', subject = 'ebank-1' WHERE seq = 2",
        "DELETE FROM audit WHERE seq = 1",
        "DELETE FROM audit WHERE seq = 3",
        "DELETE FROM audit WHERE seq = 5",
        "DELETE FROM audit",
        "INSERT INTO audit (seq, at, who, what, subject, detail, hash) "
        "SELECT 6, at, who, what, subject, detail, hash FROM audit WHERE seq = 5",
    ],
)
def test_tampering_is_found(database: Database, tamper: str) -> None:
    note_some(database)
    with database.begin() as connection:
        connection.execute(text(tamper))
    with database.read() as connection:
        assert audit.verify(connection).fault
