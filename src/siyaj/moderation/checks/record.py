"""Verdicts are written here, many in one transaction. The caller flushes before an answer leaves: one wait for the
disk serves many answers, and the next batch is judged meanwhile.

Retries are safe because the request key is unique in the table: a request that was answered before gets the
same bytes again, whatever became of the process that answered it.
"""

from collections.abc import Sequence

import msgspec

from siyaj.model.clock import now_us
from siyaj.model.errors import AlreadyExists, IdempotencyMismatch, SiyajError, StorageUnavailable
from siyaj.model.verdict import Action
from siyaj.moderation.about import subject
from siyaj.moderation.checks import late, opening
from siyaj.moderation.checks.assess import Assessment
from siyaj.moderation.checks.requests import CheckAnswer, CheckRequest
from siyaj.moderation.checks.sightings import Pending, Sightings
from siyaj.moderation.evidence.evidence import record as record_evidence
from siyaj.storage import cases, exhibits, verdicts
from siyaj.storage.database import Connection, Database
from siyaj.storage.verdicts import Answered, NewVerdict

_ENCODER = msgspec.json.Encoder()
_ATTEMPTS = 4

Result = CheckAnswer | SiyajError


def record(
    database: Database,
    batch: Sequence[Assessment],
    first_review_us: int,
    sightings: Sightings,
    *,
    ask_first: bool = True,
) -> list[Result]:
    """Write a batch and return its answers, which may leave once `database.flush` was called. Raises
    StorageUnavailable; then nothing was written.

    Without `ask_first` the batch is written as if nothing in it had been answered before: the table refuses a second
    row for a request, and then it is asked. That is quicker where retries are few.
    """
    keys = [one.request.request_key for one in batch]
    for attempt in range(_ATTEMPTS):
        try:
            with database.begin(durable=False) as connection:
                known = verdicts.answered(connection, keys) if ask_first or attempt else {}
                results, pending = _write(connection, batch, known, first_review_us, sightings)
        except AlreadyExists:
            continue  # it was answered before, or another process opened the same case first: read again
        sightings.settle(pending)
        return results
    raise StorageUnavailable("another process keeps writing the same verdicts", hint="retry")


def answer_before(database: Database, request: CheckRequest) -> Result | None:
    """Return what this request was answered with before, if it was."""
    with database.read() as connection:
        before = verdicts.answered(connection, [request.request_key]).get(request.request_key)
    if before is None:
        return None
    database.flush()  # another process may just have written it
    return _again(request, before)


def _write(
    connection: Connection,
    batch: Sequence[Assessment],
    known: dict[str, Answered],
    first_review_us: int,
    sightings: Sightings,
) -> tuple[list[Result], Pending]:
    fresh: dict[str, Assessment] = {}
    for one in batch:
        if one.request.request_key not in known:
            fresh.setdefault(one.request.request_key, one)
    new = list(fresh.values())
    _open_cases(connection, [one for one in new if one.verdict.action is Action.HOLD], first_review_us)
    now = now_us()
    rows = {key: _row(one, now) for key, one in fresh.items()}
    verdicts.insert(connection, list(rows.values()))
    _keep_evidence(connection, new)
    late.write(connection, new)
    exhibits.insert(connection, [(one.verdict.id, each) for one in new for each in one.exhibits])
    # What is pending is counted when it is final; a reported file when its item was checked.
    final = [one for one in new if not (one.verdict.pending or one.request.reported)]
    pending = sightings.write(connection, final)
    known |= {key: Answered(row.request_hash, row.answer) for key, row in rows.items()}
    return [
        CheckAnswer(rows[one.request.request_key].answer)
        if fresh.get(one.request.request_key) is one
        else _again(one.request, known[one.request.request_key])
        for one in batch
    ], pending


def _again(request: CheckRequest, before: Answered) -> Result:
    if before.request_hash == request.request_hash:
        return CheckAnswer(before.answer, replayed=True)
    if request.idempotency_key is None:
        return IdempotencyMismatch(
            "this event id was checked before with other content",
            field="id",
            hint="send a fresh Idempotency-Key to check an edited item again",
        )
    return IdempotencyMismatch(
        "this Idempotency-Key was used before with another request", hint="use a fresh key for each new request"
    )


def _row(one: Assessment, now: int) -> NewVerdict:
    request, event, verdict = one.request, one.request.event, one.verdict
    return NewVerdict(
        id=verdict.id,
        request_key=request.request_key,
        request_hash=request.request_hash,
        event_id=event.id,
        kind=event.kind.value,
        account_id=event.account.id if event.account else None,
        channel_id=event.channel.id if event.channel else None,
        action=verdict.action.value,
        policy=verdict.policy,
        policy_version=one.policy_version,
        case_id=verdict.case,
        created_at=now,
        answer=_ENCODER.encode(verdict),
        record=_ENCODER.encode(one.record),
    )


def _open_cases(connection: Connection, held: Sequence[Assessment], first_review_us: int) -> None:
    """Give each held verdict its case: the subject's open one, or a new one."""
    if not held:
        return
    opened = cases.open_ids(connection, {subject(one.request.event) for one in held})
    new, merged = [], []
    now = now_us()
    for one in held:
        key = subject(one.request.event)
        if key in opened:
            merged.append(opening.merged(opened[key], one, now, first_review_us))
        else:
            new.append(opening.opened(one, now, first_review_us))
            opened[key] = new[-1].id
        one.verdict.case = opened[key]
    cases.insert_many(connection, new)
    cases.merge_many(connection, merged)


def _keep_evidence(connection: Connection, fresh: Sequence[Assessment]) -> None:
    """Write the rows of what was sealed before, now that each has its case."""
    for one in fresh:
        for kept in one.sealed:
            kept.evidence.case = one.verdict.case
    record_evidence(connection, [kept for one in fresh for kept in one.sealed])
