"""What deciding an appeal takes back: the actions, the strikes, and the bank entry that the first decision made."""

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from siyaj.banks.curation import Banks
from siyaj.model.action import UNDO, ActionKind
from siyaj.model.appeal import Appeal, AppealState, Side
from siyaj.model.case import Case, CaseOrigin
from siyaj.model.clock import to_us
from siyaj.model.decision import Decision, DecisionKind, PlannedAction
from siyaj.model.report import Subject
from siyaj.moderation.appeals import wording
from siyaj.moderation.casework import banking, planning
from siyaj.moderation.casework.planning import Planner
from siyaj.storage import actions, appeals, decisions, mails, strikes
from siyaj.storage.database import Connection
from siyaj.storage.decisions import Effects
from siyaj.storage.mails import Due

POLICY = "policy"
"""Who decided what no person did."""


class Settling(Struct):
    """What it takes to settle the appeals that wait in a case by the decision that closes it, before that is written.

    `planned` are the actions of the decision itself; they follow those that take back.
    """

    planner: Planner
    banks: Banks
    case: Case
    made: Decision
    planned: Sequence[PlannedAction]
    effects: Effects
    who: str

    def settle(self, connection: Connection) -> None:
        for appeal in appeals.of_case(connection, self.case.id, open_only=True):
            first = decisions.get(connection, appeal.decision)
            if first is not None:
                self._settle(connection, appeal, first)

    def _settle(self, connection: Connection, appeal: Appeal, first: Decision) -> None:
        made, own = self.made, self.case.origin is CaseOrigin.APPEAL
        overturned = _overturns(self.case, made, appeal.side)
        if overturned or not own:
            made.supersedes = made.supersedes or decisions.last_in_chain(connection, first.id)
        if overturned:
            self._reverse(connection, first)
        told = wording.APPEALED[wording.language_of(appeal.language or self.case.language)][overturned]
        state = AppealState.OVERTURNED if overturned else AppealState.UPHELD
        at = to_us(made.decided_at)
        appeals.settle(connection, appeal.id, state=state, by=made.decided_by, at=at, outcome=told, decision=made.id)
        mails.want(connection, Due.OUTCOME, to_us(made.effective_at), id=appeal.id)
        self.effects.appeals.append(appeal.id)
        if first.case is not None and own and overturned:
            planning.tell_reporters(connection, first.case, made if appeal.side is Side.REPORTER else _nothing(made))
        if appeal.side is Side.AFFECTED:
            _tell(connection, self.planner, appeal, made, told)

    def _reverse(self, connection: Connection, first: Decision) -> None:
        """Take back what a decision did: on the platform, as strikes, and in the banks."""
        planned = {(action.kind, action.subject) for action in self.planned}
        back = [one for one in _backward(connection, first) if one not in planned]
        actions.enqueue(connection, [self.planner.action(self.made, kind, subject, {}) for kind, subject in back])
        self.effects.reversed += strikes.reverse(connection, first.id, self.made.id, to_us(self.made.decided_at))
        banked = decisions.effects(connection, first.id).entries
        banking.take_back(connection, self.banks, banked, who=self.who)
        self.effects.unbanked += banked


def unsettle(connection: Connection, banks: Banks, made: Decision, effects: Effects, who: str) -> None:
    """The decision that settled appeals, or took the place of one that was not carried out, is undone: appeals wait
    again, and what it reversed stands again."""
    if not effects.appeals and not effects.undelivered:
        return
    strikes.revive(connection, effects.reversed)
    banking.give_back(connection, banks, effects.unbanked, who=who)
    for appeal in (appeals.get(connection, one) for one in effects.appeals):
        first = decisions.get(connection, appeal.decision) if appeal is not None else None
        if first is not None and first.case is not None and made.kind is DecisionKind.APPEAL:
            planning.tell_reporters(connection, first.case, first)
    appeals.reopen(connection, made.id)


def _overturns(case: Case, made: Decision, side: Side) -> bool:
    """In an appeal's own case nothing done means that the first decision stands. In the case of something held, which
    the policy alone had decided, nothing done means that it may be seen."""
    acts = made.action is not ActionKind.NONE or bool(made.draft.also)
    return acts if case.origin is CaseOrigin.APPEAL or side is Side.REPORTER else not acts


def _backward(connection: Connection, first: Decision) -> list[tuple[ActionKind, Subject]]:
    done = [(action.kind, action.subject) for action in actions.of_decision(connection, first.id)]
    if first.decided_by == POLICY:
        done.append((first.action, first.subject))
    return [(UNDO[kind], subject) for kind, subject in done if kind in UNDO]


def _nothing(made: Decision) -> Decision:
    """Return the decision as reporters of what was restored see it: their reports were not upheld."""
    draft = msgspec.structs.replace(made.draft, action=ActionKind.NONE, also=[])
    return msgspec.structs.replace(made, draft=draft)


def _tell(connection: Connection, planner: Planner, appeal: Appeal, made: Decision, told: str) -> None:
    subject = made.subject
    payload = {
        "to": msgspec.to_builtins(subject),
        "account": made.account,
        "appeal": appeal.id,
        "outcome": told,
        "contact": appeal.contact,
    }
    actions.enqueue(connection, [planner.action(made, ActionKind.NOTIFY, subject, payload)])
