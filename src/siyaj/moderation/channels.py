"""Channels as subjects: what is known of one, how it became so, and which are alike."""

from collections.abc import Iterable

from siyaj.banks.lookup import Lookup
from siyaj.model.channel import ChannelFile, ChannelRecord, ChannelState, Timeline
from siyaj.model.errors import InvalidRequest, NotFound
from siyaj.model.settings import Settings
from siyaj.policy.evaluate import Policy
from siyaj.storage import cases, channel_history, channels
from siyaj.storage.database import Connection, Database

SORTS = ("last_seen_at", "subscribers", "removed", "reports", "blocked")


class Channels:
    """Reads channels; `stir` says that there is something to think about. Safe for many threads."""

    def __init__(self, database: Database, lookup: Lookup, policy: Policy, settings: Settings) -> None:
        self._database = database
        self._lookup = lookup
        self._policy = policy
        self._settings = settings

    def stir(self, ids: Iterable[str]) -> None:
        pass

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
            opened = cases.open_ids(connection, [f"channel:{channel}"])
            return ChannelFile(
                record,
                channels.languages(connection, channel),
                channels.links(connection, channel),
                [],
                opened.get(f"channel:{channel}"),
            )

    def timeline(self, channel: str) -> Timeline:
        """Raises NotFound."""
        with self._database.read() as connection:
            _known(connection, channel)
            return Timeline(channel_history.events(connection, channel), channels.days(connection, channel))


def _known(connection: Connection, channel: str) -> ChannelRecord:
    record = None if "\0" in channel else channels.get(connection, channel)
    if record is None:
        raise NotFound(f"there is no channel {channel!r}", hint="a channel is known once something in it was checked")
    return record
