"""Event → signals. Text, links, names and hashes are drawn here; media bytes go through the decoder box."""

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from siyaj.banks.lookup import Lookup
from siyaj.model.errors import ErrorCode, InvalidSignal, SiyajError, UnknownSignalType
from siyaj.model.event import Event, EventKind, MediaFile
from siyaj.model.signal import Missing, Signal
from siyaj.signals.base import Content, ContentKind, SignalType
from siyaj.signals.box import MediaBox
from siyaj.signals.files import Extraction, hash_only
from siyaj.signals.registry import cheap_types, kept_types, signal_type, signal_types

EMBLEM = "emblem"


class Drawn:
    """The signals of one event, and those that could not be drawn."""

    __slots__ = ("missing", "signals")

    def __init__(self, signals: list[Signal], missing: list[Missing]) -> None:
        self.signals = signals
        self.missing = missing


def read_hashes(event: Event) -> list[Signal]:
    """Return the hashes that the platform computed itself, in canonical form.

    Raises InvalidSignal or UnknownSignalType naming the place, e.g. `hashes[0].value`.
    """
    signals = []
    for position, given in enumerate(event.hashes):
        try:
            value = signal_type(given.type).parse(given.value)
        except InvalidSignal as error:
            raise InvalidSignal(error.message, field=f"hashes[{position}].value", hint=error.hint) from None
        except UnknownSignalType as error:
            raise UnknownSignalType(error.message, field=f"hashes[{position}].type", hint=error.hint) from None
        signals.append(Signal(given.type, value, given.quality, f"hash:{position}"))
    if event.kind is EventKind.CHANNEL and event.channel is not None and event.channel.avatar:
        signals.append(Signal("pdq", event.channel.avatar, part="channel.avatar"))
    return signals


def draw_words(event: Event) -> Drawn:
    """Draw what the event says in words: its text, links and names. Never raises for what a user wrote."""
    drawn = Drawn([], [])
    for kind, part, words in _words(event):
        for drawing in _drawing(kind):
            try:
                found = drawing.extract(Content(kind, text=words))
            except SiyajError as error:
                drawn.missing.append(Missing(drawing.name, part, error.code, error.message))
                continue
            drawn.signals += [Signal(s.type, s.value, s.quality, part, s.variant) for s in found]
    return drawn


def draw_entry(box: MediaBox, source: bytes | Path, *, name: str = "", emblem: bool = False) -> Extraction:
    """Draw what a bank keeps of a file; as an emblem only that, so that a picture of it alone is no copy of anything.

    What is `missing` makes half an entry: worse than none.
    """
    types = frozenset({EMBLEM}) if emblem else kept_types()
    extraction = box.extract(source, name=name, types=types, banking=True)
    extraction.signals = [signal for signal in extraction.signals if not signal.variant]
    if emblem and not extraction.signals and not extraction.missing:
        why = f"an emblem is a picture with some detail in it; this is {extraction.media_type} without"
        extraction.missing.append(Missing(EMBLEM, "file:0", ErrorCode.INVALID_SIGNAL, why))
    return extraction


def draw_digests(files: Sequence[MediaFile]) -> Drawn:
    """Draw what needs no decoder; what else the files have is not missing: it follows."""
    drawn = Drawn([], [])
    for position, file in enumerate(files):
        part = f"file:{position}"
        hashed = hash_only(
            io.BytesIO(file.data), part=part, name=file.name, types=None, code=ErrorCode.REQUEST_TIMEOUT, why="late"
        )
        drawn.signals += hashed.signals
    return drawn


class FileDrawer:
    """Draws from media bytes, in decoder processes: first what is cheap, then, where that matched nothing, the rest."""

    def __init__(self, box: MediaBox, lookup: Lookup, banked: Callable[[], Mapping[str, int]]) -> None:
        self._box = box
        self._lookup = lookup
        self._banked = banked

    def draw(self, source: bytes | Path, *, part: str = "file:0", name: str = "") -> Extraction:
        """Draw one file. Blocks until done or until the box gives up. Raises StorageUnavailable."""
        extraction = self._box.extract(source, part=part, name=name)
        costly = self._asked_about() - cheap_types()
        if costly and not extraction.missing and not self._lookup.find([extraction.signals])[0].matches:
            more = self._box.extract(source, part=part, name=name, types=costly)
            extraction.signals += more.signals
            extraction.missing += more.missing
        return extraction

    def _asked_about(self) -> frozenset[str]:
        """Return the types that find something that is banked: pictures are looked up among emblems as well."""
        kinds = signal_types()
        held = [kinds[name] for name, count in self._banked().items() if count]
        return frozenset(asking for kind in held for asking in kind.queried_by)

    def draw_all(self, files: Sequence[MediaFile]) -> Drawn:
        """Draw the files of one event."""
        drawn = Drawn([], [])
        for position, file in enumerate(files):
            extraction = self.draw(file.data, part=f"file:{position}", name=file.name)
            drawn.signals += extraction.signals
            drawn.missing += extraction.missing
        return drawn


def _words(event: Event) -> Iterator[tuple[ContentKind, str, str]]:
    if event.text:
        yield ContentKind.TEXT, "text", event.text
    for position, link in enumerate(event.links):
        yield ContentKind.LINK, f"link:{position}", link
    if (account := event.account) is not None:
        yield from _named("account", account.name, account.handle, "bio", account.bio)
    if (channel := event.channel) is not None:
        yield from _named("channel", channel.title, channel.handle, "topic", channel.topic)
        if event.kind is EventKind.CHANNEL:
            for position, invite in enumerate(channel.invites):
                yield ContentKind.LINK, f"channel.invite:{position}", invite


def _named(subject: str, name: str, handle: str, prose: str, words: str) -> Iterator[tuple[ContentKind, str, str]]:
    if name:
        yield ContentKind.NAME, f"{subject}.{'title' if subject == 'channel' else 'name'}", name
    if handle:
        yield ContentKind.NAME, f"{subject}.handle", handle
    if words:
        yield ContentKind.TEXT, f"{subject}.{prose}", words


@cache
def _drawing(kind: ContentKind) -> tuple[SignalType, ...]:
    """Signal types that draw from this kind of words."""
    return tuple(one for one in signal_types().values() if kind in one.content_kinds)
