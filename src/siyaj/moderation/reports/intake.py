"""A batch of reports becomes rows and cases, in one transaction: merged by subject, weighed by who reports."""

from collections.abc import Sequence

from msgspec import Struct, field

from siyaj.model.case import CaseState
from siyaj.model.clock import now_us, to_datetime
from siyaj.model.errors import AlreadyExists, IdempotencyMismatch, SiyajError
from siyaj.model.ids import new_id
from siyaj.model.report import NewReport, ReportReason, SubjectKind
from siyaj.model.verdict import Action, Reason
from siyaj.moderation.casework import priority
from siyaj.moderation.evidence.evidence import record as record_evidence
from siyaj.moderation.reports.brigading import WEIGHT
from siyaj.moderation.reports.contact import address_of
from siyaj.moderation.reports.said import LIFE_POLICY, language_of, life_reason, said
from siyaj.moderation.reports.standing import told_at_once
from siyaj.moderation.reports.weights import HOUR_US, SEVERITY, Incoming, Weights, grown, row_of, scored
from siyaj.storage import audit, cases, late_checks, mails, reporters, reports
from siyaj.storage.cases import NewCase
from siyaj.storage.database import Connection
from siyaj.storage.evidence import Kept
from siyaj.storage.late_checks import REPORTED, LateCheck
from siyaj.storage.mails import Due
from siyaj.storage.reporters import Record

LIFE_HOURS = 1.0
"""Deadline of a case about a threat to life (DSA Article 18: without delay)."""


class _After(Struct):
    """What is written last, because it takes the lock of the audit log: cases, reporters, audit is the order in which
    every transaction locks."""

    sealed: list[Kept] = field(default_factory=list)
    letters: list[tuple[Incoming, str, Due]] = field(default_factory=list)
    """Reports with their cases, and what their reporters are to be told."""
    to_match: list[str] = field(default_factory=list)
    """Receipts of reports that have files."""
    lives: list[str] = field(default_factory=list)
    """Cases that turned out to be about a threat to life."""

    def keep(self, one: Incoming, case: str, due: Due = Due.RECEIPT) -> None:
        """The files that were sealed before belong to a case now, and its reporter may be told."""
        self.letters.append((one, case, due))
        for kept in one.sealed:
            kept.evidence.case = case
            self.sealed.append(kept)
        if one.sealed:
            self.to_match.append(one.receipt)


class Intake:
    """Writes batches within a connection that the caller commits."""

    def __init__(self, first_review_us: int, life_contact: str, *, mails: bool = False) -> None:
        self._first_review_us = first_review_us
        self._mails = mails
        self._life_contact = life_contact

    def write(self, connection: Connection, batch: Sequence[Incoming]) -> list[str | SiyajError]:
        """Return a receipt or an error for each. Raises AlreadyExists when another process was quicker."""
        known = reports.received(connection, [one.request_key for one in batch])
        fresh: dict[str, Incoming] = {}
        for one in batch:
            if one.request_key not in known:
                fresh.setdefault(one.request_key, one)
        by_subject: dict[str, list[Incoming]] = {}
        for one in fresh.values():
            by_subject.setdefault(one.given.subject.key, []).append(one)
        opened = cases.open_ids(connection, by_subject)
        records = reporters.found(connection, [one.given.reporter.id for one in batch if one.given.reporter.id])
        told: set[str] = set()
        after = _After()
        for subject in sorted(by_subject):
            told |= self._merge(connection, by_subject[subject], opened.get(subject), records, after)
        reporters.opened(connection, self._waiting(by_subject, told), set(records), now_us())
        record_evidence(connection, after.sealed)
        for one, case, due in after.letters:
            if self._mails and address_of(one.given.reporter.contact):
                mails.insert(connection, one.receipt, case, due, now_us())
        for receipt in after.to_match:
            late_checks.insert(connection, LateCheck(receipt, REPORTED, "system", 0), now_us())
        for case in after.lives:
            audit.write(connection, "system", "case.life", case, notify=self._life_contact)
        return [self._answer(one, fresh, known) for one in batch]

    def _answer(
        self, one: Incoming, fresh: dict[str, Incoming], known: dict[str, reports.Received]
    ) -> str | SiyajError:
        first = fresh.get(one.request_key)
        receipt, digest = (
            (first.receipt, first.request_hash)
            if first is not None
            else (known[one.request_key].receipt, known[one.request_key].request_hash)
        )
        if digest == one.request_hash:
            return receipt
        return IdempotencyMismatch(
            "this report was received before with other content", hint="use a fresh Idempotency-Key or id"
        )

    def _waiting(self, by_subject: dict[str, list[Incoming]], told: set[str]) -> list[tuple[str, str]]:
        """Return who waits for an outcome: (reporter, kind), once for each report."""
        every = (one for batch in by_subject.values() for one in batch)
        return [
            (one.given.reporter.id, one.given.reporter.kind.value)
            for one in every
            if one.given.reporter.id and one.receipt not in told
        ]

    def _merge(
        self,
        connection: Connection,
        batch: Sequence[Incoming],
        case_id: str | None,
        records: dict[str, Record],
        after: _After,
    ) -> set[str]:
        """Write the reports on one subject, and grow its case or open one. Return the receipts that were told the
        outcome at once."""
        now = now_us()
        told = set() if case_id else self._tell_at_once(connection, batch, now, after)
        batch = [one for one in batch if one.receipt not in told]
        if not batch:
            return told
        weights = Weights(connection, case_id, now)
        rows = [weights.row(one, records.get(one.given.reporter.id)) for one in batch]
        urgent = any(one.given.reason is ReportReason.THREAT_TO_LIFE for one in batch)
        deadline = now + (int(LIFE_HOURS * HOUR_US) if urgent else self._first_review_us)
        if case_id is None:
            case_id = self._open(connection, batch, weights, urgent, deadline, after)
        else:
            self._grow(connection, case_id, batch, weights, urgent, deadline, after)
        for row in rows:
            row.case_id = case_id
        reports.insert(connection, rows)
        reports.set_weight(connection, weights.lowered, WEIGHT)
        for one in batch:
            after.keep(one, case_id)
        return told

    def _tell_at_once(self, connection: Connection, batch: Sequence[Incoming], now: int, after: _After) -> set[str]:
        """Answer those that the standing decision answers."""
        told = set()
        for one in batch:
            standing = told_at_once(connection, one.given, one.content_key)
            if standing is None or standing.case is None:
                continue
            row = row_of(one, now, 0)
            row.case_id, row.state, row.outcome, row.closed_at = standing.case, "closed", standing.outcome, now
            reports.insert(connection, [row])
            after.keep(one, standing.case, Due.OUTCOME)
            told.add(one.receipt)
        return told

    def _open(
        self,
        connection: Connection,
        batch: Sequence[Incoming],
        weights: Weights,
        urgent: bool,
        deadline: int,
        after: _After,
    ) -> str:
        given = max((one.given for one in batch), key=lambda report: SEVERITY[report.reason])
        context = reports.context(connection, given.subject)
        inputs = priority.Inputs(
            severity=SEVERITY[given.reason],
            reach=context.reach,
            age_hours=(weights.now - context.seen_at) / HOUR_US if context.seen_at else None,
            reporters=weights.total,
            deadline_hours=(deadline - weights.now) / HOUR_US,
            brigading=weights.brigade > 0,
            life=urgent,
        )
        score, why = scored(inputs, weights.brigade)
        new = NewCase(
            id=new_id("case"),
            subject_kind=given.subject.kind.value,
            subject_id=given.subject.id,
            policy=LIFE_POLICY if urgent else None,
            reasons=self._reasons(given, urgent),
            priority=score,
            opened_at=weights.now,
            deadline=deadline,
            verdicts=0,
            reports=len(batch),
            language=context.language or language_of(given.content.text or given.text),
            urgent=urgent,
            reach=context.reach,
            priority_reasons=why,
            account=given.account or context.account or _if_kind(given, SubjectKind.ACCOUNT),
            channel=given.channel or context.channel or _if_kind(given, SubjectKind.CHANNEL),
        )
        cases.insert_many(connection, [new])
        if urgent:
            after.lives.append(new.id)
        return new.id

    def _grow(
        self,
        connection: Connection,
        case_id: str,
        batch: Sequence[Incoming],
        weights: Weights,
        urgent: bool,
        deadline: int,
        after: _After,
    ) -> None:
        case = cases.get(connection, case_id, lock=True)
        if case is None or case.state is CaseState.CLOSED:
            raise AlreadyExists("the case was closed meanwhile: read again")
        severity = max(SEVERITY[one.given.reason] for one in batch)
        soonest = min(case.deadline, to_datetime(deadline))
        life = urgent or case.urgent
        score, why = scored(grown(case, weights, severity, life, soonest), weights.brigade)
        cases.merge_report(connection, case_id, score, deadline, why, urgent=life, count=len(batch))
        if weights.lowered and not life:
            cases.reprioritise(connection, case_id, score, why)
        if urgent and not case.urgent:
            cases.add_reasons(connection, case_id, self._reasons(batch[0].given, urgent))
            after.lives.append(case_id)

    def _reasons(self, given: NewReport, urgent: bool) -> list[Reason]:
        if not urgent:
            return [Reason("report", "tvec", Action.HOLD, *said(given.reason))]
        life = Reason("report", LIFE_POLICY, Action.HOLD, *said(ReportReason.THREAT_TO_LIFE))
        return [life, life_reason(self._life_contact)]


def _if_kind(given: NewReport, kind: SubjectKind) -> str | None:
    return given.subject.id if given.subject.kind is kind else None
