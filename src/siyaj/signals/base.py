"""The signal-type contract: what a plug-in must bring, and what it gets for it.

A signal type draws values from content (`extract`), validates values that come from elsewhere (`parse`), and
names the index in which bank entries of its type are found (`index`). It touches no database and no network.

Register one by an entry point in the group `siyaj.signals`; prove it by subclassing
`siyaj.signals.testing.SignalTypeConformance`.
"""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

import msgspec
from msgspec import Struct

from siyaj.model.match import Segment
from siyaj.model.signal import Signal


class ContentKind(StrEnum):
    FILE = "file"
    """Any bytes; image, video and audio are files as well."""
    IMAGE = "image"
    ANIMATION = "animation"
    """An image that moves; it is an image as well."""
    VIDEO = "video"
    AUDIO = "audio"
    TEXT = "text"
    LINK = "link"
    NAME = "name"
    """A handle, display name or channel title."""


class Content(Struct, frozen=True):
    """What `extract` is given: `data` for files, `text` for everything that is text."""

    kind: ContentKind
    data: bytes = b""
    text: str = ""
    banking: bool = False
    """Drawn for an entry: what a bank keeps may be more than what is looked up by (every frame of a video)."""


class Hit(NamedTuple):
    """One index answer: which stored signal (`ref` = the entry signal's id), how far, and what was compared where."""

    ref: int
    distance: float
    spans: tuple[tuple[int, int], ...] = ()
    why: str = ""
    segment: Segment | None = None


class SignalIndex(Protocol):
    """A live index over entry signals. Safe for one writer and many readers at once; a reader never waits.

    A stored `value` has been through `parse`. `refs` are positive 64-bit integers, unique in the index.
    """

    def add(self, refs: Sequence[int], values: Sequence[str]) -> None:
        """Make entries findable. Adding a ref that is there replaces it."""

    def remove(self, refs: Sequence[int]) -> None:
        """Forget entries; unknown refs are ignored."""

    def search(self, signals: Sequence[Signal]) -> list[list[Hit]]:
        """Return one list of hits per query signal, nearest first."""

    def __len__(self) -> int: ...

    @property
    def nbytes(self) -> int:
        """Memory held, in bytes (an estimate for Python objects)."""


class IndexSpec(Struct, frozen=True):
    """Names a built-in index of `siyaj.matching` and its options. Data, so that signals never import matching."""

    kind: str
    options: dict[str, Any] = msgspec.field(default_factory=dict)


IndexFactory = Callable[[], SignalIndex]


class Examples(Struct, frozen=True):
    """Pairs (entry value, content) that must match and must not. The conformance test runs them."""

    must_match: list[tuple[str, Content]] = msgspec.field(default_factory=list)
    must_not_match: list[tuple[str, Content]] = msgspec.field(default_factory=list)


def is_kept(signal_type: "SignalType") -> bool:
    """True for a type that a bank keeps of every file it is drawn from; false for one that is kept by its name only."""
    return not getattr(signal_type, "by_name", False)


def is_costly(signal_type: "SignalType") -> bool:
    """True for a type that is drawn only where cheaper ones did not settle what a file is."""
    return bool(getattr(signal_type, "costly", False))


class SignalType(Protocol):
    """One kind of signal. Instances are stateless and safe to share between threads.

    A type that also has `costly = True` is drawn from a file only where the others found nothing, and only while
    something is banked that it is asked about. One with `by_name = True` is kept of a file only where whoever adds it
    names the type: not every picture is an emblem.
    """

    @property
    def name(self) -> str:
        """Lower-case, stable: stands in the database, policies and answers."""

    @property
    def content_kinds(self) -> frozenset[ContentKind]:
        """What `extract` accepts."""

    @property
    def queried_by(self) -> frozenset[str]:
        """Types of query signals that are searched in this type's index (usually just its own name)."""

    @property
    def index(self) -> IndexSpec | IndexFactory: ...

    @property
    def examples(self) -> Examples: ...

    def extract(self, content: Content) -> list[Signal]:
        """Draw signals; an empty list means "no signal here" (too small, featureless, nothing found).

        Raises UnreadableMedia or MediaTooLarge for bytes that cannot or must not be decoded.
        """

    def parse(self, value: str) -> str:
        """Return the canonical form of an entry's value, or raise InvalidSignal saying what is wrong with it."""
