"""Reports come in: durable before the receipt, merged into the subject's case, ordered by how grave and who says so."""

import hashlib
import secrets

import msgspec

from siyaj.model.clock import now_us
from siyaj.model.errors import AlreadyExists, IdempotencyMismatch, InvalidRequest, NotFound, StorageUnavailable
from siyaj.model.ids import new_id
from siyaj.model.report import NewReport, Report, ReporterKind, ReportReason
from siyaj.model.verdict import Action, Reason
from siyaj.storage import cases, reporters, reports
from siyaj.storage.cases import NewCase
from siyaj.storage.database import Connection, Database

_ATTEMPTS = 4
_HOUR_US = 3_600_000_000
IMMINENT_HOURS = 1.0
"""Deadline of a case about a threat to life (DSA Article 18: without delay)."""
IMMINENT_PRIORITY = 100
MOST_PRIORITY = 95
"""What any other case can reach: a threat to life goes before all of them."""

_GRAVITY = {
    ReportReason.INSTRUCTION: 45,
    ReportReason.RECRUITMENT: 40,
    ReportReason.INCITEMENT: 40,
    ReportReason.FINANCING: 35,
    ReportReason.PRAISE: 30,
    ReportReason.VIOLENCE: 30,
    ReportReason.OTHER: 15,
}
_WEIGHT = {ReporterKind.USER: 0, ReporterKind.TRUSTED_FLAGGER: 25, ReporterKind.AUTHORITY: 35}
_SAID = {
    ReportReason.THREAT_TO_LIFE: ("It was reported as a threat to someone's life.", "أُبلغ عنه بوصفه تهديدًا لحياة شخص."),
    ReportReason.INSTRUCTION: ("It was reported as instruction for violence.", "أُبلغ عنه بوصفه تعليمًا للعنف."),
    ReportReason.RECRUITMENT: ("It was reported as recruitment.", "أُبلغ عنه بوصفه تجنيدًا."),
    ReportReason.INCITEMENT: ("It was reported as incitement.", "أُبلغ عنه بوصفه تحريضًا."),
    ReportReason.FINANCING: ("It was reported as financing.", "أُبلغ عنه بوصفه تمويلًا."),
    ReportReason.PRAISE: ("It was reported as praise of violence.", "أُبلغ عنه بوصفه تمجيدًا للعنف."),
    ReportReason.VIOLENCE: ("It was reported as graphic violence.", "أُبلغ عنه بوصفه عنفًا مصوّرًا."),
    ReportReason.OTHER: ("It was reported.", "أُبلغ عنه."),
}


class Reports:
    """Takes reports in and says what became of them. Safe for many threads."""

    def __init__(self, database: Database, first_review_us: int) -> None:
        self._database = database
        self._first_review_us = first_review_us

    def receive(self, given: NewReport, *, scope: str, idempotency_key: str | None = None) -> str:
        """Return the receipt; the report is durable then. The same report again gives the same receipt.

        Raises IdempotencyMismatch for other content under a key that was used, InvalidRequest, StorageUnavailable.
        """
        if "\0" in given.subject.id + given.text + given.reporter.id + given.id + given.content.text:
            raise InvalidRequest("a report must not hold a NUL character")
        key, digest = _request_key(given, scope, idempotency_key), hashlib.sha256(msgspec.json.encode(given)).digest()
        for _ in range(_ATTEMPTS):
            try:
                with self._database.begin() as connection:
                    return self._receive(connection, given, key, digest)
            except AlreadyExists:
                continue  # another process took the same report, or opened the same case, first: read again
        raise StorageUnavailable("another process keeps writing the same report", hint="retry")

    def _receive(self, connection: Connection, given: NewReport, key: str, digest: bytes) -> str:
        before = reports.received(connection, key)
        if before is not None:
            if before.request_hash != digest:
                raise IdempotencyMismatch(
                    "this report was received before with other content", hint="use a fresh Idempotency-Key or id"
                )
            return before.receipt
        receipt, now = f"rcp_{secrets.token_urlsafe(24)}", now_us()
        case = self._case(connection, given, now)
        if given.reporter.id:
            reporters.opened(connection, given.reporter.id, given.reporter.kind.value, now)
        reports.insert(
            connection, given, receipt=receipt, request_key=key, request_hash=digest, case=case, received_at=now
        )
        return receipt

    def _case(self, connection: Connection, given: NewReport, now: int) -> str:
        """Return the subject's open case, with this report merged into it, or a new one."""
        urgent = given.reason is ReportReason.THREAT_TO_LIFE
        deadline = now + (int(IMMINENT_HOURS * _HOUR_US) if urgent else self._first_review_us)
        opened = cases.open_ids(connection, [given.subject.key]).get(given.subject.key)
        if opened is not None:
            cases.merge_report(connection, opened, priority(given), deadline)
            return opened
        new = NewCase(
            id=new_id("case"),
            subject_kind=given.subject.kind.value,
            subject_id=given.subject.id,
            policy="tvec.threat" if urgent else None,
            reasons=[_reason(given)],
            priority=priority(given),
            opened_at=now,
            deadline=deadline,
            verdicts=0,
            reports=1,
        )
        cases.insert_many(connection, [new])
        return new.id

    def get(self, receipt: str) -> Report:
        """Raises NotFound."""
        with self._database.read() as connection:
            report = reports.get(connection, receipt)
        if report is None:
            raise NotFound("there is no report with this receipt")
        return report


def priority(given: NewReport) -> int:
    """Return 0–100: a threat to life above all; else how grave it is said to be, and who says so."""
    if given.reason is ReportReason.THREAT_TO_LIFE:
        return IMMINENT_PRIORITY
    return min(MOST_PRIORITY, _GRAVITY[given.reason] + _WEIGHT[given.reporter.kind])


def _reason(given: NewReport) -> Reason:
    text, text_ar = _SAID[given.reason]
    policy = "tvec.threat" if given.reason is ReportReason.THREAT_TO_LIFE else "tvec"
    return Reason("report", policy, Action.HOLD, text, text_ar)


def _request_key(given: NewReport, scope: str, idempotency_key: str | None) -> str:
    if idempotency_key is not None:
        return f"{scope}:key:{idempotency_key}"
    return f"{scope}:report:{given.id}" if given.id else f"{scope}:once:{secrets.token_hex(16)}"
