"""Files that came with a report are matched against the banks, as those of a check are; the case says what they match.

It runs beside the receipt, not before it: a report is never slow or refused because its file is hard to decode. The
queue is that of late checks, so that what a dead process left is finished by another. Nothing acts on the ground of a
report alone: whatever the policy would do with such a file, here it is held for the person who has the case anyway.
"""

import time

from siyaj.banks.lookup import Lookup
from siyaj.model.errors import SiyajError
from siyaj.model.event import Event, EventKind, MediaFile
from siyaj.model.report import Report, ReportState, SubjectKind
from siyaj.model.verdict import Action, Reason
from siyaj.moderation.checks.assess import AppealLink, Assessment, Prepared, assess
from siyaj.moderation.checks.extraction import FileDrawer
from siyaj.moderation.checks.record import record
from siyaj.moderation.checks.requests import CheckRequest, hash_request
from siyaj.moderation.checks.sightings import Sightings
from siyaj.moderation.evidence.evidence import Vault
from siyaj.moderation.reports.weights import SEVERITY
from siyaj.policy.evaluate import Policy
from siyaj.storage import cases, evidence, late_checks, reports, verdicts
from siyaj.storage.database import Connection, Database
from siyaj.storage.late_checks import REPORTED

_KINDS = {
    SubjectKind.ITEM: EventKind.MEDIA,
    SubjectKind.ACCOUNT: EventKind.ACCOUNT,
    SubjectKind.CHANNEL: EventKind.CHANNEL,
}


class ReportedFiles:
    """Matches the files of one report after the other."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        drawer: FileDrawer,
        lookup: Lookup,
        policy: Policy,
        sightings: Sightings,
        appeal_link: AppealLink,
        first_review_us: int,
    ) -> None:
        self._database = database
        self._vault = vault
        self._drawer = drawer
        self._lookup = lookup
        self._policy = policy
        self._sightings = sightings
        self._appeal_link = appeal_link
        self._first_review_us = first_review_us

    def match(self, receipt: str) -> None:
        """Raises SiyajError: then it is tried again."""
        with self._database.read() as connection:
            report = reports.get(connection, receipt)
            kept = [one for one in evidence.listed(connection, receipt=receipt) if one.destroyed_at is None]
            event = _event(connection, report) if report is not None else None
        found = None
        if report is not None and event is not None and kept and report.state is ReportState.OPEN:
            files = [MediaFile(one.name, self._vault.open(one.id, "system", "reported: matched")) for one in kept]
            found = self._assess(report, event, files)
        if found is not None:
            for result in record(self._database, [found], self._first_review_us, self._sightings):
                if isinstance(result, SiyajError):
                    raise result
        with self._database.begin() as connection:
            if found is not None and found.verdict.case:
                _say(connection, found.verdict.case, found.verdict.reasons[0])
            late_checks.remove(connection, receipt)

    def _assess(self, report: Report, event: Event, files: list[MediaFile]) -> Assessment | None:
        """Return what a check would find of the files alone; None where they match nothing."""
        began = time.perf_counter_ns()
        drawn = self._drawer.draw_all(files)
        request = CheckRequest(
            event, files, REPORTED, report.receipt, hash_request(event, files), reported=report.receipt
        )
        prepared = Prepared(request, drawn.signals, drawn.missing, (time.perf_counter_ns() - began) // 1_000)
        (found,) = assess([prepared], self._lookup, self._policy, self._appeal_link)
        if isinstance(found, SiyajError):
            raise found
        if not found.record.matches:
            return None
        verdict = found.verdict
        said = _reason(verdict.policy or "tvec", list(dict.fromkeys(one.bank for one in found.record.matches)))
        verdict.action, verdict.appeal_url, verdict.reasons = Action.HOLD, None, [said, *verdict.reasons]
        found.severity = self._policy.severity(verdict.policy) if verdict.policy else SEVERITY[report.reason]
        return found


def _event(connection: Connection, report: Report) -> Event:
    """Return what the platform said of the subject last; where it said nothing, what the report says was there."""
    kind = _KINDS[report.subject.kind]
    own = (EventKind.MESSAGE, EventKind.MEDIA) if kind is EventKind.MEDIA else (kind,)
    for row in verdicts.by_event(connection, report.subject.id, limit=10):
        if row.kind in own:
            return verdicts.event_of(row)
    return Event(report.subject.id, kind, text=report.content.text, links=list(report.content.links))


def _reason(policy: str, banks: list[str]) -> Reason:
    names = ", ".join(banks)
    return Reason(
        "report.file",
        policy,
        Action.HOLD,
        f"The reported file matches what stands in a bank: {names}",
        f"الملف المُبلَّغ عنه يطابق ما في بنك: {names}",
    )


def _say(connection: Connection, case: str, reason: Reason) -> None:
    """Once, also when it is done again after a crash."""
    found = cases.get(connection, case, lock=True)
    if found is not None and reason not in found.reasons:
        cases.add_reasons(connection, case, [reason])
