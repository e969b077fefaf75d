"""Undoing a decision before its actions leave: all is as it was, and the row that says so is one more decision."""

from siyaj.banks.curation import Banks
from siyaj.model.action import ActionKind
from siyaj.model.clock import now_us, to_datetime
from siyaj.model.decision import Decision, DecisionKind, Draft, Statement
from siyaj.model.errors import DecisionFinal, Forbidden, NotFound
from siyaj.model.ids import new_id
from siyaj.model.person import Person
from siyaj.moderation.appeals import reversal
from siyaj.moderation.casework import banking, undelivered
from siyaj.moderation.casework.cases import found, who
from siyaj.storage import actions, audit, copies, decisions, leases, reports, strikes
from siyaj.storage.database import Connection
from siyaj.storage.decisions import Effects

_LATE = "an appeal, or a new case, can reverse it"


def undo(connection: Connection, banks: Banks, lease_us: int, decision: str, person: Person) -> list[Decision]:
    """Undo a decision and those on its copies; return what undid them, the decision's own last.

    Raises NotFound, Forbidden, DecisionFinal, AlreadyExists when another undo was first.
    """
    made = found_decision(connection, decision)
    effects = decisions.effects(connection, decision)
    if effects.lead:
        return undo(connection, banks, lease_us, effects.lead, person)
    if made.decided_by != person.id or made.case is None:
        raise Forbidden("only who made a decision can undo it")
    now = now_us()
    if made.superseded_by is not None or to_datetime(now) >= made.effective_at:
        raise DecisionFinal("it cannot be undone any more", hint=_LATE)
    ids = [*effects.copies, decision]
    copies.lock(connection, [one.case for one in decisions.among(connection, ids).values() if one.case is not None])
    undone = [_undo_one(connection, banks, lease_us, found_decision(connection, one), person, now) for one in ids]
    audit.write(connection, who(person), "decision.undo", decision, case=made.case, by=undone[-1].id)
    return undone


def _undo_one(
    connection: Connection, banks: Banks, lease_us: int, made: Decision, person: Person, now: int
) -> Decision:
    assert made.case is not None
    effects = decisions.effects(connection, made.id)
    case = found(connection, made.case, lock=True)
    actions.cancel(connection, made.id)
    if actions.of_decision(connection, made.id):
        raise DecisionFinal("its actions have left", hint=_LATE)
    undone = _undoing(made, person, now)
    strikes.reverse(connection, made.id, undone.id, now)
    reports.reopen_case(connection, made.case)
    lease = None if effects.lead else (person.id, lease_us)
    again = undelivered.put_back(connection, effects)
    leases.reopen(connection, case, effects.key, effects.second_opinion, lease, **again)
    reversal.unsettle(connection, banks, made, effects, who(person))
    banking.take_back(connection, banks, effects.entries, who=who(person))
    decisions.insert(connection, undone, Effects())
    return undone


def _undoing(made: Decision, person: Person, now: int) -> Decision:
    return Decision(
        id=new_id("dec"),
        case=made.case,
        verdict=None,
        subject=made.subject,
        account=made.account,
        channel=made.channel,
        kind=DecisionKind.UNDO,
        draft=Draft(ActionKind.NONE, made.draft.exemption),
        language=made.language,
        decided_by=person.id,
        decided_at=to_datetime(now),
        effective_at=to_datetime(now),
        supersedes=made.id,
        superseded_by=None,
        statement=Statement(),
    )


def found_decision(connection: Connection, decision: str) -> Decision:
    """Raises NotFound."""
    made = decisions.get(connection, decision)
    if made is None:
        raise NotFound(f"there is no decision {decision[:80]!r}")
    return made
