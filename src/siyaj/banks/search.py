"""Finds entries for a person: by number, by what identifies them, or by a value that they carry."""

from collections.abc import Sequence

from siyaj.banks.curation import Banks, entry_key, require
from siyaj.model.bank import Entry
from siyaj.model.errors import SiyajError
from siyaj.model.signal import Signal
from siyaj.signals.registry import signal_types
from siyaj.storage import entries

MOST_FOUND = 100


def search(banks: Banks, bank: str, text: str) -> Sequence[Entry]:
    """Return the entries that `text` names, at most MOST_FOUND: an entry's number, its key (`sha256:…`), or a value (a
    hash, link, term, name, or a whole statement). It is read as each signal type would read it. Raises NotFound for an
    unknown bank.
    """
    text = text.strip()
    found: list[int] = [int(text)] if text.isascii() and text.isdigit() and len(text) < 15 else []
    with banks.database.read() as connection:
        bank_id = require(connection, bank).id
        values = _values(text)
        keys = [text, *(entry_key([Signal(kind, value)]) for kind, value in values)]
        found += entries.ids_by_key(connection, bank_id, keys).values()
        if not found:  # it may be one of several signals of an entry; this is not indexed
            for kind, value in values:
                found += entries.by_value(connection, kind, value, MOST_FOUND)
        return entries.among(connection, bank, list(dict.fromkeys(found))[:MOST_FOUND]) if found else []


def _values(text: str) -> list[tuple[str, str]]:
    """Return what this text would be as a value of each type that can read it."""
    values = []
    for name, kind in signal_types().items():
        try:
            values.append((name, kind.parse(text)))
        except SiyajError:
            continue
    return values
