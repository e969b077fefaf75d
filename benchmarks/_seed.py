"""A large past, written by the database itself: verdicts, cases, reports, decisions and audit rows, in minutes.

Rows differ by arithmetic on their number, so that both engines hold the same. The audit log's hashes are not a chain:
nothing here verifies it.
"""

import time
from collections.abc import Mapping

import msgspec
from sqlalchemy import Connection, Table, text

from siyaj.storage import tables
from siyaj.storage.database import Database

DAY = 86_400_000_000
DAYS = 90
CHUNK = 500_000
OPEN_SHARE = 20
"""One case of so many is open."""

_TEXT = "نص نموذجي لا ضرر فيه، يتكرر ليبلغ طول منشور معتاد على منصة للتراسل. "
_EVENT = {
    "id": "m-1",
    "kind": "message",
    "account": {"id": "u-7", "name": "Sample", "age_days": 40},
    "channel": {"id": "c-3", "title": "عيّنة", "subscribers": 1200},
    "text": _TEXT * 3,
    "language": "ar",
}
_REASON = {"rule": "known-statement", "policy": "tvec", "action": "hold", "text": "It is near.", "text_ar": "إنه قريب."}
_RECORD = {
    "event": _EVENT,
    "signals": [{"type": "text", "value": _TEXT, "quality": 100, "part": "text"}],
    "matches": [{"bank": "known", "entry": 1, "signal": "text", "distance": 0.1, "opinion": "seed", "part": "text"}],
    "timings": {"extract": 100, "match": 100, "policy": 50},
    "reasons": [_REASON],
    "rules": [{"rule": "known-statement", "mode": "live", "action": "hold"}],
}
_REPORT = {"subject": {"kind": "item", "id": "m-1"}, "reason": "incitement", "text": _TEXT}
_DRAFT = {"action": "remove", "exemption": "none", "policy": "tvec", "act": "incitement", "reasons": "Sample"}
_BLOBS = {
    "record": msgspec.json.encode(_RECORD),
    "answer": msgspec.json.encode({"id": "ver_1", "event": "m-1", "action": "hold", "reasons": [_REASON]}),
    "reasons": msgspec.json.encode([_REASON]),
    "report": msgspec.json.encode(_REPORT),
    "draft": msgspec.json.encode(_DRAFT),
    "empty": b"{}",
    "hash": bytes(32),
}

_PICK_ACTION = "CASE WHEN n % 100 < 90 THEN 'allow' WHEN n % 100 < 94 THEN 'block' ELSE 'hold' END"
_PICK_LANGUAGE = "CASE n % 5 WHEN 0 THEN 'en' WHEN 1 THEN 'fr' WHEN 2 THEN '' ELSE 'ar' END"
_PICK_POLICY = (
    "CASE n % 6 WHEN 0 THEN 'tvec.praise' WHEN 1 THEN 'tvec.incitement' WHEN 2 THEN 'tvec.threat' ELSE 'tvec' END"
)
_OPEN = f"n % {OPEN_SHARE} = 0"


class Size(msgspec.Struct, frozen=True):
    """How many rows of each."""

    events: int
    cases: int
    audit: int

    @property
    def shown(self) -> str:
        return f"{self.events:,} events, {self.cases:,} cases, {self.audit:,} audit rows"


FULL = Size(1_000_000, 100_000, 10_000_000)
QUICK = Size(10_000, 1_000, 50_000)


def seed(database: Database, size: Size, now: int) -> float:
    """Write it all; return the seconds that it took."""
    began = time.perf_counter()
    start = now - DAYS * DAY
    _fill(database, tables.verdicts, size.events, _verdicts(size, start))
    _fill(database, tables.cases, size.cases, _cases(size, start))
    _fill(database, tables.reports, size.cases, _reports(size, start))
    _fill(database, tables.decisions, size.cases, _decisions(size, start), where=f"NOT ({_OPEN})")
    _fill(database, tables.appeals, size.cases // 50, _appeals(size, start))
    _fill(database, tables.audit, size.audit, _audit(size, start))
    with database.begin() as connection:
        connection.execute(text("ANALYZE"))
    return time.perf_counter() - began


def _fill(database: Database, table: Table, rows: int, columns: Mapping[str, str], where: str = "1 = 1") -> None:
    """Insert rows 1 to `rows`, with the indexes built afterwards: sorting once is quicker than placing each."""
    with database.begin() as connection:
        for index in table.indexes:
            index.drop(connection)
    for first in range(1, rows + 1, CHUNK):
        with database.begin() as connection:
            _insert(connection, table, first, min(rows, first + CHUNK - 1), columns, where)
    with database.begin() as connection:
        for index in table.indexes:
            index.create(connection)


def _insert(
    connection: Connection, table: Table, first: int, last: int, columns: Mapping[str, str], where: str
) -> None:
    if connection.dialect.name == "postgresql":
        numbers = "SELECT generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) AS n"
        numbered = f"WITH numbers AS ({numbers})"
    else:
        numbered = "WITH RECURSIVE numbers(n) AS (SELECT :first UNION ALL SELECT n + 1 FROM numbers WHERE n < :last)"
    used = {name: value for name, value in _BLOBS.items() if f":{name}" in columns.values()}
    statement = (
        f"INSERT INTO {table.name} ({', '.join(columns)}) {numbered} "
        f"SELECT {', '.join(columns.values())} FROM numbers WHERE {where}"
    )
    connection.execute(text(statement), {"first": first, "last": last, **used})


def _at(start: int, rows: int, rest: str = "") -> str:
    """When row n happened: evenly over the days."""
    return f"{start} + n * {DAYS * DAY // max(1, rows)}{rest}"


def _verdicts(size: Size, start: int) -> dict[str, str]:
    return {
        "id": "'ver_' || n",
        "request_key": "'seed:' || n",
        "request_hash": ":hash",
        "event_id": "'m-' || n",
        "kind": "'message'",
        "account_id": "'u-' || (n % 20000)",
        "channel_id": "'c-' || (n % 500)",
        "action": _PICK_ACTION,
        "policy": f"CASE WHEN n % 100 < 90 THEN NULL ELSE {_PICK_POLICY} END",
        "policy_version": "'1'",
        "case_id": f"CASE WHEN n % {max(1, size.events // size.cases)} = 0 "
        f"THEN 'case_' || (n / {max(1, size.events // size.cases)}) END",
        "created_at": _at(start, size.events),
        "answer": ":answer",
        "record": ":record",
    }


def _cases(size: Size, start: int) -> dict[str, str]:
    opened, step = _at(start, size.cases), max(1, size.events // size.cases)
    return {
        "id": "'case_' || n",
        "subject_kind": "'item'",
        "subject_id": f"'m-' || (n * {step})",
        "open_subject": f"CASE WHEN {_OPEN} THEN 'item:m-' || (n * {step}) END",
        "state": f"CASE WHEN {_OPEN} THEN 'open' ELSE 'closed' END",
        "policy": _PICK_POLICY,
        "reasons": ":reasons",
        "priority": "(n * 7919) % 96",
        "rank": "100 - (n * 7919) % 96",
        "verdicts": "1",
        "reports": "1",
        "opened_at": opened,
        "deadline": f"{opened} + {DAY}",
        "language": _PICK_LANGUAGE,
        "reach": "(n * 31) % 5000",
        "account_id": f"'u-' || ((n * {step}) % 20000)",
        "channel_id": f"'c-' || ((n * {step}) % 500)",
        "copy_key": "'sha256:' || (n % 90000)",
        "first_seen_at": f"CASE WHEN {_OPEN} THEN NULL ELSE {opened} + (n * 7919 % 86400) * 500000 END",
        "closed_at": f"CASE WHEN {_OPEN} THEN NULL ELSE {opened} + (n * 7919 % 86400) * 600000 END",
        "decision_id": f"CASE WHEN {_OPEN} THEN NULL ELSE 'dec_' || n END",
    }


def _reports(size: Size, start: int) -> dict[str, str]:
    step = max(1, size.events // size.cases)
    return {
        "receipt": "'rcp_' || n",
        "request_key": "'seed:' || n",
        "request_hash": ":hash",
        "subject_kind": "'item'",
        "subject_id": f"'m-' || (n * {step})",
        "reporter_id": "'r-' || (n % 5000)",
        "case_id": "'case_' || n",
        "state": f"CASE WHEN {_OPEN} THEN 'open' ELSE 'closed' END",
        "outcome": "''",
        "received_at": _at(start, size.cases),
        "report": ":report",
        "reason": "'incitement'",
        "closed_at": f"CASE WHEN {_OPEN} THEN NULL ELSE {_at(start, size.cases)} + {DAY // 4} END",
    }


def _decisions(size: Size, start: int) -> dict[str, str]:
    step, at = max(1, size.events // size.cases), _at(start, size.cases, " + (n * 7919 % 86400) * 600000")
    return {
        "id": "'dec_' || n",
        "case_id": "'case_' || n",
        "verdict_id": f"'ver_' || (n * {step})",
        "subject_kind": "'item'",
        "subject_id": f"'m-' || (n * {step})",
        "account_id": f"'u-' || ((n * {step}) % 20000)",
        "channel_id": f"'c-' || ((n * {step}) % 500)",
        "kind": "'first'",
        "action": "CASE WHEN n % 3 = 0 THEN 'none' WHEN n % 7 = 0 THEN 'limit' ELSE 'remove' END",
        "policy": f"CASE WHEN n % 3 = 0 THEN NULL ELSE {_PICK_POLICY} END",
        "language": _PICK_LANGUAGE,
        "decided_by": "'per_' || (n % 12)",
        "decided_at": at,
        "effective_at": at,
        "draft": ":draft",
        "statement": ":empty",
        "effects": ":empty",
    }


def _appeals(size: Size, start: int) -> dict[str, str]:
    at = _at(start, max(1, size.cases // 50))
    return {
        "id": "'app_' || n",
        "decision_id": "'dec_' || (n * 50 + 1)",
        "case_id": "'case_a' || n",
        "side": "'affected'",
        "text": "'Sample'",
        "state": "CASE WHEN n % 6 = 0 THEN 'overturned' ELSE 'upheld' END",
        "received_at": f"{at} - {DAY}",
        "decided_at": at,
        "decided_by": "'per_0'",
    }


def _audit(size: Size, start: int) -> dict[str, str]:
    return {
        "at": _at(start, size.audit),
        "who": "'person:sample' || (n % 12)",
        "what": "CASE n % 4 WHEN 0 THEN 'case.take' WHEN 1 THEN 'evidence.read' ELSE 'decision.make' END",
        "subject": f"'case_' || (1 + n % {size.cases})",
        "detail": ":empty",
        "hash": ":hash",
    }
