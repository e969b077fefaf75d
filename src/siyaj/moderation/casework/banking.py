"""What a decision banks: the item as it was seen, so that its copies are known from then on.

The one who decides counts as the first confirmation; the entry acts alone when a second person confirms it.
"""

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from siyaj.banks.curation import Banks, entry_key, new_entry
from siyaj.model.bank import Entry, Opinion
from siyaj.model.case import Case
from siyaj.model.decision import PlannedEntry
from siyaj.model.errors import InvalidRequest, InvalidSignal, NotFound
from siyaj.model.signal import Signal
from siyaj.signals.registry import signal_type
from siyaj.storage import banks, entries, reports, verdicts
from siyaj.storage.database import Connection
from siyaj.storage.decisions import BankedEntry
from siyaj.storage.entries import NewEntry

KEPT = frozenset({"sha256", "md5", "pdq"})
"""What a record holds whole. Longer signals are drawn again from the evidence."""


class _Event(Struct):
    text: str = ""


class _Match(Struct):
    part: str = ""


class _Record(Struct):
    event: _Event
    signals: list[Signal]
    matches: list[_Match] = msgspec.field(default_factory=list)


def items(connection: Connection, case: Case) -> list[list[Signal]]:
    """Return the signals of each item in a case: its files, those that matched if any did, else its text."""
    checked = [msgspec.json.decode(row.record, type=_Record) for row in verdicts.of_case(connection, case.id)]
    if checked:
        record = checked[-1]
        files = _files(record)
        return files or _statement(record.event.text)
    reported = [report.content.text for report in reports.of_case(connection, case.id) if report.content.text]
    return _statement(reported[-1]) if reported else []


def plan(connection: Connection, bank: str, case: Case) -> PlannedEntry:
    """Raises NotFound for an unknown bank, InvalidRequest where nothing of the item is at hand."""
    signals = _found(connection, case)
    known = _known(connection, bank, signals)
    types = sorted({signal.type for item in signals for signal in item})
    return PlannedEntry(bank, len(signals), types, len(known) == len(signals))


def bank(
    connection: Connection, curated: Banks, name: str, case: Case, decision: str, policy: str, who: str
) -> list[BankedEntry]:
    """Bank a case's item in the decision's transaction. Raises NotFound, InvalidRequest."""
    signals = _found(connection, case)
    known = _known(connection, name, signals)
    return [_bank(connection, curated, name, _entry(item, case, decision, policy), known, who) for item in signals]


def take_back(connection: Connection, curated: Banks, banked: Sequence[BankedEntry], *, who: str) -> None:
    """Take back what a decision banked: what it made is revoked."""
    for one in banked:
        before = None if one.created else msgspec.convert(one.before, Entry, strict=False)
        curated.take_back_within(connection, one.bank, one.entry, before, who=who, by=one.by)


def give_back(connection: Connection, curated: Banks, banked: Sequence[BankedEntry], *, who: str) -> None:
    """Bank again what was taken back."""
    for one in banked:
        curated.give_back_within(connection, one.bank, one.entry, who=who, by=one.by)


def _bank(
    connection: Connection, curated: Banks, name: str, new: NewEntry, known: dict[str, Entry], who: str
) -> BankedEntry:
    before = known.get(new.key)
    if before is not None and before.opinion is Opinion.NEGATIVE and before.revoked_at is None:
        raise InvalidRequest(
            f"the bank {name!r} holds this as known to be harmless", field="bank", hint="revoke that entry first"
        )
    added = curated.add_within(connection, name, new, who=who)
    kept = {} if before is None else msgspec.to_builtins(before)
    return BankedEntry(name, added.entry.id, added.created, who, kept)


def _entry(item: list[Signal], case: Case, decision: str, policy: str) -> NewEntry:
    return new_entry(
        item,
        opinion=Opinion.CONFIRMED,
        labels=[policy.rpartition(".")[2]],
        provenance={"decision": decision, "case": case.id, "subject": case.subject.key},
    )


def _found(connection: Connection, case: Case) -> list[list[Signal]]:
    found = items(connection, case)
    if not found:
        raise InvalidRequest(
            "nothing of this item can be banked", field="bank", hint="add it from a file by `siyaj bank add`"
        )
    return found


def _known(connection: Connection, name: str, signals: list[list[Signal]]) -> dict[str, Entry]:
    found = banks.get(connection, name)
    if found is None:
        raise NotFound(f"there is no bank called {name!r}", field="bank")
    keys = entries.ids_by_key(connection, found.id, [entry_key(item) for item in signals])
    read = {entry.id: entry for entry in entries.among(connection, name, list(keys.values()))}
    return {key: read[id_] for key, id_ in keys.items() if id_ in read}


def _files(record: _Record) -> list[list[Signal]]:
    parts: dict[str, list[Signal]] = {}
    for signal in record.signals:
        source = signal.part.partition(":")[0]
        if source in ("file", "hash") and signal.type in KEPT and not signal.variant:
            # Hashes that the platform sent are of one file; what was drawn here says which file it is.
            part = "hash" if source == "hash" else signal.part
            parts.setdefault(part, []).append(Signal(signal.type, signal.value, signal.quality))
    matched = {"hash" if match.part.startswith("hash:") else match.part for match in record.matches} & parts.keys()
    return [item for part, item in parts.items() if not matched or part in matched]


def _statement(text: str) -> list[list[Signal]]:
    try:
        return [[Signal("text", signal_type("text").parse(text.strip()))]]
    except InvalidSignal:
        return []
