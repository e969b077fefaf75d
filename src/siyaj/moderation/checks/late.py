"""Media that takes long: a check is answered by words and hashes, `pending`, and its final verdict follows.

What was answered is durable with its files, so that the rest follows whatever becomes of the process: here, as soon
as the media is decoded, or, after a crash, by `LateChecks`. Where the final verdict is stricter than the first, what to
do leaves through the outbox in its transaction; a hold opens a case as any other does.
"""

import logging
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from siyaj.model.action import ActionKind
from siyaj.model.clock import now_us, to_datetime
from siyaj.model.errors import SiyajError, StorageUnavailable
from siyaj.model.event import MediaFile
from siyaj.model.ids import new_id
from siyaj.model.verdict import Action, Reason, Verdict
from siyaj.moderation.about import subject_of
from siyaj.moderation.checks.assess import Assessment
from siyaj.moderation.checks.requests import CheckAnswer, CheckRequest, hash_request
from siyaj.storage import actions, audit, evidence, late_checks, verdicts
from siyaj.storage.actions import NewAction
from siyaj.storage.database import Connection, Database
from siyaj.storage.late_checks import REPORTED, LateCheck
from siyaj.storage.verdicts import Record

log = logging.getLogger(__name__)

OVERTAKEN_SECONDS = 120.0
"""A late check that is older belongs to a process that died."""
ATTEMPTS = 5
LOOK_SECONDS = 2.0
_MEASURES = {
    Action.LABEL: ActionKind.LABEL,
    Action.LIMIT: ActionKind.LIMIT,
    Action.HOLD: ActionKind.HOLD,
    Action.BLOCK: ActionKind.REMOVE,
}


NOT_EXAMINED = Reason(
    "not_examined",
    "",
    Action.HOLD,
    "Its files could not be examined, so a person looks at it.",
    "تعذّر فحص ملفاته، لذلك سينظر فيه شخص.",
)
"""Of what failed ATTEMPTS times."""


def write(connection: Connection, fresh: Sequence[Assessment]) -> None:
    """Note the late checks among fresh verdicts, and finish those that final verdicts follow."""
    for one in fresh:
        if one.verdict.pending:
            new = LateCheck(one.verdict.id, one.request.scope, one.request.who, 0)
            late_checks.insert(connection, new, now_us() + int(OVERTAKEN_SECONDS * 1_000_000))
        elif one.request.follows:
            _finish(connection, one)


def _finish(connection: Connection, final: Assessment) -> None:
    first = verdicts.get(connection, final.request.follows)
    late_checks.remove(connection, final.request.follows)
    if first is None:
        return
    if final.verdict.action.severity > first.action.severity:
        actions.enqueue(connection, [_measure(final, first.id)])
    lost = NOT_EXAMINED in final.verdict.reasons
    if first.action.severity < Action.HOLD.severity and not lost:  # its files were kept for this alone
        for kept in evidence.listed(connection, verdict=first.id):
            evidence.set_keep_until(connection, kept.id, now_us())


def _measure(final: Assessment, first: str) -> NewAction:
    event, verdict = final.request.event, final.verdict
    payload: dict[str, Any] = {"verdict": verdict.id, "first_verdict": first}
    if event.account is not None:
        payload["account"] = event.account.id
    if event.channel is not None:
        payload["channel"] = event.channel.id
    if verdict.appeal_url:
        payload["statement"] = {"appeal_url": verdict.appeal_url}
    return NewAction(
        decision=verdict.id,
        case=verdict.case,
        subject=subject_of(event),
        kind=_MEASURES[verdict.action],
        policy=verdict.policy,
        payload=payload,
        not_before=to_datetime(now_us()),
    )


def following(request: CheckRequest, verdict: str) -> CheckRequest:
    """Return the request whose answer is the final verdict."""
    return CheckRequest(
        request.event, request.files, request.scope, None, request.request_hash, who=request.who, follows=verdict
    )


class LateChecks:
    """Finishes what processes that died had answered; and matches the files that came with reports."""

    def __init__(
        self,
        database: Database,
        open_evidence: Callable[[str, str, str], bytes],
        check_now: Callable[[Sequence[CheckRequest]], Sequence[CheckAnswer | SiyajError]],
        record_now: Callable[[Sequence[Assessment]], Sequence[CheckAnswer | SiyajError]],
        match_reported: Callable[[str], None],
    ) -> None:
        self._database = database
        self._open = open_evidence
        self._check_now = check_now
        self._record_now = record_now
        self._match_reported = match_reported

    def work(self) -> int:
        """Finish one; return how many were. Raises StorageUnavailable: it is tried again."""
        now = now_us()
        with self._database.begin() as connection:
            late = late_checks.claim(connection, now, now + int(OVERTAKEN_SECONDS * 1_000_000))
        if late is None:
            return 0
        result: CheckAnswer | SiyajError | None = None
        try:
            if late.scope == REPORTED:
                self._match_reported(late.verdict)
            else:
                (result,) = self._check_now([self._request(late)])
        except SiyajError as error:
            result = error
        if isinstance(result, StorageUnavailable):
            raise result
        if isinstance(result, SiyajError) and late.attempts >= ATTEMPTS:
            log.error("the late check of %s cannot be made: %s", late.verdict, result)
            self._leave_to_a_person(late)
            with self._database.begin() as connection:
                late_checks.remove(connection, late.verdict)
                audit.write(connection, "system", "late_check.lost", late.verdict, why=result.message)
        return 1

    def _leave_to_a_person(self, late: LateCheck) -> None:
        """What could not be examined is held: the final verdict says so, and opens a case with its files."""
        with self._database.read() as connection:
            first = verdicts.get(connection, late.verdict)
        if first is None:
            return
        before = msgspec.json.decode(first.record, type=Record)
        record = msgspec.structs.replace(before, reasons=[NOT_EXAMINED, *before.reasons])
        request = CheckRequest(before.event, [], late.scope, None, b"", who=late.who, follows=late.verdict)
        held = Verdict(
            new_id("ver"), before.event.id, Action.HOLD, first.policy, [NOT_EXAMINED, *before.reasons], pending=False
        )
        self._record_now([Assessment(request, held, record, first.policy_version, [])])

    def _request(self, late: LateCheck) -> CheckRequest:
        with self._database.read() as connection:
            first = verdicts.get(connection, late.verdict)
            kept = evidence.listed(connection, verdict=late.verdict)
        if first is None:
            raise SiyajError("its verdict is not there")
        event = verdicts.event_of(first)
        files = [MediaFile(one.name, self._open(one.id, "system", "its check is finished")) for one in kept]
        return CheckRequest(
            event, files, late.scope, None, hash_request(event, files), who=late.who, follows=late.verdict
        )
