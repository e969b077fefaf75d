"""The case of what is held: what it is about, who should see it, and how urgent it is. Only held items pay for this."""

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime

from siyaj.model.bank import Opinion
from siyaj.model.clock import to_datetime
from siyaj.model.event import Event, EventKind
from siyaj.model.ids import new_id
from siyaj.model.match import Match
from siyaj.moderation.about import subject_of
from siyaj.moderation.casework import priority
from siyaj.moderation.casework.priority import Inputs
from siyaj.moderation.checks.assess import Assessment
from siyaj.moderation.reports.said import language_of
from siyaj.signals.text import SHORTEST_STATEMENT, fold
from siyaj.storage.cases import MergedVerdict, NewCase

HOUR_US = 3_600_000_000
_STRENGTH = {Opinion.CONFIRMED: 0.75, Opinion.SEED: 0.5}
_SKILLS = ("video", "audio")
"""Signal types whose items take a reviewer who is used to them."""


def opened(one: Assessment, now: int, first_review_us: int) -> NewCase:
    """Return the case that a held verdict opens. Times in microseconds."""
    event, subject = one.request.event, subject_of(one.request.event)
    inputs = _inputs(one, now, first_review_us)
    points, reasons = priority.score(inputs)
    return NewCase(
        id=new_id("case"),
        subject_kind=subject.kind.value,
        subject_id=subject.id,
        policy=one.verdict.policy,
        reasons=one.verdict.reasons,
        priority=points,
        priority_reasons=reasons,
        opened_at=now,
        deadline=now + first_review_us,
        language=language(event),
        skill=next((skill for skill in _SKILLS if any(s.type == skill for s in one.record.signals)), ""),
        reach=inputs.reach,
        account=_account(event),
        channel=_channel(event),
        copy_key=_copy_key(one),
    )


def merged(case: str, one: Assessment, now: int, first_review_us: int) -> MergedVerdict:
    """Return what a held verdict adds to its subject's open case."""
    event = one.request.event
    points, reasons = priority.score(_inputs(one, now, first_review_us))
    return MergedVerdict(
        case, points, reasons, language(event), _account(event), _channel(event), _copy_key(one), one.verdict.policy
    )


def language(event: Event) -> str:
    """Return the primary subtag (BCP 47) that the platform gave, else what the letters say."""
    return event.language.partition("-")[0].lower() or language_of(event.text)


def copy_key(text: str, files: Iterable[str]) -> str | None:
    """Return what exact copies share: their files (SHA-256), else their words, folded. A few words are no copy of
    anything: "yes" means another thing in each conversation."""
    sums = sorted(set(files))
    if sums:
        return f"sha256:{sums[0] if len(sums) == 1 else hashlib.sha256(' '.join(sums).encode()).hexdigest()}"
    if not text:
        return None
    folded = fold(text).strip()
    if sum(char.isalnum() for char in folded) < SHORTEST_STATEMENT:
        return None
    return f"text:{hashlib.sha256(folded.encode('utf-8', 'surrogatepass')).hexdigest()}"


def _copy_key(one: Assessment) -> str | None:
    event = one.request.event
    if event.kind in (EventKind.ACCOUNT, EventKind.CHANNEL):
        return None
    return copy_key(event.text, (signal.value for signal in one.record.signals if signal.type == "sha256"))


def _inputs(one: Assessment, now: int, first_review_us: int) -> Inputs:
    event = one.request.event
    return Inputs(
        severity=one.severity,
        reach=(event.channel.subscribers or 0) if event.channel else 0,
        age_hours=_age_hours(event.at, now),
        match=max((_strength(match) for match in one.record.matches), default=0.0),
        deadline_hours=first_review_us / HOUR_US,
    )


def _strength(match: Match) -> float:
    return 1.0 if match.acts_alone else _STRENGTH.get(match.opinion, 0.0)


def _age_hours(at: str, now: int) -> float | None:
    """A time that cannot be read, or lies in the future, says nothing: platforms' clocks are not ours."""
    if not at:
        return None
    try:
        posted = datetime.fromisoformat(at)
    except ValueError:
        return None
    if posted.tzinfo is None:
        posted = posted.replace(tzinfo=UTC)
    hours = (to_datetime(now) - posted).total_seconds() / 3_600
    return hours if hours >= 0 else None


def _account(event: Event) -> str | None:
    return event.account.id if event.account else event.id if event.kind is EventKind.ACCOUNT else None


def _channel(event: Event) -> str | None:
    return event.channel.id if event.channel else event.id if event.kind is EventKind.CHANNEL else None
