"""The statement of reasons to the affected side (Regulation (EU) 2022/2065, Article 17(3)), in their language."""

from datetime import datetime, timedelta

import msgspec
from babel.dates import format_date
from msgspec import Struct

from siyaj.model.case import Case, CaseOrigin, CaseState
from siyaj.model.decision import Act, Draft, Exemption, Statement
from siyaj.model.report import Subject, SubjectKind
from siyaj.model.settings import Settings
from siyaj.moderation.appeals import wording
from siyaj.moderation.appeals.wording import language_of
from siyaj.policy.evaluate import Policy
from siyaj.storage.keyring import Keyring
from siyaj.storage.verdicts import VerdictRow

_LOCALES = {"ar": "ar"}

APPEAL = "appeal"
"""Purpose of the token that stands in the link to an appeal."""


class Links(Struct):
    """Makes links to appeals. Whoever has one may appeal, without an account."""

    keyring: Keyring
    settings: Settings

    def appeal(self, subject: str) -> str:
        """Return the address for `decision:dec_…`, `reporter:dec_…` or `verdict:ver_…`."""
        token = self.keyring.token(APPEAL, subject)
        if self.settings.appeal_url:
            verdict = subject.removeprefix("verdict:")
            return self.settings.appeal_url.replace("{token}", token).replace("{verdict}", verdict)
        own = self.settings.public_url or f"http://{self.settings.host}:{self.settings.port}"
        return f"{own.rstrip('/')}/appeal/{token}"

    def until(self, decided_at: datetime) -> datetime:
        """Return when the time for an appeal ends (Article 20(1): at least six months)."""
        return decided_at + timedelta(days=self.settings.appeal_days)


def write(
    case: Case,
    draft: Draft,
    policy: Policy,
    *,
    url: str,
    until: datetime,
    ends: datetime | None,
    automated: bool = False,
) -> Statement:
    """Return what the affected side is told. `ends`: when the measure ends; `automated`: no person decided it."""
    language = language_of(case.language)
    return Statement(
        language=language,
        action=_action(case.subject.kind, draft, language, ends),
        facts=_facts(case, draft, language),
        automated=wording.AUTOMATED[language][_means(case, automated)],
        ground=_ground(draft, policy, language),
        redress=wording.REDRESS[language].format(date=_day(until, language), url=url),
        appeal_url=url,
        appeal_until=until.date().isoformat(),
    )


def of_verdict(verdict: VerdictRow, draft: Draft, policy: Policy, tag: str, *, url: str, until: datetime) -> Statement:
    """Return what the affected side is told of what the policy decided alone."""
    kind = SubjectKind(verdict.kind) if verdict.kind in ("account", "channel") else SubjectKind.ITEM
    now = verdict.created_at
    case = Case(
        "", Subject(kind, verdict.event_id), CaseState.OPEN, verdict.policy, 0, 1, 0, (), now, now, language=tag
    )
    written = write(case, draft, policy, url=url, until=until, ends=None, automated=True)
    return msgspec.structs.replace(written, ground=_ground(draft, policy, written.language, asked=False))


def _action(kind: SubjectKind, draft: Draft, language: str, ends: datetime | None) -> str:
    done = wording.DONE[language]
    # A channel's own people read of the channel in a statement of their own.
    theirs = [measure for measure in draft.also if measure.on is not SubjectKind.CHANNEL]
    said = [done[kind, draft.action], *(done[measure.on, measure.action] for measure in theirs)]
    forever, until = wording.LASTS[language]
    return " ".join([*said, until.format(date=_day(ends, language)) if ends else forever])


def _facts(case: Case, draft: Draft, language: str) -> str:
    how = "order" if case.origin is CaseOrigin.ORDER else "notice" if case.reports else "own"
    said = [wording.FOUND[language][how]]
    if draft.act is not None and draft.act is not Act.OTHER:
        said.append(wording.ACTS[language][draft.act])
    if draft.organisation:
        said.append(wording.ORGANISATION[language].format(name=draft.organisation))
    return " ".join(said)


def _means(case: Case, automated: bool) -> str:
    return "decided" if automated else "found" if case.verdicts else "person"


def _ground(draft: Draft, policy: Policy, language: str, *, asked: bool = True) -> str:
    """`asked`: somebody looked whether an exemption applies."""
    category = policy.category(draft.policy)
    if category is None:
        return ""
    title = category.title_ar if language == "ar" else category.title
    words = wording.GROUND if draft.exemption is Exemption.NONE else wording.EXEMPT
    ground = words[language].format(title=title, code=category.code)
    return f"{ground} {wording.EXEMPTION[language][draft.exemption]}" if asked else ground


def _day(moment: datetime, language: str) -> str:
    """Return a day as people write it: digits between dashes turn around in Arabic text."""
    return str(format_date(moment, "long", locale=_LOCALES.get(language, "en_GB")))
