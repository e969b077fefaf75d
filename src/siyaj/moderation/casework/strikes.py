"""What the ladder says to a draft: which strikes it leaves, and what they add up to."""

from datetime import datetime, timedelta

from msgspec import Struct

from siyaj.model.action import ActionKind
from siyaj.model.case import Case
from siyaj.model.clock import to_us
from siyaj.model.decision import Draft, Exemption, Measure, PlannedStrike, Proposal
from siyaj.model.report import Subject, SubjectKind
from siyaj.policy.evaluate import Policy
from siyaj.storage import strikes
from siyaj.storage.database import Connection

ON = (SubjectKind.ACCOUNT, SubjectKind.CHANNEL)


class Weighed(Struct):
    """`deviates`: the draft is not what is proposed. `days`: how long each measure lasts, where the ladder says so."""

    strikes: list[PlannedStrike]
    proposal: Proposal
    deviates: bool
    days: dict[tuple[Subject, ActionKind], int]


def concerned(case: Case, kind: SubjectKind) -> Subject | None:
    """Return the account or channel that a case concerns: its own subject, or who posted it, or where."""
    if case.subject.kind is kind:
        return case.subject
    id_ = case.account if kind is SubjectKind.ACCOUNT else case.channel
    return Subject(kind, id_) if id_ and kind is not SubjectKind.ITEM else None


def all_concerned(case: Case) -> list[Subject]:
    """Return the case's subject, and its account and channel where they are known."""
    return [case.subject, *(subject for kind in ON if (subject := concerned(case, kind)) is not None)]


def weigh(connection: Connection, policy: Policy, case: Case, draft: Draft, now: datetime) -> Weighed:
    """Ask the ladder. A draft without a policy, or with an exemption that applies, leaves no strike and has no
    proposal. The strikes of a decision that is about to be replaced, for it was not carried out, do not count."""
    if not draft.policy or draft.exemption is not Exemption.NONE:
        return Weighed([], Proposal(), False, {})
    severity = policy.severity(draft.policy)
    live = {
        subject: strikes.weight(connection, subject, to_us(now), without=case.undelivered)
        for kind in ON
        if (subject := concerned(case, kind)) is not None
    }
    left = _left(policy, draft, severity, live, now)
    proposal, days = _proposal(policy, case, draft.policy, severity, live)
    deviates = proposal.action is not None and (
        draft.action is not proposal.action or set(draft.also) != set(proposal.also)
    )
    return Weighed(left, proposal, deviates, days)


def _left(policy: Policy, draft: Draft, severity: int, live: dict[Subject, int], now: datetime) -> list[PlannedStrike]:
    """What is done to an account itself weighs on that account: the weightiest strike of all the draft's actions."""
    planned = []
    for subject, weight in live.items():
        actions = [draft.action, *(measure.action for measure in draft.also if measure.on is subject.kind)]
        rules = [policy.ladder.strike(subject.kind, action, draft.policy, severity) for action in actions]
        rule = max((rule for rule in rules if rule), key=lambda rule: rule.weight, default=None)
        if rule is not None:
            ends = now + timedelta(days=rule.days)
            planned.append(PlannedStrike(subject, rule.weight, weight + rule.weight, ends))
    return planned


def _proposal(
    policy: Policy, case: Case, code: str, severity: int, live: dict[Subject, int]
) -> tuple[Proposal, dict[tuple[Subject, ActionKind], int]]:
    days: dict[tuple[Subject, ActionKind], int] = {}
    item = policy.ladder.step(SubjectKind.ITEM, code, severity, 0)
    action = item.then if item is not None and case.subject.kind is SubjectKind.ITEM else None
    also = []
    for subject, weight in live.items():
        # On the account itself any action counts; on the author of an item, what is proposed for the item does.
        rule = policy.ladder.strike(subject.kind, action, code, severity)
        step = policy.ladder.step(subject.kind, code, severity, weight + (rule.weight if rule else 0))
        if step is None:
            continue
        if step.days is not None:
            days[subject, step.then] = step.days
        if subject == case.subject:
            action = step.then
        elif case.subject.kind is SubjectKind.ITEM and step.then is not ActionKind.NONE:
            also.append(Measure(subject.kind, step.then))
    return Proposal(action, also), days
