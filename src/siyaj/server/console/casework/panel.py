"""The decision panel: what may be chosen on a case, and what was filled in → a draft, or what is still missing."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from siyaj.model.action import UNDO, ActionKind
from siyaj.model.case import Case, CaseOrigin
from siyaj.model.decision import Act, Decision, Draft, Exemption
from siyaj.model.report import SubjectKind
from siyaj.policy.taxonomy import Category
from siyaj.server.console.casework import keys, words
from siyaj.server.console.i18n import gettext as _

LENIENT = (ActionKind.NONE, ActionKind.LABEL, ActionKind.LIMIT)
"""What goes with an exemption that applies."""
_OF_SUBJECT = {
    SubjectKind.ITEM: (
        ActionKind.NONE,
        ActionKind.LABEL,
        ActionKind.LIMIT,
        ActionKind.REMOVE,
        ActionKind.SUSPEND_ACCOUNT,
    ),
    SubjectKind.ACCOUNT: (ActionKind.NONE, ActionKind.LABEL, ActionKind.LIMIT, ActionKind.SUSPEND_ACCOUNT),
    SubjectKind.CHANNEL: (ActionKind.NONE, ActionKind.LABEL, ActionKind.LIMIT, ActionKind.CLOSE_CHANNEL),
}


class Choice(Struct, frozen=True):
    """A button of the panel. `code` is its key's physical position, `cap` what stands on it."""

    value: str
    label: str
    code: str
    cap: str


class Fault(Struct, frozen=True):
    """What keeps a draft from being staged, and at which field."""

    field: str
    message: str


class Filled(Struct):
    """What a form holds: a draft when it can be decided, and what is missing. Texts are kept as they were typed."""

    values: dict[str, str]
    faults: list[Fault]
    draft: Draft | None = None

    def said(self, field: str) -> str:
        """Return what is wrong with a field; empty: nothing."""
        return " ".join(fault.message for fault in self.faults if fault.field == field)


FIELDS = ("action", "exemption", "policy", "organisation", "act", "reasons", "deviation", "bank", "copies")


def actions(case: Case, appealed: Decision | None = None) -> list[Choice]:
    """Return what can be done about a case. An appeal is upheld (`none`) or reverses what was decided."""
    if case.origin is CaseOrigin.APPEAL and appealed is not None:
        back = UNDO.get(appealed.action, ActionKind.RESTORE)
        return [
            _action(ActionKind.NONE, _("The decision stands")),
            _action(back, _("Overturn: %(action)s") % {"action": _(words.ACTIONS[back])}),
        ]
    offered = _OF_SUBJECT[case.subject.kind]
    if case.subject.kind is SubjectKind.ITEM and case.account is None:
        offered = offered[:-1]
    return [_action(kind, _(words.ACTIONS[kind])) for kind in offered]


def _action(kind: ActionKind, label: str) -> Choice:
    code = keys.ACTIONS[kind]
    return Choice(kind.value, label, code, keys.cap(code))


def acts() -> list[Choice]:
    return [Choice(act.value, _(label), keys.ACTS[act], keys.cap(keys.ACTS[act])) for act, label in words.ACTS.items()]


def exemptions() -> list[Choice]:
    return [
        Choice(one.value, _(label), keys.EXEMPTIONS[one], keys.cap(keys.EXEMPTIONS[one]))
        for one, label in words.EXEMPTIONS.items()
    ]


def policies(taxonomy: Sequence[Category]) -> list[tuple[str, str]]:
    """Return (code, title), each kind below what it is a kind of."""
    return [
        (category.code, "— " * category.code.count(".") + words.reason_text(category.title, category.title_ar))
        for category in sorted(taxonomy, key=lambda one: one.code)
    ]


def start(case: Case) -> dict[str, str]:
    """Return what the panel holds at first: the policy that the case was opened under, and nothing decided."""
    return dict.fromkeys(FIELDS, "") | {"policy": case.policy or ""}


def read(form: Mapping[str, object]) -> Filled:
    """Read the form. Unknown values count as not chosen."""
    values = {field: str(form.get(field) or "").strip() for field in FIELDS}
    for field, known in (("action", ActionKind), ("exemption", Exemption), ("act", Act)):
        if values[field] not in {one.value for one in known}:
            values[field] = ""
    faults = list(_faults(values))
    filled = Filled(values, faults)
    if not faults:
        filled.draft = Draft(
            action=ActionKind(values["action"]),
            exemption=Exemption(values["exemption"]),
            policy=values["policy"],
            organisation=values["organisation"],
            act=Act(values["act"]) if values["act"] else None,
            reasons=values["reasons"],
            deviation=values["deviation"],
            bank=values["bank"],
            copies=bool(values["copies"]),
        )
    return filled


def _faults(values: Mapping[str, str]) -> list[Fault]:
    faults = []
    acting = values["action"] not in ("", ActionKind.NONE)
    if not values["action"]:
        faults.append(Fault("action", _("Choose an action.")))
    if not values["exemption"]:
        faults.append(Fault("exemption", _("Answer the exemption check.")))
    if acting and not values["policy"]:
        faults.append(Fault("policy", _("Say which policy it breaks.")))
    exempt = values["exemption"] not in ("", Exemption.NONE)
    if exempt and acting and values["action"] not in LENIENT:
        faults.append(Fault("exemption", _("Where an exemption applies, leave it, label it or limit it.")))
    for field, most in _MOST.items():
        if len(values[field]) > most:
            faults.append(Fault(field, _("Too long: %(most)s characters at most.") % {"most": words.numeral(most)}))
    return faults


_MOST = {"policy": 64, "organisation": 300, "reasons": 10_000, "deviation": 2_000, "bank": 64}
"""As `Draft` has them."""
