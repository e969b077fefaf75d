"""What the nouns of the model are called on a screen. Each function translates when it is asked."""

from collections.abc import Sequence
from datetime import UTC, datetime

from babel.core import Locale as BabelLocale
from babel.dates import format_timedelta
from babel.numbers import format_percent

from siyaj.model.action import ActionKind, DeliveryState
from siyaj.model.appeal import AppealState, Side
from siyaj.model.case import Case, CaseOrigin, CaseState, Level, PriorityFactor, PriorityReason, SecondOpinion
from siyaj.model.decision import Act, DecisionKind, Exemption
from siyaj.model.person import Locale
from siyaj.model.report import ReporterKind, ReportReason, ReportState, SubjectKind
from siyaj.model.verdict import Action
from siyaj.policy.taxonomy import Category
from siyaj.server.console import i18n
from siyaj.server.console.i18n import N_
from siyaj.server.console.i18n import gettext as _
from siyaj.server.console.show import number

ACTIONS = {
    ActionKind.NONE: N_("Leave as it is"),
    ActionKind.LABEL: N_("Label"),
    ActionKind.LIMIT: N_("Limit"),
    ActionKind.HOLD: N_("Hold back"),
    ActionKind.REMOVE: N_("Remove"),
    ActionKind.SUSPEND_ACCOUNT: N_("Suspend account"),
    ActionKind.CLOSE_CHANNEL: N_("Close channel"),
    ActionKind.RESTORE: N_("Restore"),
    ActionKind.REINSTATE_ACCOUNT: N_("Reinstate account"),
    ActionKind.REOPEN_CHANNEL: N_("Reopen channel"),
    ActionKind.NOTIFY: N_("Notify"),
}
ACTS = {
    Act.INCITEMENT: N_("Incitement"),
    Act.INSTRUCTION: N_("Instruction"),
    Act.RECRUITMENT: N_("Recruitment"),
    Act.PRAISE: N_("Praise"),
    Act.FINANCING: N_("Financing"),
    Act.THREAT: N_("Threat"),
    Act.ATTACK_FOOTAGE: N_("Attack footage"),
    Act.OFFICIAL_PUBLICATION: N_("Official publication"),
    Act.PRESENCE: N_("Presence of an organisation"),
    Act.OTHER: N_("Other act"),
}
EXEMPTIONS = {
    Exemption.NONE: N_("None applies"),
    Exemption.NEWS: N_("News"),
    Exemption.RESEARCH: N_("Research"),
    Exemption.COUNTER_SPEECH: N_("Counter-speech"),
    Exemption.DOCUMENTATION: N_("Documentation"),
    Exemption.RELIGIOUS_TEXT: N_("Religious text"),
    Exemption.ART: N_("Art"),
}
SUBJECTS = {
    SubjectKind.ITEM: N_("Item"),
    SubjectKind.ACCOUNT: N_("Account"),
    SubjectKind.CHANNEL: N_("Channel"),
}
ORIGINS = {
    CaseOrigin.CONTENT: N_("Content"),
    CaseOrigin.APPEAL: N_("Appeal"),
    CaseOrigin.ORDER: N_("Authority's order"),
    CaseOrigin.SAMPLE: N_("Quality sample"),
    CaseOrigin.CHANNEL: N_("Channel's record"),
}
LEVELS = {Level.REVIEWER: N_("Reviewers"), Level.LEAD: N_("Leads")}
STATES = {CaseState.OPEN: N_("Open"), CaseState.CLOSED: N_("Closed")}
SECOND = {
    SecondOpinion.NONE: "",
    SecondOpinion.ASKED: N_("Second opinion asked"),
    SecondOpinion.AGREED: N_("Both agree"),
    SecondOpinion.SPLIT: N_("The two differ"),
}
REASONS = {
    ReportReason.THREAT_TO_LIFE: N_("Threat to life"),
    ReportReason.INSTRUCTION: N_("Instruction for violence"),
    ReportReason.RECRUITMENT: N_("Recruitment"),
    ReportReason.INCITEMENT: N_("Incitement"),
    ReportReason.FINANCING: N_("Financing"),
    ReportReason.PRAISE: N_("Praise of violence"),
    ReportReason.VIOLENCE: N_("Graphic violence"),
    ReportReason.OTHER: N_("Another reason"),
}
REPORTERS = {
    ReporterKind.USER: N_("User"),
    ReporterKind.TRUSTED_FLAGGER: N_("Trusted flagger"),
    ReporterKind.AUTHORITY: N_("Authority"),
}
REPORT_STATES = {ReportState.OPEN: N_("Open"), ReportState.CLOSED: N_("Closed")}
DELIVERIES = {
    DeliveryState.WAITING: N_("Waiting"),
    DeliveryState.DELIVERED: N_("Delivered"),
    DeliveryState.DEAD: N_("Failed"),
    DeliveryState.CANCELLED: N_("Cancelled"),
    DeliveryState.UNAVAILABLE: N_("Not available on this platform"),
}
DECISIONS = {
    DecisionKind.FIRST: N_("Decision"),
    DecisionKind.UNDO: N_("Taken back"),
    DecisionKind.APPEAL: N_("Decision on an appeal"),
    DecisionKind.CORRECTION: N_("Correction"),
    DecisionKind.SAMPLE: N_("Second judgement"),
}
APPEALS = {
    AppealState.OPEN: N_("Open"),
    AppealState.UPHELD: N_("Decision stands"),
    AppealState.OVERTURNED: N_("Decision overturned"),
}
SIDES = {Side.AFFECTED: N_("Affected side"), Side.REPORTER: N_("Reporter")}
VERDICTS = {
    Action.ALLOW: N_("Allowed"),
    Action.LABEL: N_("Labelled"),
    Action.LIMIT: N_("Limited"),
    Action.HOLD: N_("Held for a person"),
    Action.BLOCK: N_("Blocked"),
}
SIGNALS = {
    "sha256": N_("the same file, byte for byte"),
    "md5": N_("the same file, byte for byte"),
    "pdq": N_("a picture that looks the same"),
    "local": N_("parts of the same picture"),
    "emblem": N_("an emblem in the picture"),
    "video": N_("the same scenes of a video"),
    "audio": N_("the same sound"),
    "text": N_("a near copy of a statement"),
    "term": N_("a listed term"),
    "url": N_("a listed link"),
    "name": N_("a listed name"),
}
PARTS = {
    "text": N_("Text"),
    "account.name": N_("Account's name"),
    "account.handle": N_("Account's handle"),
    "account.bio": N_("Account's description"),
    "channel.title": N_("Channel's title"),
    "channel.handle": N_("Channel's handle"),
    "channel.topic": N_("Channel's topic"),
}
FACTORS = {
    PriorityFactor.SEVERITY: N_("how grave it is"),
    PriorityFactor.REACH: N_("how many it reaches"),
    PriorityFactor.RECENCY: N_("how recent it is"),
    PriorityFactor.REPORTERS: N_("who reported it"),
    PriorityFactor.MATCH: N_("how strong the match is"),
    PriorityFactor.DEADLINE: N_("how near the deadline is"),
    PriorityFactor.BRIGADING: N_("signs of a brigade"),
    PriorityFactor.LIFE: N_("a life may be in danger"),
    PriorityFactor.ORDER: N_("an authority's order"),
    PriorityFactor.APPEAL: N_("an appeal"),
    PriorityFactor.UNDELIVERED: N_("the platform did not carry out what was decided"),
}


def part(name: str) -> str:
    """Return what a part of an event is called: `file:0` is the first file."""
    kind, colon, number = name.partition(":")
    if colon and number.isascii() and number.isdigit():
        words = {"file": _("File %(number)s"), "link": _("Link %(number)s"), "hash": _("Hash %(number)s")}
        if kind in words:
            return words[kind] % {"number": numeral(int(number) + 1)}
    return _(PARTS[name]) if name in PARTS else name


def factor(reason: PriorityReason) -> str:
    """Return one reason of a priority in words, with what it was read from."""
    said = _(FACTORS[reason.factor])
    value = _read(reason)
    return f"{said} ({value})" if value else said


def _read(reason: PriorityReason) -> str:
    """Return a reason's value with its unit; what is no number stays as it is."""
    try:
        value = float(reason.value)
    except ValueError:
        return reason.value
    match reason.factor:
        case PriorityFactor.SEVERITY:
            return _("%(grade)s of 5") % {"grade": numeral(value)}
        case PriorityFactor.RECENCY | PriorityFactor.DEADLINE:
            return lasting(value * 3_600)
        case PriorityFactor.REPORTERS:
            return _("%(times)s× an ordinary report") % {"times": numeral(round(value / 100, 1))}
        case PriorityFactor.MATCH:
            return share(value)
        case _:
            return numeral(value)


def numeral(value: float) -> str:
    return number(value)


def policy(code: str | None, taxonomy: Sequence[Category]) -> str:
    """Return a policy's title; its code where the taxonomy does not have it any more."""
    for category in taxonomy:
        if category.code == code:
            return reason_text(category.title, category.title_ar)
    return code or ""


def short(identifier: str) -> str:
    """Return what people call a case or decision by: the last 8 digits of its id, which are random."""
    return identifier[-8:]


def share(value: float) -> str:
    """Return a share of 0–1 in percent."""
    return format_percent(value, locale=i18n.current.get().value)


def weight(percent: int) -> str:
    """Return how much a report counts beside one of somebody of whom nothing is known; empty where it is the same."""
    if percent >= 150:
        times = numeral(round(percent / 100, 1))
        return _("counts as much as %(times)s ordinary reports") % {"times": times}
    if percent == 0:
        return _("counts nothing: the same person reported it before")
    if percent < 75:
        return _("counts less than an ordinary report (%(share)s)") % {"share": share(percent / 100)}
    return ""


def size(octets: int) -> str:
    """Return a file's size, e.g. `1.2 MB`."""
    value, unit = float(octets), 0
    while value >= 1_000 and unit < 3:
        value, unit = value / 1_000, unit + 1
    names = (_("%(size)s B"), _("%(size)s kB"), _("%(size)s MB"), _("%(size)s GB"))
    return names[unit] % {"size": numeral(round(value, 1 if unit else 0))}


def language(tag: str) -> str:
    """Return a language's name in the language of the page; the tag where it has none."""
    try:
        return BabelLocale.parse(tag).get_language_name(i18n.current.get().value) or tag
    except Exception:
        return tag


def reason_text(text: str, text_ar: str) -> str:
    """A rule says why in both languages."""
    return text_ar if i18n.current.get() is Locale.AR and text_ar else text


def lasting(seconds: float) -> str:
    """Return a length of time, e.g. `3 minutes`."""
    return format_timedelta(round(seconds), granularity="second", locale=i18n.current.get().value)


def now() -> datetime:
    return datetime.now(UTC)


def remaining(case: Case, now: datetime | None = None) -> str:
    """Return how long a case may still wait, or by how much it is late."""
    left = (case.deadline - (now or datetime.now(UTC))).total_seconds()
    return _("%(time)s late") % {"time": lasting(-left)} if left < 0 else _("%(time)s left") % {"time": lasting(left)}
