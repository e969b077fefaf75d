"""A thought about one channel: gather what accumulated, ask the policy's rules, open a case where one finds news."""

import hashlib
import logging
from collections.abc import Iterable, Sequence

from siyaj.banks.lookup import Lookup
from siyaj.model.action import ActionKind
from siyaj.model.case import CaseOrigin
from siyaj.model.channel import ChannelRecord, ChannelState, LinkKind
from siyaj.model.clock import now_us, to_us
from siyaj.model.errors import AlreadyExists
from siyaj.model.event import Channel, Event, EventKind
from siyaj.model.ids import new_id
from siyaj.model.settings import Settings
from siyaj.model.verdict import Action, Reason
from siyaj.moderation.casework.priority import Inputs, score
from siyaj.moderation.channels.returns import ClosedChannels, Ways
from siyaj.moderation.checks.extraction import draw_words
from siyaj.policy.channel_state import ChannelFacts, Finding, LikeName, PastDay, PastRemoval, PastReporter, find
from siyaj.policy.evaluate import Policy
from siyaj.policy.rules import Mode
from siyaj.storage import audit, cases, channel_history, channels, closed_channels
from siyaj.storage.cases import NewCase
from siyaj.storage.channels import DAY_US
from siyaj.storage.closed_channels import Derived
from siyaj.storage.database import Connection, Database

log = logging.getLogger(__name__)

LOOK_BACK_DAYS = 366
MOST_GROUNDS = 500
_STATES = {
    "limit": ChannelState.LIMITED,
    "close_channel": ChannelState.CLOSED,
    "restore": ChannelState.OPEN,
    "reopen_channel": ChannelState.OPEN,
}
_RECOMMENDED = {
    ActionKind.CLOSE_CHANNEL: ("Recommended: close the channel.", "الإجراء المقترح: إغلاق القناة."),
    ActionKind.LIMIT: ("Recommended: limit the channel.", "الإجراء المقترح: حدّ انتشار القناة."),
    ActionKind.LABEL: ("Recommended: label the channel.", "الإجراء المقترح: وسم القناة بتحذير."),
    ActionKind.NONE: ("A person should look at it.", "ينبغي أن ينظر فيها شخص."),
}


class Thought:
    """Thinks about one channel at a time; safe for many threads and processes."""

    def __init__(
        self, database: Database, lookup: Lookup, policy: Policy, closed: ClosedChannels, settings: Settings
    ) -> None:
        self._database = database
        self._lookup = lookup
        self._policy = policy
        self._closed = closed
        self._first_review_us = int(settings.first_review_hours * 3_600_000_000)
        self._rules = [rule for rule in policy.channels if rule.mode is not Mode.OFF]

    def think(self, channel: str) -> str | None:
        """Keep up what is worked out about the channel, and return its case if a rule opened or added to one.

        Raises StorageUnavailable.
        """
        for _ in range(3):
            try:
                return self._think(channel)
            except AlreadyExists:
                continue  # another process met the channel or opened the case first
        return None

    def _think(self, channel: str) -> str | None:
        record = self._met(channel)
        with self._database.read() as connection:
            facts = self._gather(connection, record)
        facts.names = self._names(record)
        found = find(self._rules, facts)
        for finding in found:
            if finding.rule.mode is Mode.SHADOW:
                log.info("channel rule %s would open a case on %r", finding.rule.id, channel)
        live = [finding for finding in found if finding.rule.mode is Mode.LIVE]
        case = self._settle(record, live)
        with self._database.begin() as connection:
            _keep(connection, record.id, live)
        return case

    def _met(self, channel: str) -> ChannelRecord:
        """Return what is known of a channel; one in which nothing was checked yet becomes known by this."""
        with self._database.read() as connection:
            record = channels.get(connection, channel)
        if record is None:
            with self._database.begin() as connection:
                closed_channels.meet(connection, channel)
                record = channels.get(connection, channel)
        assert record is not None  # channels are never taken out
        return record

    def _gather(self, connection: Connection, record: ChannelRecord) -> ChannelFacts:
        now = now_us()
        links = channels.links(connection, record.id, 2_000)
        ways = Ways(
            [link.url for link in links if link.kind is LinkKind.OWN],
            [link.url for link in links if link.kind is not LinkKind.OWN],
        )
        self._closed.refresh(connection)
        born = record.created_at
        return ChannelFacts(
            subscribers=record.subscribers,
            public=record.public,
            age_days=(now - to_us(born)) / DAY_US if born else None,
            removals=[
                PastRemoval(each.id, (now - each.at) / DAY_US, each.policy)
                for each in channel_history.removals(connection, record.id)
            ],
            reporters=[
                PastReporter(each.reporter, (now - each.at) / DAY_US, each.weight)
                for each in channel_history.reporters_of(connection, record.id, now - LOOK_BACK_DAYS * DAY_US)
            ],
            days=list(_days(connection, record.id, now)),
            closed_links=self._closed.closed_links(record.id, ways),
            returns=self._closed.resembling(record, ways),
        )

    def _names(self, record: ChannelRecord) -> list[LikeName]:
        """Return banked names that the title or handle resembles."""
        told = Channel(record.id, title=record.title, handle=record.handle)
        drawn = draw_words(Event(record.id, EventKind.CHANNEL, channel=told))
        names = [signal for signal in drawn.signals if signal.type == "name"]
        if not names:
            return []
        return [
            LikeName(f"{match.bank}/{match.entry}", 1 - match.distance, match.labels)
            for match in self._lookup.find([names])[0].matches
        ]

    def _settle(self, record: ChannelRecord, found: Sequence[Finding]) -> str | None:
        """Open or add to the channel's case where there is news.

        Before the channel's row is written, and in a transaction of its own: checks lock cases first and channels
        second, and whoever does it the other way round meets them in a ring. Thought twice, it adds the same reasons.
        """
        with self._database.read() as connection:
            state, _since = _state(connection, record.id)
            news = [] if state is ChannelState.CLOSED else _news(found, closed_channels.fired(connection, record.id))
        if not news:
            return None
        with self._database.begin() as connection:
            return self._open(connection, record, news)

    def _open(self, connection: Connection, record: ChannelRecord, news: Sequence[Finding]) -> str:
        """Open a case, or add to the one that is open."""
        reasons = [reason_of(finding) for finding in news]
        channel, reach = record.id, record.subscribers or 0
        gravest = max(news, key=lambda finding: self._policy.severity(finding.rule.policy)).rule.policy
        priority, why = score(
            Inputs(
                severity=self._policy.severity(gravest),
                reach=reach,
                deadline_hours=self._first_review_us / 3_600_000_000,
                match=1.0 if any(finding.rule.recommend is ActionKind.CLOSE_CHANNEL for finding in news) else 0.5,
            )
        )
        opened = cases.open_ids(connection, [f"channel:{channel}"]).get(f"channel:{channel}")
        if opened is not None:
            cases.add_findings(connection, opened, reasons, priority, why)
            return opened
        now = now_us()
        new = NewCase(
            id=new_id("case"),
            subject_kind="channel",
            subject_id=channel,
            policy=gravest,
            reasons=reasons,
            priority=priority,
            opened_at=now,
            deadline=now + self._first_review_us,
            verdicts=0,
            origin=CaseOrigin.CHANNEL,
            language=next(iter(channels.languages(connection, channel)), ""),
            reach=reach,
            priority_reasons=why,
            channel=channel,
        )
        cases.insert_many(connection, [new])
        rules = [finding.rule.id for finding in news]
        audit.write(connection, "system", "channel.case", new.id, channel=channel, rules=rules)
        return new.id


def reason_of(finding: Finding) -> Reason:
    """Return why, with what was found and what is recommended, in both languages."""
    rule, held = finding.rule, finding.held
    english, arabic = _RECOMMENDED[rule.recommend]
    return Reason(
        rule.id,
        rule.policy,
        Action.HOLD,
        " ".join([rule.reason, *held.english, english]),
        " ".join([rule.reason_ar, *held.arabic, arabic]) if rule.reason_ar else "",
        rule.recommend.value,
    )


def _days(connection: Connection, channel: str, now: int) -> Iterable[PastDay]:
    today = now // DAY_US
    for number, day in channels.numbered_days(connection, channel, today - LOOK_BACK_DAYS):
        yield PastDay(float(today - number), day.language, day.checked, day.held + day.blocked)


def _keep(connection: Connection, channel: str, found: Sequence[Finding]) -> None:
    """Write what is worked out about the channel, and what its rules rested on."""
    before = closed_channels.derived(connection, channel)
    now = _worked_out(connection, channel, before)
    if now.state != before.state:
        channels.note(connection, [(channel, now_us(), "state", now.state)])
    if now.state != ChannelState.CLOSED:
        _news(found, now.fired)
    if now != before:
        closed_channels.keep(connection, channel, now)


def _state(connection: Connection, channel: str) -> tuple[ChannelState, int | None]:
    done = channel_history.state_action(connection, channel)
    return (_STATES[done[0]], done[1]) if done else (ChannelState.OPEN, None)


def _worked_out(connection: Connection, channel: str, before: Derived) -> Derived:
    state, since = _state(connection, channel)
    return Derived(
        state=state.value,
        closed_at=since if state is ChannelState.CLOSED else None,
        removed=channel_history.count_removals(connection, channel),
        reports=channel_history.count_reports(connection, channel),
        fired={rule: list(grounds) for rule, grounds in before.fired.items()},
    )


def _news(found: Sequence[Finding], fired: dict[str, list[str]]) -> list[Finding]:
    """Return findings that rest on something that their rule did not rest on before, and note it in `fired`."""
    news = []
    for finding in found:
        grounds = [_short(each) for each in finding.held.evidence] or [_short(finding.rule.id)]
        known = fired.get(finding.rule.id, [])
        fresh = [each for each in grounds if each not in known]
        if fresh:
            fired[finding.rule.id] = [*known, *fresh][-MOST_GROUNDS:]
            news.append(finding)
    return news


def _short(ground: str) -> str:
    return hashlib.blake2b(ground.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()
