"""Reconciliation: what the state of a subject should be, from actions in force, last decision, last verdict."""

from collections.abc import Iterable

import msgspec
from msgspec import Struct

from siyaj.model.action import UNDO, ActionKind, PlatformAction
from siyaj.model.report import Subject, SubjectKind
from siyaj.model.state import Standing, SubjectState
from siyaj.model.verdict import Action
from siyaj.storage import actions, states, verdicts
from siyaj.storage.database import Connection, Database
from siyaj.storage.states import Decided
from siyaj.storage.verdicts import VerdictRow

_BY_ACTION = {
    ActionKind.LABEL: Standing.LABELLED,
    ActionKind.LIMIT: Standing.LIMITED,
    ActionKind.HOLD: Standing.HELD,
    ActionKind.REMOVE: Standing.REMOVED,
    ActionKind.SUSPEND_ACCOUNT: Standing.SUSPENDED,
    ActionKind.CLOSE_CHANNEL: Standing.CLOSED,
}
"""From mildest to strictest."""
_BY_VERDICT = {
    Action.ALLOW: Standing.ALLOWED,
    Action.LABEL: Standing.LABELLED,
    Action.LIMIT: Standing.LIMITED,
    Action.HOLD: Standing.HELD,
    Action.BLOCK: Standing.BLOCKED,
}


class _Answer(Struct):
    appeal_url: str | None = None
    pending: bool = False


def state_of(database: Database, subject: Subject) -> SubjectState:
    """Return what should be. Raises StorageUnavailable."""
    with database.read() as connection:
        force = in_force(actions.of_subject(connection, subject))
        decided = states.last_decision(connection, subject)
        verdict = _last_verdict(connection, subject)
    if force:
        return _by_actions(subject, force, decided)
    if decided is not None and (verdict is None or decided.decided_at >= verdict.created_at):
        return SubjectState(
            subject,
            Standing.ALLOWED,
            policy=decided.policy,
            decision=decided.id,
            case=decided.case,
            appeal_url=decided.appeal_url,
            since=decided.decided_at,
        )
    if verdict is not None:
        return _by_verdict(subject, verdict)
    return SubjectState(subject, Standing.ALLOWED)


def in_force(done: Iterable[PlatformAction]) -> list[PlatformAction]:
    """Return the actions that nothing took back, the mildest first; of each kind the newest."""
    force: dict[ActionKind, PlatformAction] = {}
    for action in done:
        if action.kind in _BY_ACTION:
            force[action.kind] = action
        else:
            for kind in [kind for kind in force if UNDO[kind] is action.kind]:
                del force[kind]
    return [force[kind] for kind in _BY_ACTION if kind in force]


def _by_actions(subject: Subject, force: list[PlatformAction], decided: Decided | None) -> SubjectState:
    strictest = force[-1]
    statement = strictest.payload.get("statement")
    told = statement.get("appeal_url") if isinstance(statement, dict) else None
    known = decided.appeal_url if decided is not None and decided.id == strictest.decision else None
    return SubjectState(
        subject,
        _BY_ACTION[strictest.kind],
        [action.kind for action in force],
        strictest.policy,
        strictest.decision,
        case=strictest.case,
        appeal_url=told or known,
        since=strictest.created_at,
    )


def _by_verdict(subject: Subject, verdict: VerdictRow) -> SubjectState:
    answer = msgspec.json.decode(verdict.answer, type=_Answer)
    return SubjectState(
        subject,
        _BY_VERDICT[verdict.action],
        policy=verdict.policy,
        verdict=verdict.id,
        case=verdict.case_id,
        appeal_url=answer.appeal_url,
        since=verdict.created_at,
        pending=answer.pending,
    )


def _last_verdict(connection: Connection, subject: Subject) -> VerdictRow | None:
    if subject.kind is not SubjectKind.ITEM:
        return None
    return next(iter(verdicts.by_event(connection, subject.id, limit=1)), None)
