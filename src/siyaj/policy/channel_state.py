"""What accumulated in a channel, and what a channel rule finds in it: whether it fires, on what, and in which words."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from siyaj.model.channel import Resemblance, ReturnMark
from siyaj.policy.channels import (
    ChannelAll,
    ChannelAny,
    ChannelCondition,
    ChannelNot,
    ChannelRule,
    ClosedLinks,
    GivenState,
    NamedLike,
    Reach,
    Refused,
    Removals,
    Reported,
    ReturnOf,
    TheChannel,
    Writes,
)
from siyaj.policy.rules import many

LONGEST_TITLE = 80
_MARKS = {
    ReturnMark.ADMINS: ("the same people run it", "يديرها الأشخاص أنفسهم"),
    ReturnMark.AVATAR: ("its picture is nearly the same", "صورتها تكاد تطابق صورة تلك القناة"),
    ReturnMark.HANDLE: ("its handle has the same form", "معرّفها على الصيغة نفسها"),
    ReturnMark.TITLE: ("its title is the same", "عنوانها هو نفسه"),
    ReturnMark.LINKS: ("it shares addresses with it", "تشترك معها في روابط"),
}


class PastRemoval(Struct, frozen=True):
    id: str
    days_ago: float
    policy: str


class PastReporter(Struct, frozen=True):
    id: str
    days_ago: float
    weight: float


class PastDay(Struct, frozen=True):
    days_ago: float
    language: str
    checked: int
    refused: int


class LikeName(Struct, frozen=True):
    """A banked name that the title or handle resembles."""

    entry: str
    resemblance: float
    labels: Sequence[str] = ()


class ChannelFacts(Struct):
    """All that is known of one channel when it is thought about."""

    subscribers: int | None = None
    public: bool | None = None
    age_days: float | None = None
    removals: Sequence[PastRemoval] = ()
    reporters: Sequence[PastReporter] = ()
    days: Sequence[PastDay] = ()
    names: Sequence[LikeName] = ()
    closed_links: Sequence[str] = ()
    returns: Sequence[Resemblance] = ()


class Held(Struct):
    """A condition that holds: what it rests on (so that a rule opens no second case on the same), and the words."""

    evidence: list[str] = msgspec.field(default_factory=list)
    english: list[str] = msgspec.field(default_factory=list)
    arabic: list[str] = msgspec.field(default_factory=list)


class Finding(Struct):
    rule: ChannelRule
    held: Held


def find(rules: Sequence[ChannelRule], facts: ChannelFacts) -> list[Finding]:
    """Return the rules that fire, in their order."""
    tried = ((rule, hold(rule.when, facts)) for rule in rules)
    return [Finding(rule, held) for rule, held in tried if held is not None]


def hold(condition: ChannelCondition, facts: ChannelFacts) -> Held | None:
    """Return what the condition rests on, or None where it does not hold."""
    return _HOLD[type(condition)](condition, facts)


def _all(condition: ChannelAll, facts: ChannelFacts) -> Held | None:
    found = [hold(each, facts) for each in condition.of]
    return None if None in found else _joined([each for each in found if each is not None])


def _any(condition: ChannelAny, facts: ChannelFacts) -> Held | None:
    found = [held for each in condition.of if (held := hold(each, facts)) is not None]
    return _joined(found) if found else None


def _not(condition: ChannelNot, facts: ChannelFacts) -> Held | None:
    return Held() if hold(condition.of, facts) is None else None


def _joined(parts: Sequence[Held]) -> Held:
    whole = Held()
    for part in parts:
        whole.evidence += part.evidence
        whole.english += part.english
        whole.arabic += part.arabic
    return whole


def _removals(condition: Removals, facts: ChannelFacts) -> Held | None:
    codes = many(condition.policies)
    found = [
        each
        for each in facts.removals
        if each.days_ago <= condition.within_days
        and (not codes or any(each.policy == code or each.policy.startswith(f"{code}.") for code in codes))
    ]
    if len(found) < condition.at_least:
        return None
    return Held(
        [f"removal:{each.id}" for each in found],
        [f"Items that people decided to remove in the last {_days(condition.within_days)}: {len(found)}."],
        [f"عدد المواد التي قرّر مراجعون إزالتها خلال {_days_ar(condition.within_days)}: {len(found)}."],
    )


def _refused(condition: Refused, facts: ChannelFacts) -> Held | None:
    days = [day for day in facts.days if day.days_ago <= condition.within_days]
    checked, refused = sum(day.checked for day in days), sum(day.refused for day in days)
    if checked < condition.min_items or refused < condition.share * checked:
        return None
    share = round(100 * refused / checked)
    return Held(
        [f"refused:{len(str(refused))}"],  # a tenfold more is news; one more is not
        [f"Held or blocked of {checked} items in the last {_days(condition.within_days)}: {share} %."],
        [f"نسبة ما عُلّق أو حُجب من أصل {checked} من موادها خلال {_days_ar(condition.within_days)}: {share}٪."],
    )


def _reach(condition: Reach, facts: ChannelFacts) -> Held | None:
    if facts.subscribers is None or facts.subscribers < condition.at_least:
        return None
    return Held([], [f"Subscribers: {facts.subscribers:,}."], [f"عدد المشتركين: {facts.subscribers:,}."])


def _reported(condition: Reported, facts: ChannelFacts) -> Held | None:
    found = [each for each in facts.reporters if each.days_ago <= condition.within_days]
    weight = sum(each.weight for each in found)
    if weight < condition.weight:
        return None
    days, days_ar = _days(condition.within_days), _days_ar(condition.within_days)
    return Held(
        [f"reporter:{each.id}" for each in found],
        [f"People who reported it or items in it in the last {days}: {len(found)}, counting as {weight:.1f}."],
        [f"عدد من أبلغوا عنها أو عن مواد فيها خلال {days_ar}: {len(found)}، ووزنهم بحسب دقتهم السابقة {weight:.1f}."],
    )


def _named_like(condition: NamedLike, facts: ChannelFacts) -> Held | None:
    labels = {label.lower() for label in many(condition.labels)}
    found = [
        each
        for each in facts.names
        if each.resemblance >= condition.resemblance
        and (not labels or labels & {label.lower() for label in each.labels})
    ]
    if not found:
        return None
    return Held(
        sorted(f"name:{each.entry}" for each in found),
        ["Its title or handle is almost that of a listed organisation."],
        ["عنوانها أو معرّفها يكاد يطابق اسم تنظيم مدرج."],
    )


def _closed_links(condition: ClosedLinks, facts: ChannelFacts) -> Held | None:
    found = sorted(set(facts.closed_links))
    if len(found) < condition.at_least:
        return None
    return Held(
        [f"link:{url}" for url in found],
        [f"Addresses of closed channels that it posts or can be entered by: {len(found)}."],
        [f"عدد عناوين القنوات المغلقة التي تنشرها أو يُدخَل إليها منها: {len(found)}."],
    )


def _return_of(condition: ReturnOf, facts: ChannelFacts) -> Held | None:
    wanted = frozenset(many(condition.marks) or ReturnMark)
    whole = Held()
    for each in facts.returns:
        marks = [mark for mark in each.marks if mark in wanted]
        if _weight(marks) < condition.at_least:
            continue
        whole.evidence += [f"return:{each.channel}:{mark}" for mark in marks]
        english, arabic = (", ".join(_MARKS[mark][0] for mark in marks), "، ".join(_MARKS[mark][1] for mark in marks))
        title = isolated(each.title or each.channel)
        whole.english.append(f"It resembles the closed channel {title}: {english}.")
        whole.arabic.append(f"تشبه القناة المغلقة {title}: {arabic}.")
    return whole if whole.evidence else None


def _weight(marks: Sequence[ReturnMark]) -> int:
    """Handle and title are both names: who takes the one takes the other, so they count as one."""
    return len(marks) - (ReturnMark.HANDLE in marks and ReturnMark.TITLE in marks)


def _the_channel(condition: TheChannel, facts: ChannelFacts) -> Held | None:
    age, younger, older = facts.age_days, condition.younger_than_days, condition.older_than_days
    holds = (
        (condition.public is None or facts.public is condition.public)
        and (younger is None or (age is not None and age < younger))
        and (older is None or (age is not None and age > older))
    )
    return Held() if holds else None


def _writes(condition: Writes, facts: ChannelFacts) -> Held | None:
    wanted = {language.lower().partition("-")[0] for language in many(condition.one_of)}
    checked = sum(day.checked for day in facts.days)
    its = sum(day.checked for day in facts.days if day.language in wanted)
    return Held() if checked and its >= condition.share * checked else None


_HOLD: dict[type[Any], Callable[[Any, ChannelFacts], Held | None]] = {
    ChannelAll: _all,
    ChannelAny: _any,
    ChannelNot: _not,
    Removals: _removals,
    Refused: _refused,
    Reach: _reach,
    Reported: _reported,
    NamedLike: _named_like,
    ClosedLinks: _closed_links,
    ReturnOf: _return_of,
    TheChannel: _the_channel,
    Writes: _writes,
}


def facts_of(given: GivenState) -> ChannelFacts:
    """Return the facts that an example's short form stands for."""
    ago = given.days_ago
    return ChannelFacts(
        subscribers=given.subscribers,
        public=given.public,
        age_days=given.age_days,
        removals=[PastRemoval(str(n), ago, given.removal_policy) for n in range(given.removals)],
        reporters=[PastReporter(str(n), ago, weight) for n, weight in enumerate(given.reporters)],
        days=[PastDay(ago, given.language, given.items, given.refused)],
        names=[LikeName("example", given.resemblance, many(given.name_labels))] if given.resemblance else [],
        closed_links=[str(n) for n in range(given.closed_links)],
        returns=[Resemblance("closed", "closed", tuple(given.returns))] if given.returns else [],
    )


def isolated(name: str) -> str:
    """Return what somebody wrote as a name, so that its direction does not reach into the sentence around it."""
    shown = "".join(character for character in name if character.isprintable())
    return f"\N{FIRST STRONG ISOLATE}{shown[:LONGEST_TITLE]}\N{POP DIRECTIONAL ISOLATE}"


def _days(days: float) -> str:
    return "day" if days == 1 else f"{days:g} days"


def _days_ar(days: float) -> str:
    if days in (1, 2):
        return "آخر يوم" if days == 1 else "آخر يومين"
    return f"آخر {days:g} {'أيام' if days <= 10 else 'يومًا'}"
