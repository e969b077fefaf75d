"""Keys, cases, the change feed, the audit log."""

from datetime import timedelta

import pytest

from siyaj.model.bank import Opinion
from siyaj.model.clock import now_us, to_datetime
from siyaj.model.errors import AlreadyExists, InvalidRequest, NotFound
from siyaj.model.ids import new_id
from siyaj.model.signal import Signal
from siyaj.storage import audit, banks, cases, changes, entries, keys
from siyaj.storage.cases import MergedVerdict, NewCase
from siyaj.storage.changes import Op
from siyaj.storage.database import Database
from siyaj.storage.entries import NewEntry


def test_a_key_is_found_by_its_secret_only(database: Database) -> None:
    with database.begin() as connection:
        key, secret = keys.create(connection, "platform", ["check"])
        found = keys.find(connection, secret)
        assert found == key
        assert keys.find(connection, secret + "x") is None
        assert keys.find(connection, "\ud800") is None
        stored = connection.exec_driver_sql("SELECT hash FROM keys").scalar_one()
        assert secret.encode() not in bytes(stored)


def test_a_key_lives_until_it_expires_or_is_revoked(database: Database) -> None:
    now = to_datetime(now_us())
    with database.begin() as connection:
        expired, _ = keys.create(connection, "old", ["check"], now - timedelta(seconds=1))
        live, secret = keys.create(connection, "new", ["check"], now + timedelta(days=1))
        assert not expired.live(now)
        assert live.live(now)
        keys.revoke(connection, live.id)
        found = keys.find(connection, secret)
        assert found is not None
        assert not found.live(now)
        with pytest.raises(NotFound):
            keys.revoke(connection, live.id)


def test_unknown_scopes_and_odd_names_are_refused(database: Database) -> None:
    with database.begin() as connection:
        for name, scopes in (("ok", ["everything"]), ("", ["check"]), ("a\x1b[31m", ["check"])):
            with pytest.raises(InvalidRequest):
                keys.create(connection, name, scopes)


def case(subject: str, priority: int) -> NewCase:
    return NewCase(new_id("case"), "item", subject, None, [], priority, now_us(), now_us())


def test_a_subject_has_one_open_case_whose_priority_only_rises(database: Database) -> None:
    first = case("m1", 30)
    with database.begin() as connection:
        cases.insert_many(connection, [first])
        cases.merge_many(connection, [MergedVerdict(first.id, 10), MergedVerdict(first.id, 70)])
        assert cases.open_ids(connection, ["item:m1", "item:m2"]) == {"item:m1": first.id}
        row = connection.exec_driver_sql("SELECT priority, verdicts FROM cases").one()
        assert tuple(row) == (70, 3)
    with pytest.raises(AlreadyExists), database.begin() as connection:
        cases.insert_many(connection, [case("m1", 5)])


def test_changes_come_in_order_and_as_ranges(database: Database) -> None:
    with database.begin() as connection:
        changes.lock(connection)
        changes.write(connection, Op.ADD, [3, 1, 2, 9])
        changes.write_range(connection, Op.REMOVE, range(5, 8))
    with database.read() as connection:
        found = [(one.op, one.first_ref, one.last_ref) for one in changes.since(connection, 0)]
        assert found == [(Op.ADD, 1, 3), (Op.ADD, 9, 9), (Op.REMOVE, 5, 7)]
        newest = changes.newest(connection)
        assert changes.since(connection, newest) == []
        assert changes.moment(connection, newest) is not None


def test_entries_in_bulk_get_consecutive_ids(database: Database) -> None:
    new = [NewEntry(f"md5:{n}", [Signal("md5", f"{n:032x}")], Opinion.SEED, ["a"]) for n in range(1_000)]
    with database.begin() as connection:
        bank = banks.insert(connection, "known", "")
        ids, refs = entries.insert_many(connection, bank.id, new)
        assert (len(ids), len(refs)) == (1_000, 1_000)
        assert entries.ids_by_key(connection, bank.id, ["md5:5", "md5:x"]) == {"md5:5": ids[5]}
        values = [row for chunk in entries.live_values(connection) for row in chunk]
        assert values[7] == (refs[7], "md5", f"{7:032x}")
        entries.revoke_many(connection, [ids[7]], now_us())
        values = [row for chunk in entries.live_values(connection) for row in chunk]
        assert len(values) == 999
    assert entries.refs(database, [refs[7]])[0].revoked


def test_the_audit_log_is_read_in_order(database: Database) -> None:
    with database.begin() as connection:
        audit.write(connection, "cli:amal", "bank.create", "known", note="سبب")
        audit.write(connection, "cli:amal", "entry.add", "known/1")
    with database.read() as connection:
        rows = audit.listed(connection)
    assert [(row.what, row.detail) for row in rows] == [("bank.create", {"note": "سبب"}), ("entry.add", {})]
