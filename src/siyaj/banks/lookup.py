"""Signals → matches: asks the indexes, then the database what the entries behind the hits are.

A *negative* entry silences matches on the same item: those of the same part, on the same type of signal, that are
not nearer than it is; and all matches of a part whose bytes are exactly known to be harmless.

A match on the PDQ of a whole picture is looked at before it counts (see `matching.whole`): two pictures under one
banner are no copies of each other. What falls here is searched by its local features, as if nothing had matched.
"""

from collections.abc import Iterable, Sequence

import msgspec
from msgspec import Struct

from siyaj.banks.keeper import Keeper
from siyaj.matching.matcher import Matcher, TypedHit
from siyaj.model.bank import CONFIRMATIONS_TO_ACT_ALONE, Opinion
from siyaj.model.clock import now_us
from siyaj.model.errors import InvalidSignal
from siyaj.model.match import Match
from siyaj.model.sentence import Sentence
from siyaj.model.signal import Signal
from siyaj.storage import entries
from siyaj.storage.database import Database
from siyaj.storage.entries import RefRow

MOST_MATCHES = 100
"""Matches kept for one event, nearest first: a bank full of near-copies must not make a record of megabytes."""

CACHED = 200_000

EXACT = frozenset({"sha256", "md5"})
MOST_LOOKED_AT = 32
"""Matches of one event, nearest first, whose banked pictures are looked at; what is beyond counts as it is."""


class Found(Struct):
    """What one event matched. `silenced` matched as well, but a negative entry says that the item is harmless."""

    matches: list[Match] = msgspec.field(default_factory=list)
    silenced: list[Match] = msgspec.field(default_factory=list)


class Lookup:
    """Safe for many threads. Raises StorageUnavailable when hits cannot be looked up: that is never "no match"."""

    def __init__(self, database: Database, matcher: Matcher, keeper: Keeper) -> None:
        self._database = database
        self._matcher = matcher
        self._keeper = keeper
        self._cache: dict[int, RefRow] = {}
        self._cached_at = -1

    def find(self, events: Sequence[Sequence[Signal]]) -> list[Found]:
        """Return what each event matched; all events share one search, and a query for what the hits are."""
        hits = self._matcher.search([signal for signals in events for signal in signals])
        if not any(hits):
            return [Found() for _ in events]
        rows = self._rows({typed.hit.ref for its in hits for typed in its})
        now, start, found = now_us(), 0, []
        for signals in events:
            end = start + len(signals)
            its = hits[start:end]
            if any(its):
                found.append(_settle(self._seen(signals, list(_matches(signals, its, rows, now)))))
            else:
                found.append(Found())
            start = end
        return found

    def _seen(self, signals: Sequence[Signal], matches: list[Match]) -> list[Match]:
        """Return the matches without those on a whole picture that a look at the two pictures contradicts."""
        stills = {signal.part: signal.still for signal in signals if signal.still and signal.type == "pdq"}
        doubtful = [match for match in matches if match.signal == "pdq" and match.part in stills][:MOST_LOOKED_AT]
        if not doubtful:
            return matches
        with self._database.read() as connection:
            values = entries.values_of(connection, [match.entry for match in doubtful], "local")
        wrong = {
            id(match)
            for match in doubtful
            if match.entry in values and _contradicted(stills[match.part], match, values[match.entry])
        }
        return [match for match in matches if id(match) not in wrong]

    def _rows(self, refs: set[int]) -> dict[int, RefRow]:
        """Return what is known of the refs, from the cache as long as no bank changed."""
        generation = self._keeper.generation
        cache = self._cache
        if generation != self._cached_at or len(cache) > CACHED:
            cache = self._cache = {}
            self._cached_at = generation
        if missing := [ref for ref in refs if ref not in cache]:
            read = {row.ref: row for row in entries.refs(self._database, missing)}
            # Read after the generation was: what is newer than `generation` is dropped at the next call.
            cache.update(read)
        return {ref: cache[ref] for ref in refs if ref in cache}


def _contradicted(still: bytes, match: Match, value: str) -> bool:
    from siyaj.matching.whole import contradicted  # noqa: PLC0415  (numba)
    from siyaj.signals.local_value import unpack  # noqa: PLC0415

    try:
        return contradicted(still, match.variant, unpack(value), match.distance)
    except InvalidSignal:
        return False


def _matches(
    signals: Sequence[Signal], hits: Sequence[Sequence[TypedHit]], rows: dict[int, RefRow], now: int
) -> Iterable[Match]:
    """Yield the nearest match for each entry, type and part."""
    nearest: dict[tuple[int, str, str], Match] = {}
    for signal, its in zip(signals, hits, strict=True):
        for typed in its:
            row = rows.get(typed.hit.ref)
            if row is None or row.revoked or (row.expires_at is not None and row.expires_at <= now):
                continue
            key = (row.entry, row.type, signal.part)
            before = nearest.get(key)
            if before is None or typed.hit.distance < before.distance:
                nearest[key] = _match(signal, typed, row)
    return sorted(nearest.values(), key=lambda match: match.distance)


def _match(signal: Signal, typed: TypedHit, row: RefRow) -> Match:
    return Match(
        bank=row.bank,
        entry=row.entry,
        signal=row.type,
        distance=typed.hit.distance,
        opinion=row.opinion,
        part=signal.part,
        variant=signal.variant,
        quality=min(signal.quality, row.quality),
        labels=row.labels,
        acts_alone=row.opinion is Opinion.CONFIRMED and row.confirmations >= CONFIRMATIONS_TO_ACT_ALONE,
        spans=list(typed.hit.spans),
        why=str(typed.hit.why),
        said=list(typed.hit.why.clauses) if isinstance(typed.hit.why, Sentence) else [],
        segment=typed.hit.segment,
    )


def _settle(matches: Iterable[Match]) -> Found:
    """Divide matches into those that stand and those that a negative entry silences."""
    matches = list(matches)
    harmless = [match for match in matches if match.opinion is Opinion.NEGATIVE]
    exact = {match.part for match in harmless if match.signal in EXACT}
    near = {}
    for match in reversed(harmless):  # nearest last, so that it stays
        near[match.part, match.signal] = match.distance
    found = Found()
    for match in matches:
        if (
            match.opinion is Opinion.NEGATIVE
            or match.part in exact
            or near.get((match.part, match.signal), float("inf")) <= match.distance
        ):
            found.silenced.append(match)
        else:
            found.matches.append(match)
    found.matches = found.matches[:MOST_MATCHES]
    found.silenced = found.silenced[:MOST_MATCHES]
    return found
