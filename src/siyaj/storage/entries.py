"""Entries and their signals, as rows. Made for bulk: a million at a time."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Row, Select, bindparam, delete, func, select, update

from siyaj.model.bank import Entry, EntrySignal, Opinion
from siyaj.model.clock import now_us, to_datetime
from siyaj.model.signal import Signal
from siyaj.storage.bulk import Among, insert_rows
from siyaj.storage.database import Database
from siyaj.storage.keyset import Order
from siyaj.storage.tables import banks, entries, entry_confirmations, entry_signals

_JSON = msgspec.json.Encoder()


class NewEntry(Struct, gc=False):
    """An entry to be written. `key` is its identity in its bank; times in microseconds."""

    key: str
    signals: list[Signal]
    opinion: Opinion = Opinion.SEED
    labels: list[str] = msgspec.field(default_factory=list)
    provenance: dict[str, Any] = msgspec.field(default_factory=dict)
    expires_at: int | None = None


class RefRow(Struct):
    """What a match needs to know of the entry behind an entry signal."""

    ref: int
    type: str
    quality: int
    entry: int
    bank: str
    opinion: Opinion
    labels: list[str]
    expires_at: int | None
    revoked: bool
    confirmations: int


NUMBER = Order(entries.c.id, entries.c.id)
KEY = Order(entries.c.key, entries.c.id)
"""Orders of lists, each with an index."""

_ENTRY_COLUMNS = ("id", "bank_id", "key", "opinion", "labels", "provenance", "created_at", "expires_at")
_SIGNAL_COLUMNS = ("id", "entry_id", "type", "value", "quality")
_CONFIRMATIONS = (
    select(func.count())
    .select_from(entry_confirmations)
    .where(entry_confirmations.c.entry_id == entries.c.id)
    .scalar_subquery()
)
_REFS = Among(
    select(
        entry_signals.c.id,
        entry_signals.c.type,
        entry_signals.c.quality,
        entry_signals.c.entry_id,
        banks.c.name,
        entries.c.opinion,
        entries.c.labels,
        entries.c.expires_at,
        entries.c.revoked_at,
        _CONFIRMATIONS.label("confirmations"),
    )
    .join(entries, entries.c.id == entry_signals.c.entry_id)
    .join(banks, banks.c.id == entries.c.bank_id),
    entry_signals.c.id,
)
_KEYS = select(entries.c.key, entries.c.id).where(
    entries.c.bank_id == bindparam("bank"), entries.c.key.in_(bindparam("keys", expanding=True))
)
_VALUES = select(entry_signals.c.id, entry_signals.c.type, entry_signals.c.value).join(
    entries, entries.c.id == entry_signals.c.entry_id
)


def insert_many(connection: Connection, bank_id: int, new: Sequence[NewEntry]) -> tuple[range, range]:
    """Write entries with their signals; return the ids of the entries and of their signals, each one range.

    Ids are given here, which is safe because writers of banks take turns (`changes.lock`).
    Raises AlreadyExists when the bank has one of the keys.
    """
    now = now_us()
    first_entry = _next_id(connection, entries)
    first_ref = _next_id(connection, entry_signals)
    rows: list[tuple[Any, ...]] = []
    signals: list[tuple[Any, ...]] = []
    for entry_id, one in enumerate(new, first_entry):
        labels = _JSON.encode(one.labels) if one.labels else b"[]"
        provenance = _JSON.encode(one.provenance) if one.provenance else b"{}"
        rows.append((entry_id, bank_id, one.key, one.opinion.value, labels, provenance, now, one.expires_at))
        for s in one.signals:
            signals.append((first_ref + len(signals), entry_id, s.type, s.value, s.quality))
    insert_rows(connection, entries, _ENTRY_COLUMNS, rows)
    insert_rows(connection, entry_signals, _SIGNAL_COLUMNS, signals)
    return range(first_entry, first_entry + len(rows)), range(first_ref, first_ref + len(signals))


def add_signals(connection: Connection, entry_id: int, signals: Sequence[Signal]) -> range:
    """Give an entry more signals; return their ids. Under `changes.lock`, as `insert_many`."""
    first = _next_id(connection, entry_signals)
    rows = [(ref, entry_id, one.type, one.value, one.quality) for ref, one in enumerate(signals, first)]
    insert_rows(connection, entry_signals, _SIGNAL_COLUMNS, rows)
    return range(first, first + len(rows))


def _next_id(connection: Connection, table: Any) -> int:
    return int(connection.execute(select(func.coalesce(func.max(table.c.id), 0) + 1)).scalar_one())


def ids_by_key(connection: Connection, bank_id: int, keys: Sequence[str]) -> dict[str, int]:
    """Return the ids of those keys that the bank has, revoked or not."""
    found: dict[str, int] = {}
    for start in range(0, len(keys), 10_000):  # both engines limit the parameters of one statement
        rows = connection.execute(_KEYS, {"bank": bank_id, "keys": list(keys[start : start + 10_000])})
        found |= {row.key: row.id for row in rows}
    return found


def get(connection: Connection, bank: str, entry_id: int) -> Entry | None:
    found = _load(connection, select(entries.c.id).where(entries.c.id == entry_id), bank)
    return found[0] if found else None


def among(connection: Connection, bank: str, entry_ids: Sequence[int]) -> list[Entry]:
    """Return those of the entries that the bank has, at most some hundreds."""
    return _load(connection, select(entries.c.id).where(entries.c.id.in_(list(entry_ids))), bank)


def listed(
    connection: Connection,
    bank: str,
    *,
    after: int = 0,
    limit: int = 100,
    opinion: Opinion | None = None,
    revoked: bool | None = False,
) -> list[Entry]:
    """Return entries with an id above `after`, in order. `revoked=None` returns both kinds."""
    query = those(bank, opinion, revoked).where(entries.c.id > after)
    return _load(connection, query.order_by(entries.c.id).limit(limit), bank)


def those(bank: str, opinion: Opinion | None = None, revoked: bool | None = False) -> Select[Any]:
    """Return the question for the ids of entries, in no order; `among` reads them. `revoked=None`: both kinds."""
    # As a value, not as a join: so the index of a bank's keys is read in its order.
    of_bank = select(banks.c.id).where(banks.c.name == bank).scalar_subquery()
    query = select(entries.c.id).where(entries.c.bank_id == of_bank)
    if opinion is not None:
        query = query.where(entries.c.opinion == opinion.value)
    if revoked is None:
        return query
    return query.where(entries.c.revoked_at.is_not(None) if revoked else entries.c.revoked_at.is_(None))


def by_value(connection: Connection, signal_type: str, value: str, limit: int = 100) -> list[int]:
    """Return the ids of entries that carry exactly this signal. Not indexed by value: for people, not for checks."""
    query = select(entry_signals.c.entry_id).where(entry_signals.c.type == signal_type, entry_signals.c.value == value)
    return [row.entry_id for row in connection.execute(query.distinct().limit(limit))]


def change(connection: Connection, entry_id: int, **columns: Any) -> None:
    """Set columns of an entry; labels are given as a list."""
    if "labels" in columns:
        columns["labels"] = _JSON.encode(columns["labels"])
    connection.execute(update(entries).where(entries.c.id == entry_id).values(**columns))


def revoke_many(connection: Connection, entry_ids: Sequence[int], now: int) -> list[int]:
    """Revoke entries; return the ids of their signals."""
    refs: list[int] = []
    for start in range(0, len(entry_ids), 10_000):
        chosen = list(entry_ids[start : start + 10_000])
        connection.execute(update(entries).where(entries.c.id.in_(chosen)).values(revoked_at=now))
        query = select(entry_signals.c.id).where(entry_signals.c.entry_id.in_(chosen))
        refs += [row.id for row in connection.execute(query)]
    return refs


def confirm(connection: Connection, entry_ids: Sequence[int], person: str) -> None:
    """Note that a person confirms these entries; once is as good as twice."""
    known = set()
    for start in range(0, len(entry_ids), 10_000):
        query = select(entry_confirmations.c.entry_id).where(
            entry_confirmations.c.entry_id.in_(list(entry_ids[start : start + 10_000])),
            entry_confirmations.c.person == person,
        )
        known |= {row.entry_id for row in connection.execute(query)}
    now = now_us()
    rows = [{"entry_id": one, "person": person, "at": now} for one in entry_ids if one not in known]
    if rows:
        connection.execute(entry_confirmations.insert(), rows)


def unconfirm(connection: Connection, entry_id: int) -> None:
    connection.execute(delete(entry_confirmations).where(entry_confirmations.c.entry_id == entry_id))


def refs(database: Database, ids: Sequence[int]) -> list[RefRow]:
    """Return what a match needs to know of these entry signals; unknown ids are left out."""
    rows = database.ask(_REFS, ids)
    return [
        RefRow(
            ref=row.id,
            type=row.type,
            quality=row.quality,
            entry=row.entry_id,
            bank=row.name,
            opinion=Opinion(row.opinion),
            labels=msgspec.json.decode(bytes(row.labels), type=list[str]),
            expires_at=row.expires_at,
            revoked=row.revoked_at is not None,
            confirmations=row.confirmations,
        )
        for row in rows
    ]


def values_of(connection: Connection, ids: Sequence[int], signal_type: str) -> dict[int, str]:
    """Return the value of one type that each of these entries holds (the first, where it holds several)."""
    query = select(entry_signals.c.entry_id, entry_signals.c.value).where(
        entry_signals.c.entry_id.in_(list(ids)), entry_signals.c.type == signal_type
    )
    found: dict[int, str] = {}
    for row in connection.execute(query.order_by(entry_signals.c.id)):
        found.setdefault(row.entry_id, row.value)
    return found


def live_values(
    connection: Connection, first_ref: int = 0, last_ref: int = 2**62, types: Sequence[str] | None = None
) -> Iterator[list[tuple[int, str, str]]]:
    """Yield chunks of (ref, type, value) of the live entries' signals with ids in a range, in order of id."""
    query = _VALUES.where(
        entries.c.revoked_at.is_(None), entry_signals.c.id >= first_ref, entry_signals.c.id <= last_ref
    ).order_by(entry_signals.c.id)
    if types is not None:
        query = query.where(entry_signals.c.type.in_(list(types)))
    result = connection.execute(query, execution_options={"stream_results": True, "yield_per": 50_000})
    for partition in result.partitions():
        yield [(row[0], row[1], row[2]) for row in partition]


def _load(connection: Connection, ids: Any, bank: str) -> list[Entry]:
    chosen = [row[0] for row in connection.execute(ids)]
    query = select(entries, banks.c.name).join(banks).where(entries.c.id.in_(chosen), banks.c.name == bank)
    rows = connection.execute(query.order_by(entries.c.id)).all()
    signals: dict[int, list[EntrySignal]] = {row.id: [] for row in rows}
    for s in connection.execute(
        select(entry_signals).where(entry_signals.c.entry_id.in_(chosen)).order_by(entry_signals.c.id)
    ):
        if s.entry_id in signals:
            signals[s.entry_id].append(EntrySignal(s.id, s.type, s.value, s.quality))
    people: dict[int, list[str]] = {}
    for one in connection.execute(
        select(entry_confirmations).where(entry_confirmations.c.entry_id.in_(chosen)).order_by(entry_confirmations.c.at)
    ):
        people.setdefault(one.entry_id, []).append(one.person)
    return [_entry(row, signals[row.id], people.get(row.id, [])) for row in rows]


def _entry(row: Row[Any], signals: list[EntrySignal], people: list[str]) -> Entry:
    return Entry(
        id=row.id,
        bank=row.name,
        key=row.key,
        opinion=Opinion(row.opinion),
        labels=msgspec.json.decode(bytes(row.labels), type=list[str]),
        provenance=msgspec.json.decode(bytes(row.provenance), type=dict[str, Any]),
        created_at=to_datetime(row.created_at),
        expires_at=to_datetime(row.expires_at) if row.expires_at is not None else None,
        revoked_at=to_datetime(row.revoked_at) if row.revoked_at is not None else None,
        confirmed_by=people,
        signals=signals,
    )
