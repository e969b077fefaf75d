"""Is this channel one that was closed, under another id? By who runs it, its picture, its names and the ways in."""

import re
import threading
from collections.abc import Iterable

from siyaj.model.channel import ChannelRecord, Resemblance, ReturnMark
from siyaj.signals.name_forms import fold_name, name_forms
from siyaj.storage import closed_channels
from siyaj.storage.closed_channels import Closed
from siyaj.storage.database import Connection

AVATAR_BITS = 31
"""The operating point of PDQ (facebook/ThreatExchange, hashing.pdf)."""
SHORTEST_NAME = 4
MOST = 10
_ADDRESS = re.compile(r"^[#!@&+]?([^:@/]+)(?:[:@].*)?$")
"""`#garden:example.org` (Matrix) and `garden@rooms.example.org` (XMPP): the name is what stands before."""


class Ways:
    """A channel's addresses: `own` lead into it, `posted` are in it."""

    def __init__(self, own: Iterable[str], posted: Iterable[str]) -> None:
        self.own, self.posted = frozenset(own), frozenset(posted)


class ClosedChannels:
    """The closed channels, kept in memory and read again when one was closed or opened. Safe for many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._mark: tuple[int, int] | None = None
        self._closed: list[tuple[Closed, str, str]] = []
        self._own: dict[str, str] = {}

    def refresh(self, connection: Connection) -> None:
        mark = closed_channels.mark(connection)
        with self._lock:
            if mark == self._mark:
                return
            listed = closed_channels.listed(connection)
            self._closed = [(one, handle_form(one.handle), _form(one.title)) for one in listed]
            self._own = {url: one.id for one in listed for url in one.own}
            self._mark = mark

    def resembling(self, channel: ChannelRecord, ways: Ways) -> list[Resemblance]:
        """Return closed channels that it shares a mark with, those with the most first, at most MOST."""
        handle, title = handle_form(channel.handle), _form(channel.title)
        avatar = int(channel.avatar, 16) if channel.avatar else None
        admins = frozenset(channel.admins)
        found = []
        for closed, its_handle, its_title in self._closed:
            if closed.id == channel.id:
                continue
            marks = []
            if _same_people(admins, closed.admins):
                marks.append(ReturnMark.ADMINS)
            if avatar is not None and closed.avatar and (avatar ^ int(closed.avatar, 16)).bit_count() <= AVATAR_BITS:
                marks.append(ReturnMark.AVATAR)
            if handle and handle == its_handle:
                marks.append(ReturnMark.HANDLE)
            if title and title == its_title:
                marks.append(ReturnMark.TITLE)
            if closed.own & (ways.own | ways.posted) or closed.invites & ways.own:
                marks.append(ReturnMark.LINKS)
            if marks:
                found.append(Resemblance(closed.id, closed.title, tuple(marks)))
        return sorted(found, key=lambda each: -len(each.marks))[:MOST]

    def closed_links(self, channel: str, ways: Ways) -> list[str]:
        """Return addresses of other channels that were closed."""
        return sorted(url for url in ways.own | ways.posted if self._own.get(url, channel) != channel)


def handle_form(handle: str) -> str:
    """Return a handle without what is changed to take it again: server, digits, separators, look-alikes."""
    match = _ADDRESS.match(handle.strip())
    return _form(match[1] if match else handle)


def _form(name: str) -> str:
    """Empty for what does not tell channels apart: too short, or made of words that many use."""
    folded = fold_name(name).replace(" ", "")
    told = sum(character.isalpha() for character in folded) >= SHORTEST_NAME and name_forms(name).counted
    return folded if told else ""


def _same_people(some: frozenset[str], others: frozenset[str]) -> bool:
    """At least half of the smaller group: a bot that runs everybody's groups is no sign."""
    shared = len(some & others)
    return shared > 0 and 2 * shared >= min(len(some), len(others)) and (shared > 1 or min(len(some), len(others)) == 1)
