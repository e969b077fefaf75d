"""A report on what was decided already: where the last decision stands and nothing is new, the reporter is told now.

Anything that may be new opens a case again: other content, an account or channel that is still there, a threat to
life, and whoever reports by profession (trusted flaggers, authorities).
"""

import hashlib
from collections.abc import Iterable, Sequence

import msgspec

from siyaj.model.action import UNDO, ActionKind
from siyaj.model.clock import to_us
from siyaj.model.report import NewReport, ReporterKind, ReportReason, Subject, SubjectKind
from siyaj.moderation.appeals import wording
from siyaj.signals.text import fold
from siyaj.storage import reports, verdicts
from siyaj.storage.database import Connection
from siyaj.storage.reports import Standing
from siyaj.storage.verdicts import Record

_MOST_CHECKS = 20
_ACTS = frozenset({*UNDO})
_GONE = frozenset({ActionKind.REMOVE, ActionKind.SUSPEND_ACCOUNT, ActionKind.CLOSE_CHANNEL})


def content_key(text: str, links: Iterable[str], sha256s: Iterable[str]) -> str:
    """Return what is equal for equal content; empty when there is none."""
    parts = [fold(text).strip(), *sorted(set(links)), *sorted(set(sha256s))]
    if not any(parts):
        return ""
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()[:32]


def told_at_once(connection: Connection, given: NewReport, key: str) -> Standing | None:
    """Return the decision that answers this report, or None when a person has to look."""
    if given.reason is ReportReason.THREAT_TO_LIFE or given.reporter.kind is not ReporterKind.USER:
        return None
    standing = reports.standing(connection, given.subject)
    if standing is None or standing.case is None:
        return None
    standing.outcome = standing.outcome or wording.TOLD["en"][standing.action in _ACTS]
    if standing.action in _GONE and (given.subject.kind is not SubjectKind.ITEM or not key):
        return standing
    if key and key in _known_keys(connection, given.subject, standing.decided_at):
        return standing
    return None


def _known_keys(connection: Connection, subject: Subject, decided_at: int) -> set[str]:
    """Return the keys of the content that was decided on: of the reports and checks until then."""
    keys = reports.content_keys(connection, subject, decided_at)
    for row in verdicts.by_event(connection, subject.id, limit=_MOST_CHECKS):
        if to_us(row.created_at) > decided_at:
            continue
        record = msgspec.json.decode(row.record, type=Record)
        keys.add(content_key(record.event.text, record.event.links, _files_of(record)))
    return keys


def _files_of(record: Record) -> Sequence[str]:
    return [signal.value for signal in record.signals if signal.type == "sha256"]
