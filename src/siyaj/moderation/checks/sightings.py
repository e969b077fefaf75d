"""What checks see of channels: added up for each batch, facts written only when they changed.

5,000 checks a second must not become 5,000 rows: a batch writes one row for each channel in it (and one for each
language and link), and a check without a channel costs nothing here. What a channel was last known to be is
remembered, so that facts are compared without asking the database.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import msgspec

from siyaj.model.channel import LinkKind
from siyaj.model.clock import now_us
from siyaj.model.event import Channel, Event, EventKind
from siyaj.model.signal import Signal
from siyaj.model.verdict import Action
from siyaj.moderation.channels.account_returns import AccountReturns
from siyaj.moderation.checks.assess import Assessment
from siyaj.storage import channels
from siyaj.storage.channels import DAY_US, Seen, Tally
from siyaj.storage.database import Connection

ITEMS = frozenset({EventKind.MESSAGE, EventKind.MEDIA})
MOST_REMEMBERED = 50_000
REMEMBERED_SECONDS = 60.0
"""After so long the database is asked again: another process may have learned something else."""
LONGEST_LINK = 1_000
SUBSCRIBERS_STEP = 0.05
"""A size is noted when it changed by a twentieth, or an hour after the last time: a busy channel's grows all day."""
SUBSCRIBERS_US = 3_600_000_000


class _Known(NamedTuple):
    facts: dict[str, Any]
    read_at: float
    sized_at: int
    changed: bool


class Sightings:
    """Belongs to the transaction of one batch at a time; `settle` once it is durable. Safe for many threads."""

    def __init__(self, stir: Callable[[frozenset[str]], None], returns: AccountReturns) -> None:
        """`stir` is told which channels are worth a thought, once what was seen of them is durable."""
        self._stir = stir
        self._returns = returns
        self._known: dict[str, _Known] = {}

    def write(self, connection: Connection, batch: Sequence[Assessment]) -> "Pending":
        """Write what a batch saw; hand the result to `settle` after the commit. Raises AlreadyExists."""
        self._returns.write(connection, batch)
        seen = _add_up(batch)
        if not seen:
            return Pending({}, frozenset())
        channels.count(connection, list(seen.values()))
        news = {one.id: one for one in seen.values() if self._is_news(one)}
        standing = channels.facts(connection, list(news)) if news else {}
        known = {one.id: self._learn(connection, one, standing[one.id]) for one in news.values()}
        changed = {id_ for id_, its in known.items() if its.changed}
        return Pending(known, frozenset(changed | {one.id for one in seen.values() if _is_stirring(one)}))

    def settle(self, pending: "Pending") -> None:
        """Remember what is durable now, and pass on which channels there is something to think about."""
        if not pending.stirred and not pending.known:
            return
        if len(self._known) > MOST_REMEMBERED:
            self._known.clear()
        self._known.update(pending.known)
        self._stir(pending.stirred)

    def _is_news(self, one: Seen) -> bool:
        known = self._known.get(one.id)
        if known is None or time.monotonic() - known.read_at > REMEMBERED_SECONDS:
            return True
        told = one.facts
        return any(
            value != known.facts[name] and (name != "subscribers" or _is_step(known.facts[name], value, known, one.at))
            for name, value in told.items()
            if name != "created_at" or known.facts[name] is None  # an age is told with a new rounding each time
        )

    def _learn(self, connection: Connection, one: Seen, standing: dict[str, Any]) -> _Known:
        told = one.facts
        if standing["created_at"] is not None:
            told.pop("created_at", None)
        changed = {name: value for name, value in told.items() if value != standing[name]}
        before = self._known.get(one.id)
        sized = before.sized_at if before else 0
        if "subscribers" in changed:
            sized = one.at
        if changed:
            channels.learn(connection, one.id, changed)
            channels.note(connection, list(_history(one, changed, standing)))
        return _Known({**standing, **changed}, time.monotonic(), sized, bool(changed))


class Pending(NamedTuple):
    """What is to be remembered of channels once a batch is durable, and which are worth a thought."""

    known: dict[str, _Known]
    stirred: frozenset[str]


def channel_of(event: Event) -> str | None:
    """Return the channel in which an event happened, or which it is about."""
    if event.channel is not None:
        return event.channel.id
    return event.id if event.kind is EventKind.CHANNEL else None


def _is_stirring(one: Seen) -> bool:
    """Something was held or blocked, or a way into a channel was passed on."""
    return any(tally.held or tally.blocked for tally in one.languages.values()) or any(
        kind != LinkKind.LINK for kind, _ in one.links
    )


def _is_step(before: int | None, now: int, known: _Known, at: int) -> bool:
    if not before:
        return True
    return abs(now - before) >= before * SUBSCRIBERS_STEP or at - known.sized_at >= SUBSCRIBERS_US


def _history(one: Seen, changed: dict[str, Any], standing: dict[str, Any]) -> Iterable[tuple[str, int, str, str]]:
    for name in ("title", "handle", "topic", "avatar", "subscribers"):
        if name in changed:
            yield one.id, one.at, name, str(changed[name])
    if "admins" in changed:
        before, now = set(msgspec.json.decode(standing["admins"])), set(one.admins or ())
        yield from ((one.id, one.at, "admin", f"+{account}") for account in sorted(now - before))
        yield from ((one.id, one.at, "admin", f"-{account}") for account in sorted(before - now))


def _add_up(batch: Sequence[Assessment]) -> dict[str, Seen]:
    seen: dict[str, Seen] = {}
    now = 0
    for one in batch:
        event = one.request.event
        channel = channel_of(event)
        if channel is None:
            continue
        now = now or now_us()
        if (its := seen.get(channel)) is None:
            its = seen[channel] = Seen(channel, now)
        if event.channel is not None:
            _take_facts(its, event.channel)
        if event.kind in ITEMS:
            _take_item(its, event, one.verdict.action)
        if one.record.signals:
            _take_signals(its, event, one.record.signals)
    return seen


def _take_facts(its: Seen, told: Channel) -> None:
    """The newest wins; what is empty was not told."""
    its.title = told.title or its.title
    its.handle = told.handle or its.handle
    its.topic = told.topic or its.topic
    its.avatar = told.avatar or its.avatar
    if told.subscribers is not None:
        its.subscribers = min(told.subscribers, 2**62)
    if told.public is not None:
        its.public = told.public
    if told.admins is not None:
        its.admins = sorted(set(told.admins))
    if told.age_days is not None:
        its.created_at = its.at - int(told.age_days * DAY_US)


def _take_item(its: Seen, event: Event, action: Action) -> None:
    language = event.language.replace("_", "-").partition("-")[0].lower()
    tally = its.languages.get(language)
    if tally is None:
        tally = its.languages[language] = Tally()
    tally.checked += 1
    tally.held += action is Action.HOLD
    tally.blocked += action is Action.BLOCK


def _take_signals(its: Seen, event: Event, signals: Sequence[Signal]) -> None:
    """Links, and the picture of a channel that is checked itself."""
    about = event.kind is EventKind.CHANNEL
    for signal in signals:
        if signal.part.startswith("account") or (signal.part.startswith("channel") and not about):
            continue  # who posts, and what the channel said of itself before, is not what is posted
        if signal.type == "url" and len(signal.value) <= LONGEST_LINK:
            key = (_kind(signal), signal.value)
            its.links[key] = its.links.get(key, 0) + 1
        elif about and signal.type == "pdq" and not signal.variant and its.avatar is None:
            its.avatar = signal.value


def _kind(signal: Signal) -> LinkKind:
    if signal.part.startswith("channel.invite"):
        return LinkKind.OWN
    return LinkKind.INVITE if signal.variant == "invite" else LinkKind.LINK
