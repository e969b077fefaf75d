"""Banks and their entries: create, add, confirm, revoke, restore. Each change is one transaction with its audit row,
and is matchable in this process before the call returns.
"""

import hashlib
import re
from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct

from siyaj.model.bank import Bank, Entry, Opinion
from siyaj.model.clock import now_us, to_us
from siyaj.model.errors import AlreadyExists, InvalidRequest, NotFound
from siyaj.model.signal import Signal
from siyaj.signals.registry import signal_type
from siyaj.storage import audit, banks, changes, entries
from siyaj.storage.changes import Op
from siyaj.storage.database import Connection, Database
from siyaj.storage.entries import NewEntry

BANK_NAME = re.compile(r"[\w][\w.-]{0,63}")
_RANK = {name: rank for rank, name in enumerate(("sha256", "md5", "pdq", "text", "term", "url", "name"))}
"""Which signal names an item, the surest first."""


class Added(Struct):
    """What became of an added entry; `created` is false when the bank had it, and it was brought up to date."""

    entry: Entry
    created: bool


class Banks:
    """Curates the banks of one database. `refresh` brings this process's indexes up to date; it is called after
    each change.
    """

    def __init__(self, database: Database, refresh: Callable[[], None]) -> None:
        self.database = database
        self.refresh = refresh

    def create(self, name: str, description: str = "", *, who: str) -> Bank:
        """Raises InvalidRequest for a name that cannot be one, AlreadyExists."""
        if not BANK_NAME.fullmatch(name):
            raise InvalidRequest(
                f"{name!r} cannot be the name of a bank",
                field="name",
                hint="use 1 to 64 letters, digits, `-`, `_` and `.`, beginning with a letter or digit",
            )
        try:
            with self.database.begin() as connection:
                bank = banks.insert(connection, name, description)
                audit.write(connection, who, "bank.create", name)
        except AlreadyExists:
            raise AlreadyExists(f"there is a bank called {name!r} already", field="name") from None
        return bank

    def get(self, name: str) -> Bank:
        """Raises NotFound."""
        with self.database.read() as connection:
            return require(connection, name)

    def list(self) -> Sequence[Bank]:
        with self.database.read() as connection:
            return banks.listed(connection)

    def entries(
        self,
        bank: str,
        *,
        after: int = 0,
        limit: int = 100,
        opinion: Opinion | None = None,
        revoked: bool | None = False,
    ) -> Sequence[Entry]:
        """Return a page of entries with ids above `after`. Raises NotFound for an unknown bank."""
        with self.database.read() as connection:
            require(connection, bank)
            return entries.listed(connection, bank, after=after, limit=limit, opinion=opinion, revoked=revoked)

    def entry(self, bank: str, entry_id: int) -> Entry:
        """Raises NotFound."""
        with self.database.read() as connection:
            return _require_entry(connection, bank, entry_id)

    def add(self, bank: str, new: NewEntry, *, who: str) -> Added:
        """Add one item. If the bank has it already, its labels are joined, its opinion set and a revoked one revived.

        An entry that is added as `confirmed` counts as confirmed by `who`.
        """
        with self.database.begin() as connection:
            added = self.add_within(connection, bank, new, who=who)
        self.refresh()
        return added

    def add_within(self, connection: Connection, bank: str, new: NewEntry, *, who: str) -> Added:
        """The same in a transaction of the caller's, who calls `refresh` after its commit."""
        changes.lock(connection)
        found = require(connection, bank)
        known = entries.ids_by_key(connection, found.id, [new.key])
        if known:
            entry_id = self._update(connection, bank, known[new.key], new, who)
        else:
            ids, refs = entries.insert_many(connection, found.id, [new])
            entry_id = ids[0]
            changes.write(connection, Op.ADD, list(refs))
            if new.opinion is Opinion.CONFIRMED:
                entries.confirm(connection, [entry_id], who)
        audit.write(connection, who, "entry.add", f"{bank}/{entry_id}", key=new.key, opinion=new.opinion)
        return Added(_require_entry(connection, bank, entry_id), created=not known)

    def take_back_within(
        self, connection: Connection, bank: str, entry_id: int, before: Entry | None, *, who: str, by: str
    ) -> None:
        """Take back what a decision did to an entry, in a transaction of the caller's: one that it made is revoked; one
        that was there gets its opinion, labels, expiry and confirmations back, `by`'s own aside if it was not among
        them; confirmations that others gave meanwhile stay."""
        changes.lock(connection)
        entry = entries.get(connection, bank, entry_id)
        if entry is None or (before is None and entry.revoked_at is not None):
            return
        refs = [signal.id for signal in entry.signals]
        if before is None:
            entries.change(connection, entry_id, revoked_at=now_us())
            changes.write(connection, Op.REMOVE, refs)
        else:
            self._put_back(connection, entry, before, by)
            gone = before.revoked_at is not None
            changes.write(connection, Op.REMOVE if gone else Op.TOUCH, refs)
        audit.write(connection, who, "entry.revoke" if before is None else "entry.restore", f"{bank}/{entry_id}")

    def give_back_within(self, connection: Connection, bank: str, entry_id: int, *, who: str, by: str) -> None:
        """Undo `take_back_within`: the entry matches again, confirmed by who confirmed it."""
        changes.lock(connection)
        entry = _require_entry(connection, bank, entry_id)
        op = Op.TOUCH if entry.revoked_at is None else Op.ADD
        entries.change(connection, entry_id, revoked_at=None, opinion=Opinion.CONFIRMED.value)
        entries.confirm(connection, [entry_id], by)
        changes.write(connection, op, [signal.id for signal in entry.signals])
        audit.write(connection, who, "entry.restore", f"{bank}/{entry_id}")

    def _put_back(self, connection: Connection, entry: Entry, before: Entry, by: str) -> None:
        others = [each for each in entry.confirmed_by if each != by and each not in before.confirmed_by]
        entries.unconfirm(connection, entry.id)
        for person in (*before.confirmed_by, *others):
            entries.confirm(connection, [entry.id], person)
        entries.change(
            connection,
            entry.id,
            opinion=(entry.opinion if others else before.opinion).value,
            labels=before.labels,
            expires_at=to_us(before.expires_at) if before.expires_at else None,
            revoked_at=to_us(before.revoked_at) if before.revoked_at else None,
        )

    def enrich(self, bank: str, drawn: Sequence[tuple[int, Sequence[Signal]]], *, who: str) -> Sequence[Sequence[str]]:
        """Give entries signals of the types that they lack; return for each which types it got. One transaction.

        Opinion, confirmations and expiry stay: the signals are of the same bytes, so they say nothing new of the item,
        and those of a confirmed entry act as the entry does. A type that the entry has by now, and an entry that was
        revoked meanwhile, are left alone: the same call twice changes nothing. Raises NotFound, InvalidSignal.
        """
        with self.database.begin() as connection:
            changes.lock(connection)
            got = [self._enrich(connection, bank, entry_id, signals, who) for entry_id, signals in drawn]
        self.refresh()
        return got

    def _enrich(
        self, connection: Connection, bank: str, entry_id: int, signals: Sequence[Signal], who: str
    ) -> Sequence[str]:
        entry = _require_entry(connection, bank, entry_id)
        has = {signal.type for signal in entry.signals}
        fresh = [signal for signal in distinct(signals) if signal.type not in has]
        if not fresh or entry.revoked_at is not None:
            return []
        changes.write_range(connection, Op.ADD, entries.add_signals(connection, entry_id, fresh))
        types = list(dict.fromkeys(signal.type for signal in fresh))
        audit.write(connection, who, "entry.enrich", f"{bank}/{entry_id}", types=types)
        return types

    def _update(self, connection: Connection, bank: str, entry_id: int, new: NewEntry, who: str) -> int:
        entry = _require_entry(connection, bank, entry_id)
        labels = [*entry.labels, *(label for label in new.labels if label not in entry.labels)]
        columns: dict[str, Any] = {"opinion": new.opinion.value, "labels": labels}
        if new.expires_at is not None or entry.revoked_at is not None:
            columns["expires_at"] = new.expires_at
        entries.change(connection, entry_id, revoked_at=None, **columns)
        if new.opinion is Opinion.CONFIRMED:
            entries.confirm(connection, [entry_id], who)
        else:
            entries.unconfirm(connection, entry_id)
        op = Op.TOUCH if entry.revoked_at is None else Op.ADD
        changes.write(connection, op, [signal.id for signal in entry.signals])
        return entry_id

    def confirm(self, bank: str, entry_id: int, *, who: str) -> Entry:
        """Note that `who` confirms an entry; when a second person does, it acts alone. Raises NotFound."""

        def deed(connection: Connection, entry: Entry) -> Op:
            if entry.opinion is not Opinion.CONFIRMED:
                entries.unconfirm(connection, entry.id)
                entries.change(connection, entry.id, opinion=Opinion.CONFIRMED.value)
            entries.confirm(connection, [entry.id], who)
            return Op.TOUCH

        return self._change(bank, entry_id, who, "entry.confirm", deed)

    def revoke(self, bank: str, entry_id: int, *, who: str) -> Entry:
        """Take an entry out of matching; its row stays for the record. Raises NotFound."""

        def deed(connection: Connection, entry: Entry) -> Op:
            entries.change(connection, entry.id, revoked_at=now_us())
            return Op.REMOVE

        return self._change(bank, entry_id, who, "entry.revoke", deed)

    def restore(self, bank: str, entry_id: int, *, who: str) -> Entry:
        """Take a revoked entry back into matching. Raises NotFound."""

        def deed(connection: Connection, entry: Entry) -> Op:
            entries.change(connection, entry.id, revoked_at=None)
            return Op.ADD

        return self._change(bank, entry_id, who, "entry.restore", deed)

    def _change(self, bank: str, entry_id: int, who: str, what: str, deed: Callable[[Connection, Entry], Op]) -> Entry:
        with self.database.begin() as connection:
            changes.lock(connection)
            entry = _require_entry(connection, bank, entry_id)
            op = deed(connection, entry)
            changes.write(connection, op, [signal.id for signal in entry.signals])
            audit.write(connection, who, what, f"{bank}/{entry_id}")
            entry = _require_entry(connection, bank, entry_id)
        self.refresh()
        return entry


def new_entry(signals: Sequence[Signal], **fields: Any) -> NewEntry:
    """Return an entry for these signals, in canonical form; its key is its strongest signal.

    Keyword arguments are the other fields of NewEntry. Raises InvalidRequest without signals, InvalidSignal.
    """
    kept = distinct(signals)
    if not kept:
        raise InvalidRequest("an entry needs at least one signal", hint="give a file, text, term, url, name or hash")
    return NewEntry(key=entry_key(kept), signals=kept, **fields)


def distinct(signals: Sequence[Signal]) -> list[Signal]:
    """Return the signals as an entry keeps them: in canonical form, each once. Raises InvalidSignal."""
    kept: dict[tuple[str, str], Signal] = {}
    for signal in signals:
        value = signal_type(signal.type).parse(signal.value)
        kept.setdefault((signal.type, value), Signal(signal.type, value, signal.quality))
    return list(kept.values())


def entry_key(signals: Sequence[Signal]) -> str:
    """Return what identifies an item in a bank, e.g. `sha256:…`; long values are named by their SHA-256."""
    strongest = min(signals, key=lambda signal: _RANK.get(signal.type, len(_RANK))) if len(signals) > 1 else signals[0]
    if len(strongest.value) <= 128:
        return f"{strongest.type}:{strongest.value}"
    digest = hashlib.sha256(strongest.value.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{strongest.type}:sha256:{digest}"


def require(connection: Connection, name: str) -> Bank:
    """Return the bank, or raise NotFound."""
    bank = banks.get(connection, name)
    if bank is None:
        raise NotFound(f"there is no bank called {name!r}", field="bank", hint="`siyaj bank list` shows the banks")
    return bank


def _require_entry(connection: Connection, bank: str, entry_id: int) -> Entry:
    entry = entries.get(connection, bank, entry_id)
    if entry is None:
        raise NotFound(f"bank {bank!r} has no entry {entry_id}", field="entry")
    return entry
