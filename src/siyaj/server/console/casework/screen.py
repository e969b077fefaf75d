"""The case screen's parts, put together from a dossier for one person."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from siyaj.model.case import Case, CaseOrigin, CaseState
from siyaj.model.decision import Decision, Draft
from siyaj.model.errors import SiyajError
from siyaj.model.person import Permission, Person
from siyaj.moderation.runtime import Runtime
from siyaj.server.console.casework import changed, content, dossier, keys, panel, queue, reveal, translating, why, words
from siyaj.server.console.casework.dossier import Dossier
from siyaj.server.console.i18n import gettext as _
from siyaj.server.console.marked import one_line, pieces

BRIGADE_WEIGHT = 10
"""Percent that a brigade's report counts (moderation.brigading)."""
BLURS = (4, 8, 12, 16, 24)


class Lease(Struct):
    """`seconds` that the lease still runs, where it is this person's; `by` who else holds it."""

    mine: bool
    seconds: int
    by: str = ""


class Facts(Struct):
    """What is known of who posted it and where."""

    account: str = ""
    account_name: str = ""
    age_days: float | None = None
    trusted: bool = False
    channel: str = ""
    channel_title: str = ""
    subscribers: int | None = None


def lease(case: Case, person: Person, names: Mapping[str, str], now: datetime | None = None) -> Lease:
    left = (case.held_until - (now or datetime.now(UTC))).total_seconds() if case.held_until else 0.0
    if case.holder is None or left <= 0 or case.state is not CaseState.OPEN:
        return Lease(False, 0)
    mine = case.holder == person.id
    return Lease(mine, int(left), "" if mine else names.get(case.holder, case.holder))


def may_take(case: Case, person: Person) -> bool:
    """Say whether taking the case is worth a try; who decided before is told when they try."""
    wanted = [Permission.DECIDE]
    if case.level == "lead":
        wanted.append(Permission.DECIDE_ESCALATED)
    if case.origin is CaseOrigin.APPEAL:
        wanted.append(Permission.DECIDE_APPEALS)
    return case.state is CaseState.OPEN and all(person.may(one) for one in wanted)


def facts(found: Dossier) -> Facts:
    """The last event that says something; the case knows the ids where no event came."""
    shown = Facts(account=found.case.account or "", channel=found.case.channel or "")
    for record in found.records:
        account, channel = record.event.account, record.event.channel
        if account is not None:
            shown.account, shown.account_name = account.id, account.name or account.handle or shown.account_name
            shown.age_days = account.age_days if account.age_days is not None else shown.age_days
            shown.trusted = account.trusted
        if channel is not None:
            shown.channel, shown.channel_title = channel.id, channel.title or channel.handle or shown.channel_title
            shown.subscribers = channel.subscribers if channel.subscribers is not None else shown.subscribers
    return shown


def whole(
    runtime: Runtime,
    person: Person,
    case_id: str,
    values: Mapping[str, str] | None = None,
    *,
    translates: bool = False,
) -> dict[str, Any]:
    """Return all that the case screen needs. Raises NotFound."""
    found = dossier.read(runtime.database, case_id)
    case = found.case
    last = len(found.records) - 1
    matches = why.matches(found.records[last], case.id, found.verdicts[last].id) if last >= 0 else []
    blind = case.origin is CaseOrigin.SAMPLE  # judged a second time, without a word of the first
    if blind:
        found.past = [one for one in found.past if one.subject != case.subject]
        found.verdicts, found.deliveries = [], []
    text = content.content(found.records, found.reports, found.evidence)
    held = lease(case, person, found.names)
    return {
        "case": case,
        "found": found,
        "content": text,
        "slots": translating.slots(case, text.passages, found.translations, connected=translates),
        "matches": matches,
        "fired": why.fired(found.records[last]) if last >= 0 and not blind else [],
        "notices": why.notices(found.reports, found.weights, found.reporters),
        "brigade": sum(0 < weight <= BRIGADE_WEIGHT for weight in found.weights.values()),
        "facts": facts(found),
        "lease": held,
        "can_take": not held.by and may_take(case, person),
        "renew_ms": max(2_000, int(runtime.settings.lease_minutes * 60_000 / 5)),
        "waiting": runtime.cases.waiting(person) if person.may(Permission.DECIDE) else 0,
        "exposure": runtime.exposure.of(person),
        "seen": changed.encode(changed.seen(case, len(found.notes))),
        "values": dict(values or _start(found)),
        "colleagues": [one for one in runtime.people.listed() if one.disabled_at is None and one.id != person.id],
        "banks": found.banks,
        "blur": blur(person),
        **tools(runtime),
        **choices(case, found.appealed, runtime),
    }


def _start(found: Dossier) -> dict[str, str]:
    """A case whose decision was not carried out starts from that decision."""
    return panel.start(found.case) if found.undelivered is None else draft_values(found.undelivered.draft)


def choices(case: Case, appealed: Decision | None, runtime: Runtime) -> dict[str, Any]:
    return {
        "actions": panel.actions(case, appealed),
        "acts": panel.acts(),
        "exemptions": panel.exemptions(),
        "policies": panel.policies(runtime.policy.taxonomy),
        "also": panel.also(case),
        "lenient": panel.LENIENT,
    }


def tools(runtime: Runtime) -> dict[str, Any]:
    return {
        "keys": keys,
        "words": words,
        "reveal": reveal,
        "badges": queue.badges,
        "one_line": one_line,
        "pieces": pieces,
        "policy_title": lambda code: words.policy(code, runtime.policy.taxonomy),
        "tone": queue.tone,
        "now": datetime.now(UTC),
    }


def blur(person: Person) -> int:
    """Return the number of the style's blur that is at least as strong as the person wants."""
    wanted = person.preferences.blur
    return next((number for number, pixels in enumerate(BLURS, 1) if pixels >= wanted), len(BLURS) + 1)


def refusal(error: SiyajError) -> str:
    """Say a refusal in the words of the screen."""
    by_field = {
        "deviation": _("This is not what the ladder proposes: say why."),
        "bank": _("This cannot be added to a bank."),
        "copies": _("Nothing is known of exact copies of this."),
        "policy": _("Say which policy it breaks."),
        "exemption": _("Where an exemption applies, leave it, label it or limit it."),
        "action": _("This cannot be done to this subject."),
        "to": _("Nobody of this name works here."),
        "also": _("One measure for the account, one for the channel."),
        "delivery": _("Nothing can be tried again: something later was done there, or it was carried out meanwhile."),
        "appeal": _("The appeal was answered: try again, or close the case as it is."),
    }
    by_code = {
        "case_held": _("You no longer hold this case. What you typed is kept; take the case again to go on."),
        "stale_version": _("The case changed while you were looking at it."),
        "forbidden": _("Somebody who did not decide before must decide this case, or your role does not allow it."),
        "decision_final": _("The decision can no longer be undone."),
        "storage_unavailable": _("The database does not answer. Nothing was changed; try again."),
    }
    field = (error.field or "").partition("[")[0]
    return by_field.get(field) or by_code.get(error.code, error.message)


def draft_values(draft: Draft) -> dict[str, str]:
    """Return a draft as the panel holds it: a decision that was taken back is there to be changed."""
    values = {
        "action": draft.action.value,
        "exemption": draft.exemption.value,
        "policy": draft.policy,
        "organisation": draft.organisation,
        "act": draft.act.value if draft.act else "",
        "reasons": draft.reasons,
        "deviation": draft.deviation,
        "bank": draft.bank,
        "copies": "on" if draft.copies else "",
    }
    for field, (on, _kinds) in panel.ALSO.items():
        values[field] = next((one.action.value for one in draft.also if one.on is on), "")
    return values


def proposal(action: object, also: Sequence[Any]) -> dict[str, str]:
    """Return what the ladder proposes, as values for the panel's fields."""
    values = dict.fromkeys(panel.ALSO, "")
    if action is not None:
        values["action"] = str(action)
    for field, (on, _kinds) in panel.ALSO.items():
        values[field] = next((str(one.action) for one in also if one.on is on), "")
    return values
