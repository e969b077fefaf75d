"""A decision that a platform did not carry out: its case is open again, and says so; what is done about it then.

The decision stands, with its strikes and what was said of it: nothing of that is done twice. The case closes by itself
when a later try succeeds; a person may try again, close it as it is (it was done by hand), or decide otherwise.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from siyaj.banks.curation import Banks
from siyaj.model.action import UNDO, ActionKind, Delivery, DeliveryState, PlatformAction
from siyaj.model.case import Case, CaseOrigin, CaseState
from siyaj.model.clock import now_us, to_us
from siyaj.model.decision import Decision, Draft, PlannedAction, Preview, Proposal
from siyaj.model.errors import InvalidRequest
from siyaj.model.person import Person
from siyaj.model.verdict import Action, Reason
from siyaj.moderation.casework import banking, priority
from siyaj.moderation.casework.cases import found, held, noting_refusals, who
from siyaj.moderation.patience import patiently
from siyaj.policy.channel_state import isolated
from siyaj.storage import actions, audit, cases, decisions, deliveries, delivery_list, leases, notes, strikes
from siyaj.storage.database import Connection, Database
from siyaj.storage.decisions import Effects

WHO = "system"
RULE = "delivery:"
"""Begins the rule of the reasons that say so; the action's kind follows."""
_DONE = (DeliveryState.DELIVERED, DeliveryState.CANCELLED, DeliveryState.UNAVAILABLE)
_SAID = {
    "en": "{endpoint} did not carry out “{deed}”: {error}. Try again, or decide otherwise.",
    "ar": "لم تنفّذ {endpoint} الإجراء «{deed}»: {error}. أعد المحاولة أو اتخذ قرارًا آخر.",
}
_DEEDS = {
    ActionKind.LABEL: ("label", "وضع تحذير"),
    ActionKind.LIMIT: ("limit", "الحد من الانتشار"),
    ActionKind.HOLD: ("hold back", "الحجب إلى حين القرار"),
    ActionKind.REMOVE: ("remove", "الإزالة"),
    ActionKind.SUSPEND_ACCOUNT: ("suspend the account", "تعليق الحساب"),
    ActionKind.CLOSE_CHANNEL: ("close the channel", "إغلاق القناة"),
    ActionKind.RESTORE: ("restore", "الإعادة"),
    ActionKind.REINSTATE_ACCOUNT: ("reinstate the account", "إعادة تفعيل الحساب"),
    ActionKind.REOPEN_CHANNEL: ("reopen the channel", "إعادة فتح القناة"),
    ActionKind.NOTIFY: ("tell those concerned", "إبلاغ المعنيين"),
}


class Undelivered:
    """What a person does about it who holds the case. Safe for many threads and processes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def try_again(self, case: str, person: Person, version: int) -> Case:
        """Let what failed be tried again, and close the case; when it fails again, the case is open again.

        Raises NotFound, StaleVersion, CaseHeld, Forbidden, InvalidRequest when there is nothing to try.
        """

        def write(connection: Connection) -> Case:
            there = held(connection, case, person, version)
            if not again(connection, there, person):
                raise InvalidRequest("something later was done there: nothing can be tried again", field="delivery")
            return found(connection, case)

        with noting_refusals(self._database, person, "case.try_again", case):
            return patiently(self._database, write)

    def accept(self, case: str, person: Person, version: int, why: str = "") -> Case:
        """Close the case as it is: it was done by hand, or nothing is left to do. The reason becomes a note.

        Raises NotFound, StaleVersion, CaseHeld, Forbidden, InvalidRequest.
        """

        def write(connection: Connection) -> Case:
            there = held(connection, case, person, version)
            decision = _of(there)
            if why.strip():
                notes.add(connection, case, person.id, why.strip(), [])
            deliveries.abandon(connection, decision)
            close(connection, there)
            audit.write(connection, who(person), "case.accept", case, decision=decision, why=why)
            return found(connection, case)

        with noting_refusals(self._database, person, "case.accept", case):
            return patiently(self._database, write)


def open_again(connection: Connection, action: PlatformAction, endpoint: str, error: str) -> None:
    """A delivery was given up on: open the case of its decision again, without a holder, with its own time to decide.

    A case that was decided otherwise since stays as it is.
    """
    case = cases.get(connection, action.case, lock=True) if action.case is not None else None
    if case is None or action.decision not in (case.decision, case.undelivered):
        return
    decided = decisions.get(connection, action.decision)
    if decided is None or decided.superseded_by is not None:
        return
    points, why = priority.undelivered(case.priority, case.priority_reasons)
    now = now_us()
    values = {
        "undelivered": action.decision,
        "reasons": msgspec.json.encode(_reasons(case, action, endpoint, error)),
        "priority": points,
        "rank": 100 - points,
        "priority_reasons": msgspec.json.encode(why).decode(),
        "deadline": now + to_us(case.deadline) - to_us(case.opened_at),
    }
    if case.state is CaseState.CLOSED:
        key = decisions.effects(connection, action.decision).key
        leases.reopen(connection, case, key, case.second_opinion.value, None, **values)
        audit.write(connection, WHO, "case.undelivered", case.id, decision=action.decision, action=action.id)
    else:
        del values["deadline"]
        leases.change(connection, case.id, **values)


def waiting(connection: Connection, action: PlatformAction) -> Case | None:
    """Return the case, locked, that is open because the decision of this action was not carried out."""
    case = cases.get(connection, action.case) if action.case is not None else None
    if case is None or case.undelivered != action.decision:
        return None
    return cases.get(connection, case.id, lock=True)


def carried_out(connection: Connection, case: Case) -> None:
    """Something of its decision arrived: when nothing of it is left to do, the case closes by itself."""
    if case.undelivered is None or case.state is CaseState.CLOSED:
        return
    if all(one.state in _DONE for one in _deliveries(connection, case.undelivered)):
        close(connection, case)
        audit.write(connection, WHO, "case.delivered", case.id, decision=case.undelivered)


def again(connection: Connection, case: Case, person: Person) -> bool:
    """Let what failed be tried again, and close the case, which this transaction has locked. False: nothing failed."""
    decision = _of(case)
    replayed, _late = deliveries.replay(connection, decision=decision)
    if not replayed:
        return False
    close(connection, case)
    audit.write(connection, who(person), "case.try_again", case.id, decision=decision, deliveries=replayed)
    return True


def same(first: Decision, draft: Draft) -> bool:
    """Say whether a draft comes to what was decided: then trying again is all that it asks for."""
    plain = {"reasons": "", "deviation": "", "bank": "", "copies": False}
    return msgspec.structs.replace(first.draft, **plain) == msgspec.structs.replace(draft, **plain)


def preview(connection: Connection, first: Decision, effective_at: datetime) -> Preview:
    """Return what deciding in the same way changes: what failed is tried again, and nothing else."""
    failed = {one.action for one in _deliveries(connection, first.id) if one.state is DeliveryState.DEAD}
    tried = [one for one in actions.of_decision(connection, first.id) if one.id in failed]
    planned = [PlannedAction(one.kind, one.subject) for one in tried]
    return Preview(planned, [], Proposal(), False, [], None, None, effective_at)


def to_take_back(connection: Connection, case: Case, planned: Sequence[PlannedAction]) -> list[PlannedAction]:
    """Return what the platform is to take back, beside what is planned: what it did of a decision that it carried out
    in part."""
    if case.undelivered is None:
        return []
    arrived = _arrived(connection, case.undelivered)
    done = [one for one in actions.of_decision(connection, case.undelivered) if one.id in arrived and one.kind in UNDO]
    back = [PlannedAction(UNDO[one.kind], one.subject) for one in done]
    return [one for one in back if one not in planned]


def replace(
    connection: Connection,
    banks: Banks,
    case: Case,
    made: Decision,
    effects: Effects,
    planned: Sequence[PlannedAction],
    by: str,
) -> list[PlannedAction]:
    """A person decides otherwise, by `made`, which is about to be written: take back what the first decision left.

    Return what the platform is to take back. Raises InvalidRequest: what was said of an appeal stands.
    """
    first = _of(case)
    if case.origin is CaseOrigin.APPEAL:
        raise InvalidRequest("the appeal was answered: try again, or close the case as it is", field="appeal")
    back = to_take_back(connection, case, planned)
    made.supersedes = decisions.last_in_chain(connection, first)
    effects.undelivered = first
    effects.reversed += strikes.reverse(connection, first, made.id, to_us(made.decided_at))
    banked = decisions.effects(connection, first).entries
    banking.take_back(connection, banks, banked, who=by)
    effects.unbanked += banked
    arrived = _arrived(connection, first)
    effects.overtaken = [one.id for one in actions.of_decision(connection, first) if one.id not in arrived]
    deliveries.abandon(connection, first)
    actions.set_aside(connection, effects.overtaken, to_us(made.decided_at))
    return back


def put_back(connection: Connection, effects: Effects) -> dict[str, str]:
    """The decision that took the first one's place is undone: return the columns of the case that say so."""
    if not effects.undelivered:
        return {}
    actions.set_aside(connection, effects.overtaken, None)
    deliveries.resume(connection, effects.undelivered)
    return {"undelivered": effects.undelivered}


def close(connection: Connection, case: Case) -> None:
    """Close a case, locked by this transaction, by the decision that it was closed by before."""
    reasons = [one for one in case.reasons if not one.rule.startswith(RULE)]
    leases.close(connection, case.id, _of(case), now_us(), reasons=msgspec.json.encode(reasons))


def _of(case: Case) -> str:
    if case.undelivered is None:
        raise InvalidRequest("what was decided was carried out, or is still on its way", field="delivery")
    return case.undelivered


def _arrived(connection: Connection, decision: str) -> set[str]:
    return {one.action for one in _deliveries(connection, decision) if one.state is DeliveryState.DELIVERED}


def _deliveries(connection: Connection, decision: str) -> list[Delivery]:
    return delivery_list.of_decision(connection, decision)


def _reasons(case: Case, action: PlatformAction, endpoint: str, error: str) -> list[Reason]:
    """What failed stands first, in its order; that nobody could be told is the least of it."""
    deed, deed_ar = _DEEDS[action.kind]
    said = error.strip().rstrip(".")
    text = _SAID["en"].format(endpoint=endpoint, deed=deed, error=said)
    text_ar = _SAID["ar"].format(endpoint=isolated(endpoint), deed=deed_ar, error=isolated(said))
    new = Reason(f"{RULE}{action.kind.value}", action.policy or case.policy or "", Action.HOLD, text, text_ar)
    failed = [*(one for one in case.reasons if one.rule.startswith(RULE) and one.rule != new.rule), new]
    failed.sort(key=lambda one: one.rule == f"{RULE}{ActionKind.NOTIFY.value}")
    return [*failed, *(one for one in case.reasons if not one.rule.startswith(RULE))]
