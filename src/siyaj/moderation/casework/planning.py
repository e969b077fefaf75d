"""What a draft comes to: the actions, the strikes, the statement. Preview and decision use this one plan, so that what
was shown is what happens."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct

from siyaj.model.action import ActionKind
from siyaj.model.case import Case, CaseOrigin
from siyaj.model.clock import to_datetime, to_us
from siyaj.model.decision import Decision, Draft, Exemption, PlannedAction, Statement
from siyaj.model.report import Subject, SubjectKind
from siyaj.moderation.appeals import statements, wording
from siyaj.moderation.appeals.statements import Links
from siyaj.moderation.casework import strikes
from siyaj.moderation.casework.drafts import REVERSING
from siyaj.moderation.casework.strikes import Weighed, concerned
from siyaj.policy.evaluate import Policy
from siyaj.storage import mails, reports
from siyaj.storage.actions import NewAction
from siyaj.storage.database import Connection
from siyaj.storage.mails import Due


class Plan(Struct):
    """`tells` is whom the statement goes to, if anybody is affected."""

    actions: list[PlannedAction]
    weighed: Weighed
    statement: Statement
    tells: Subject | None
    effective_at: datetime


class Planner(Struct):
    """Plans by a policy. Reads, and writes nothing."""

    policy: Policy
    links: Links

    def plan(self, connection: Connection, case: Case, draft: Draft, decision: str, now: int) -> Plan:
        """Return what the draft comes to as the decision with this id, made now."""
        moment = to_datetime(now)
        weighed = strikes.weigh(connection, self.policy, case, draft, moment)
        actions = _actions(case, draft)
        acts = draft.action is not ActionKind.NONE and draft.action not in REVERSING
        tells = _affected(case) if acts or draft.also else None
        days = weighed.days.get((case.subject, draft.action))
        statement = statements.write(
            case,
            draft,
            self.policy,
            url=self.links.appeal(f"decision:{decision}"),
            until=self.links.until(moment),
            ends=moment + timedelta(days=days) if days is not None else None,
        )
        effective = moment + timedelta(seconds=self.links.settings.undo_seconds)
        return Plan(actions, weighed, statement if tells is not None else Statement(), tells, effective)

    def outgoing(self, case: Case, made: Decision, plan: Plan) -> list[NewAction]:
        """Return what leaves: the actions, then the statement to who is affected."""
        told = msgspec.to_builtins(made.statement)
        sent = []
        for action in plan.actions:
            payload: dict[str, Any] = {"statement": told} if plan.tells is not None else {}
            if action.subject.kind is SubjectKind.CHANNEL and action.subject != case.subject:
                payload["statement"] = msgspec.to_builtins(self._to_channel(case, made, plan, action))
            payload |= {"account": case.account} if case.account else {}
            payload |= {"channel": case.channel} if case.channel else {}
            if (days := plan.weighed.days.get((action.subject, action.kind))) is not None:
                payload["days"] = days
            sent.append(self.action(made, action.kind, action.subject, payload))
        if plan.tells is not None:
            to = msgspec.to_builtins(plan.tells)
            sent.append(self.action(made, ActionKind.NOTIFY, plan.tells, {"to": to, "statement": told}))
        return sent

    def _to_channel(self, case: Case, made: Decision, plan: Plan, action: PlannedAction) -> Statement:
        """Return what the people of a channel are told of what is done to it because of an item in it."""
        days = plan.weighed.days.get((action.subject, action.kind))
        return statements.write(
            msgspec.structs.replace(case, subject=action.subject),
            msgspec.structs.replace(made.draft, action=action.kind, also=[]),
            self.policy,
            url=self.links.appeal(f"decision:{made.id}"),
            until=self.links.until(made.decided_at),
            ends=made.decided_at + timedelta(days=days) if days is not None else None,
        )

    def action(self, made: Decision, kind: ActionKind, subject: Subject, payload: dict[str, Any]) -> NewAction:
        return NewAction(made.id, made.case, subject, kind, made.draft.policy or None, payload, made.effective_at)


def upheld(draft: Draft) -> bool | None:
    """Say whether a decision agrees with the reports; None: what was reported is there, and protected."""
    if draft.action is not ActionKind.NONE or draft.also:
        return True
    return False if draft.exemption is Exemption.NONE else None


def tell_reporters(connection: Connection, case: str, made: Decision) -> None:
    """Close a case's reports with what this decision means for them; called again, it replaces what was said."""
    agrees = upheld(made.draft)
    outcome = wording.TOLD[wording.language_of(made.language)][agrees]
    reports.close_case(connection, case, upheld=agrees, outcome=outcome)
    mails.want(connection, Due.OUTCOME, to_us(made.effective_at), case=case)  # by then it cannot be undone any more


def _actions(case: Case, draft: Draft) -> list[PlannedAction]:
    """A case about what was held needs an answer also when nothing is done: the platform waits for it."""
    planned = []
    if draft.action is not ActionKind.NONE:
        planned.append(PlannedAction(draft.action, case.subject))
    elif case.verdicts and case.subject.kind is SubjectKind.ITEM and case.origin is CaseOrigin.CONTENT:
        planned.append(PlannedAction(ActionKind.RESTORE, case.subject))
    for measure in draft.also:
        subject = concerned(case, measure.on)
        if subject is not None:
            planned.append(PlannedAction(measure.action, subject))
    return planned


def _affected(case: Case) -> Subject | None:
    return concerned(case, SubjectKind.ACCOUNT) or concerned(case, SubjectKind.CHANNEL)
