"""Tries a policy: on an event that somebody writes, and on what was judged already. Records nothing."""

from collections.abc import Iterator

import msgspec
from msgspec import Struct

from siyaj.banks.lookup import Lookup
from siyaj.model.event import Event
from siyaj.model.match import Match
from siyaj.moderation.checks.extraction import draw_words, read_hashes
from siyaj.policy.backtest import Past
from siyaj.policy.evaluate import Policy
from siyaj.policy.facts import Facts, Outcome
from siyaj.storage import verdicts
from siyaj.storage.database import Database
from siyaj.storage.verdicts import Record

_RECORD = msgspec.json.Decoder(Record)


class Trial(Struct):
    """What a policy would answer, and what it would rest on. `silenced` were matched and are known to be harmless."""

    outcome: Outcome
    matches: list[Match]
    silenced: list[Match]
    missing: list[str]


def try_event(lookup: Lookup, policy: Policy, event: Event) -> Trial:
    """Judge an event without recording it. Files cannot be tried: their hashes can. Raises InvalidSignal,
    StorageUnavailable."""
    signals, words = read_hashes(event), draw_words(event)
    signals += words.signals
    (found,) = lookup.find([signals])
    facts = Facts(kind=event.kind, event=event, matches=found.matches, signals=signals, missing=words.missing)
    missing = [f"{one.type}: {one.message}" for one in words.missing]
    return Trial(policy.evaluate(facts), found.matches, found.silenced, missing)


def recent(database: Database, limit: int) -> Iterator[Past]:
    """Yield the newest verdicts as they were judged, newest first."""
    with database.read() as connection:
        rows = verdicts.newest(connection, limit)
    for row in rows:
        record = _RECORD.decode(row.record)
        event = record.event
        facts = Facts(event.kind, event, record.matches, record.signals, record.missing)
        yield Past(row.id, facts, row.action)
