"""The decision panel: what may be chosen on a case, and what was filled in → a draft, or what is still missing."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from siyaj.model.action import UNDO, ActionKind
from siyaj.model.case import Case, CaseOrigin
from siyaj.model.decision import Act, Decision, Draft, Exemption, Measure
from siyaj.model.report import SubjectKind
from siyaj.policy.taxonomy import Category
from siyaj.server.console.casework import keys, words
from siyaj.server.console.i18n import gettext as _

REVERSING = frozenset(UNDO.values())
LENIENT = (ActionKind.NONE, ActionKind.LABEL, ActionKind.LIMIT)
"""What goes with an exemption that applies."""
_OF_SUBJECT = {
    SubjectKind.ITEM: (
        ActionKind.NONE,
        ActionKind.LABEL,
        ActionKind.LIMIT,
        ActionKind.REMOVE,
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


FIELDS = (
    "action",
    "exemption",
    "policy",
    "organisation",
    "act",
    "reasons",
    "deviation",
    "also_account",
    "also_channel",
    "bank",
    "copies",
)
ALSO = {
    "also_account": (SubjectKind.ACCOUNT, (ActionKind.LABEL, ActionKind.LIMIT, ActionKind.SUSPEND_ACCOUNT)),
    "also_channel": (SubjectKind.CHANNEL, (ActionKind.LABEL, ActionKind.LIMIT, ActionKind.CLOSE_CHANNEL)),
}
"""What may be done beside an item, to who posted it and where it stands."""


def actions(case: Case, appealed: Decision | None = None) -> list[Choice]:
    """Return what can be done about a case. An appeal is upheld (`none`) or reverses what was decided."""
    if case.origin is CaseOrigin.APPEAL and appealed is not None:
        back = UNDO.get(appealed.action, ActionKind.RESTORE)
        return [
            _action(ActionKind.NONE, _("The decision stands")),
            _action(back, _("Overturn: %(action)s") % {"action": _(words.ACTIONS[back])}),
        ]
    return [_action(kind, _(words.ACTIONS[kind])) for kind in _OF_SUBJECT[case.subject.kind]]


def also(case: Case) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Return (field, label, options) of the further measures that a case allows."""
    found = []
    for field, (on, kinds) in ALSO.items():
        known = case.account if on is SubjectKind.ACCOUNT else case.channel
        if case.subject.kind is SubjectKind.ITEM and known is not None:
            nothing = ("", _("Nothing"))
            options = [nothing, *((kind.value, _(words.ACTIONS[kind])) for kind in kinds)]
            found.append((field, _(words.SUBJECTS[on]), options))
    return found


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


def deviation_fault() -> Fault:
    return Fault("deviation", _("This is not what the ladder proposes: say why."))


def version_of(form: Mapping[str, object]) -> int:
    """Return the version of the case that a screen showed; 0 for none."""
    given = str(form.get("version") or "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else 0


def read(form: Mapping[str, object]) -> Filled:
    """Read the form. Unknown values count as not chosen."""
    values = {field: str(form.get(field) or "").strip() for field in FIELDS}
    for field, known in (("action", ActionKind), ("exemption", Exemption), ("act", Act)):
        if values[field] not in {one.value for one in known}:
            values[field] = ""
    for field, (_on, kinds) in ALSO.items():
        if values[field] not in kinds:
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
            also=[Measure(on, ActionKind(values[field])) for field, (on, _kinds) in ALSO.items() if values[field]],
            bank=values["bank"],
            copies=bool(values["copies"]),
        )
    return filled


def _faults(values: Mapping[str, str]) -> list[Fault]:
    faults = []
    acts = [values[field] for field in ("action", *ALSO) if values[field] not in ("", ActionKind.NONE)]
    if not values["action"]:
        faults.append(Fault("action", _("Choose an action.")))
    if not values["exemption"]:
        faults.append(Fault("exemption", _("Answer the exemption check.")))
    if not values["policy"] and any(act not in REVERSING for act in acts):
        faults.append(Fault("policy", _("Say which policy it breaks.")))
    exempt = values["exemption"] not in ("", Exemption.NONE)
    if exempt and any(act not in LENIENT and act not in REVERSING for act in acts):
        faults.append(Fault("exemption", _("Where an exemption applies, leave it, label it or limit it.")))
    for field, most in _MOST.items():
        if len(values[field]) > most:
            faults.append(Fault(field, _("Too long: %(most)s characters at most.") % {"most": words.numeral(most)}))
    return faults


_MOST = {"policy": 64, "organisation": 300, "reasons": 10_000, "deviation": 2_000, "bank": 64}
"""As `Draft` has them."""
