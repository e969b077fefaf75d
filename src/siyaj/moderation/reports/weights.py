"""How much a report counts: by who reports, how often they were right, and whether it is one of a brigade."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from msgspec import Struct, structs

from siyaj.model.case import Case, PriorityFactor, PriorityReason
from siyaj.model.clock import to_us
from siyaj.model.report import NewReport, ReporterKind, ReportReason
from siyaj.moderation.casework import priority
from siyaj.moderation.reports.brigading import WEIGHT, WINDOW_US, Seen, brigade, is_young
from siyaj.storage import reports
from siyaj.storage.database import Connection
from siyaj.storage.evidence import Kept
from siyaj.storage.reporters import Record
from siyaj.storage.reports import NewRow

HOUR_US = 3_600_000_000
SEVERITY = {
    ReportReason.THREAT_TO_LIFE: 5,
    ReportReason.INSTRUCTION: 5,
    ReportReason.RECRUITMENT: 4,
    ReportReason.INCITEMENT: 4,
    ReportReason.FINANCING: 4,
    ReportReason.PRAISE: 3,
    ReportReason.VIOLENCE: 3,
    ReportReason.OTHER: 1,
}
"""What a reporter says counts as the severity until a person or a verdict says better."""
_TIMES = {ReporterKind.USER: 1.0, ReporterKind.TRUSTED_FLAGGER: 3.0, ReporterKind.AUTHORITY: 4.0}


class Incoming(Struct):
    """A report on its way in; its files are sealed already."""

    given: NewReport
    receipt: str
    request_key: str
    request_hash: bytes
    content_key: str
    text_key: str
    sealed: Sequence[Kept] = ()


class Weights:
    """The reports of one case, those that arrive among them: what they weigh together, and which are a brigade's."""

    def __init__(self, connection: Connection, case: str | None, now: int) -> None:
        self.now = now
        self.lowered: list[str] = []
        """Receipts of reports that turned out to be part of a brigade."""
        before = reports.weighed(connection, case, now - WINDOW_US, WEIGHT) if case else reports.Weighed()
        self.total, self.brigade = before.total, before.brigade
        self._recent = [Seen(one.receipt, one.text_key, one.young, one.weight) for one in before.recent]
        self._connection, self._case = connection, case
        self._reporters: set[str] = set()

    def row(self, one: Incoming, record: Record | None) -> NewRow:
        """Return the report's row, with what it weighs."""
        seen = Seen(one.receipt, one.text_key, is_young(one.given.reporter.age_days), self._weight(one.given, record))
        before = brigade(seen, self._recent)
        if before and one.given.reporter.kind is ReporterKind.USER:
            seen.weight = min(seen.weight, WEIGHT)
            self._lower([each for each in before if each.weight > WEIGHT])
            self.brigade += 1
        self.total += seen.weight
        self._recent.append(seen)
        return row_of(one, self.now, seen.weight)

    def _lower(self, members: Sequence[Seen]) -> None:
        for one in members:
            self.total -= one.weight - WEIGHT
            one.weight = WEIGHT
            self.brigade += 1
            self.lowered.append(one.receipt)

    def _weight(self, given: NewReport, record: Record | None) -> int:
        """Return percent: 100 is a report of somebody of whom nothing is known. Who reports a subject again adds
        nothing."""
        who = given.reporter.id
        if who and (who in self._reporters or self._reported_before(who)):
            return 0
        self._reporters.add(who)
        accuracy = (record or Record(who)).accuracy
        return max(WEIGHT + 1, round(200 * accuracy * _TIMES[given.reporter.kind]))

    def _reported_before(self, who: str) -> bool:
        return self._case is not None and reports.reported_before(self._connection, self._case, who)


def row_of(one: Incoming, now: int, weight: int) -> NewRow:
    given = one.given
    return NewRow(
        receipt=one.receipt,
        request_key=one.request_key,
        request_hash=one.request_hash,
        subject_kind=given.subject.kind.value,
        subject_id=given.subject.id,
        reporter_id=given.reporter.id or None,
        received_at=now,
        report=msgspec.json.encode(given),
        reason=given.reason.value,
        weight=weight,
        text_key=one.text_key,
        content_key=one.content_key,
        young=int(is_young(given.reporter.age_days)),
    )


def grown(case: Case, weights: Weights, severity: int, life: bool, deadline: datetime) -> priority.Inputs:
    """Return what is known of a case now that reports were added: what its priority was made of says the rest."""
    was = {reason.factor: reason.value for reason in case.priority_reasons}
    return priority.Inputs(
        severity=max(severity, int(_number(was.get(PriorityFactor.SEVERITY)))),
        reach=case.reach,
        age_hours=_number(was[PriorityFactor.RECENCY]) if PriorityFactor.RECENCY in was else None,
        reporters=weights.total,
        match=_number(was.get(PriorityFactor.MATCH)),
        deadline_hours=(to_us(deadline) - weights.now) / HOUR_US,
        brigading=weights.brigade > 0,
        life=life,
        order=PriorityFactor.ORDER in was,
        appeal=PriorityFactor.APPEAL in was,
        undelivered=PriorityFactor.UNDELIVERED in was,
    )


def scored(inputs: priority.Inputs, brigade_size: int) -> tuple[int, list[PriorityReason]]:
    """Return the priority and its reasons; a brigade's says how many it is."""
    score, reasons = priority.score(inputs)
    return score, [
        structs.replace(reason, value=str(brigade_size)) if reason.factor is PriorityFactor.BRIGADING else reason
        for reason in reasons
    ]


def _number(value: str | None) -> float:
    try:
        return float(value or 0)
    except ValueError:
        return 0.0
