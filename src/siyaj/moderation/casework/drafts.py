"""Whether a draft can be decided: context is asked before removal, and an action fits what it is done to."""

from siyaj.model.action import ActionKind
from siyaj.model.case import Case, CaseOrigin
from siyaj.model.decision import Draft, Exemption
from siyaj.model.errors import InvalidRequest
from siyaj.model.report import SubjectKind
from siyaj.moderation.casework.strikes import concerned
from siyaj.policy.evaluate import Policy
from siyaj.policy.ladder import FITTING

SEVERE = frozenset({ActionKind.REMOVE, ActionKind.SUSPEND_ACCOUNT, ActionKind.CLOSE_CHANNEL})
REVERSALS: dict[SubjectKind, frozenset[ActionKind]] = {
    SubjectKind.ITEM: frozenset({ActionKind.RESTORE}),
    SubjectKind.ACCOUNT: frozenset({ActionKind.REINSTATE_ACCOUNT, ActionKind.RESTORE}),
    SubjectKind.CHANNEL: frozenset({ActionKind.REOPEN_CHANNEL, ActionKind.RESTORE}),
}
"""What takes back what was done before: for appeals and corrections."""
REVERSING = frozenset().union(*REVERSALS.values())


def refuse(draft: Draft, case: Case, policy: Policy) -> None:
    """Raises InvalidRequest naming the field, unless the draft can be decided in this case."""
    if any("\0" in text for text in (draft.policy, draft.organisation, draft.reasons, draft.deviation, draft.bank)):
        raise InvalidRequest("a text must not hold a NUL character")
    kind = case.subject.kind
    fitting = FITTING[kind] | (REVERSALS[kind] if case.origin is CaseOrigin.APPEAL else frozenset())
    if draft.action not in fitting:
        known = ", ".join(sorted(fitting))
        raise InvalidRequest(
            f"{draft.action.value!r} cannot be done to a subject of the kind {kind.value!r}",
            field="action",
            hint=f"one of {known}",
        )
    _measures(draft, case)
    acts = {draft.action, *(measure.action for measure in draft.also)}
    if draft.exemption is not Exemption.NONE and acts & SEVERE:
        raise InvalidRequest(
            f"what is {draft.exemption.value!r} is not removed, suspended or closed",
            field="exemption",
            hint="label or limit it, or answer `none` where no exemption applies",
        )
    _policy(draft, policy)
    if draft.bank and (draft.action in REVERSING | {ActionKind.NONE} or draft.exemption is not Exemption.NONE):
        raise InvalidRequest("only what breaks the policy is banked", field="bank")
    if draft.bank and kind is not SubjectKind.ITEM:
        raise InvalidRequest("only items are banked", field="bank")
    if draft.copies and case.copy_key is None:
        raise InvalidRequest("nothing is known of exact copies of this", field="copies")


def _policy(draft: Draft, policy: Policy) -> None:
    if not draft.policy:
        if draft.action not in REVERSING | {ActionKind.NONE} or draft.also:
            raise InvalidRequest("what is acted on breaks a policy: say which", field="policy")
    elif policy.category(draft.policy) is None:
        raise InvalidRequest(f"{draft.policy!r} is not a code of the taxonomy", field="policy")


def _measures(draft: Draft, case: Case) -> None:
    for i, measure in enumerate(draft.also):
        place = f"also[{i}]"
        if measure.on is SubjectKind.ITEM or measure.on is case.subject.kind:
            raise InvalidRequest("say in `action` what is done to the subject itself", field=f"{place}.on")
        if concerned(case, measure.on) is None:
            raise InvalidRequest(f"the {measure.on.value} of this is not known", field=f"{place}.on")
        if measure.action not in FITTING[measure.on] - {ActionKind.NONE}:
            said = f"{measure.action.value!r} cannot be done to a subject of the kind {measure.on.value!r}"
            raise InvalidRequest(said, field=f"{place}.action")
    if len({measure.on for measure in draft.also}) < len(draft.also):
        raise InvalidRequest("one measure for an account, one for a channel", field="also")
