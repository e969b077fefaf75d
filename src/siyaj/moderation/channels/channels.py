"""Channels as subjects: what is known of one, how it became so, and which closed ones it resembles."""

import time
from collections.abc import Iterable

from siyaj.banks.lookup import Lookup
from siyaj.model.channel import ChannelFile, ChannelLink, ChannelRecord, ChannelState, LinkKind, Timeline
from siyaj.model.clock import now_us
from siyaj.model.errors import InvalidRequest, NotFound
from siyaj.model.settings import Settings
from siyaj.moderation.channels.channel_thought import Thought
from siyaj.moderation.channels.channel_watch import Watch
from siyaj.moderation.channels.returns import ClosedChannels, Ways
from siyaj.policy.evaluate import Policy
from siyaj.storage import accounts, cases, channel_history, channels
from siyaj.storage.channels import DAY_US
from siyaj.storage.database import Connection, Database

SWEEP_SECONDS = 3_600.0
SORTS = ("last_seen_at", "subscribers", "removed", "reports", "blocked")


class Channels:
    """Reads channels, and thinks about those that were stirred. Safe for many threads."""

    def __init__(self, database: Database, lookup: Lookup, policy: Policy, settings: Settings) -> None:
        self._database = database
        self._closed = ClosedChannels()
        self._thought = Thought(database, lookup, policy, self._closed, settings)
        self._watch = Watch(database, self._thought.think)
        self._keep_us = int(settings.evidence_days * DAY_US)
        self._swept_at = 0.0

    def stir(self, ids: Iterable[str]) -> None:
        """Say that there is something to think about; costs nothing. It is thought about by `work`."""
        self._watch.stir(ids)

    def work(self) -> int:
        """Think about channels whose time has come, and about those decided on or reported since; return how many."""
        if time.monotonic() - self._swept_at > SWEEP_SECONDS:
            self._swept_at = time.monotonic()
            self.forget()
        return self._watch.work()

    def forget(self) -> int:
        """Take out what is older than evidence may be: a channel's past facts and links, accounts not seen since.
        Return how many rows."""
        before = now_us() - self._keep_us
        with self._database.begin() as connection:
            return channels.forget(connection, before) + accounts.forget(connection, before)

    def think(self, channel: str) -> str | None:
        """Think about one channel now; return its open case, if a rule opened or added to it."""
        return self._thought.think(channel)

    def page(
        self,
        *,
        state: ChannelState | None = None,
        text: str = "",
        min_subscribers: int = 0,
        min_removed: int = 0,
        sort: str = "last_seen_at",
        after: tuple[int, str] | None = None,
        limit: int = 50,
    ) -> list[ChannelRecord]:
        """See `storage.channels.page`."""
        if "\0" in text:
            raise InvalidRequest("a name holds no NUL character", field="text")
        with self._database.read() as connection:
            return channels.page(
                connection,
                state=state,
                text=text,
                min_subscribers=min_subscribers,
                min_removed=min_removed,
                sort=sort,
                after=after,
                limit=limit,
            )

    def get(self, channel: str) -> ChannelFile:
        """Raises NotFound."""
        with self._database.read() as connection:
            record = _known(connection, channel)
            links = channels.links(connection, channel)
            opened = cases.open_ids(connection, [f"channel:{channel}"])
            self._closed.refresh(connection)
            return ChannelFile(
                record,
                channels.languages(connection, channel),
                links,
                self._closed.resembling(record, ways_of(links)),
                opened.get(f"channel:{channel}"),
            )

    def timeline(self, channel: str) -> Timeline:
        """Raises NotFound."""
        with self._database.read() as connection:
            _known(connection, channel)
            return Timeline(channel_history.events(connection, channel), channels.days(connection, channel))


def ways_of(links: Iterable[ChannelLink]) -> Ways:
    links = list(links)
    own = [link.url for link in links if link.kind is LinkKind.OWN]
    return Ways(own, [link.url for link in links if link.kind is not LinkKind.OWN])


def _known(connection: Connection, channel: str) -> ChannelRecord:
    record = None if "\0" in channel else channels.get(connection, channel)
    if record is None:
        raise NotFound(f"there is no channel {channel!r}", hint="a channel is known once something in it was checked")
    return record
