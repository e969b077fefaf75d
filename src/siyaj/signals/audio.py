"""`audio`: a sound track saved again, at another volume, over a telephone, under noise or a voice, cut, a bit faster.

A sound is a constellation of landmarks: the peaks of its spectrogram. `matching.audio` finds banked sounds that have
the same ones in the same order, and asks that they agree for some seconds. A change of pitch alone is beyond it.

Cost: a bank keeps at most 30 landmarks a second, 9.6 KB of text for a minute; a sound is looked up by at most 60, of
its first 10 minutes. Drawing them takes some 50 ms for a minute of sound, and decoding it twice as much.
"""

from typing import TYPE_CHECKING

from msgspec import Struct

from siyaj.model.errors import InvalidSignal
from siyaj.model.signal import Signal
from siyaj.signals.base import Content, ContentKind, Examples, IndexFactory, IndexSpec

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from siyaj.signals.audio_value import Landmarks

SEARCH = "search"
"""The variant that a sound is looked up by. It is never kept in a bank."""
BANKED_SECONDS = 7_200.0
SEARCHED_SECONDS = 600.0
"""What is decoded, from the beginning."""
SHORTEST = 6
"""Seconds with landmarks. What has fewer, a click or a jingle, is no sound track to recognise."""
FEWEST = 5
"""Landmarks of a second that count it among them."""
FULL = 20
"""Landmarks a second that make the quality 100."""


class Audio(Struct, frozen=True):
    """Landmarks as a signal type. Costly: drawn where cheaper signals found nothing, and only if sounds are banked."""

    name: str = "audio"
    costly: bool = True
    content_kinds: frozenset[ContentKind] = frozenset({ContentKind.AUDIO, ContentKind.VIDEO})
    queried_by: frozenset[str] = frozenset({"audio"})
    index: IndexSpec | IndexFactory = IndexSpec("audio")

    @property
    def examples(self) -> Examples:
        from siyaj.signals.audio_examples import examples  # noqa: PLC0415  (makes sounds)

        return examples()

    def extract(self, content: Content) -> list[Signal]:
        """Return what a bank keeps and the variant `search`, for a bank the former alone; nothing for silence, for
        very short sounds, and for a video without a sound track. Of several tracks both for each (`search/2`, …)."""
        from siyaj.signals import audio_kernels  # noqa: F401, PLC0415  (compiled before a file can be at fault)
        from siyaj.signals.audio_value import pack  # noqa: PLC0415
        from siyaj.signals.sound import read_tracks  # noqa: PLC0415  (PyAV)
        from siyaj.signals.video import numbered  # noqa: PLC0415

        seconds = BANKED_SECONDS if content.banking else SEARCHED_SECONDS
        signals: list[Signal] = []
        for number, sound in enumerate(read_tracks(content.data, seconds), 1):
            drawn = draw(sound)
            if drawn is None:
                continue
            kept = thinned(drawn)
            quality = quality_of(kept)
            signals.append(Signal(self.name, pack(kept), quality))
            if not content.banking:
                signals.append(Signal(self.name, pack(drawn), quality, variant=numbered(SEARCH, number)))
        return signals

    def parse(self, value: str) -> str:
        from siyaj.signals.audio_value import BANKED, unpack  # noqa: PLC0415  (numpy)

        if unpack(value).form != BANKED:
            raise InvalidSignal("a bank keeps the short form of an audio value, not the one for searching")
        return value


def draw(sound: "NDArray[np.float32]") -> "Landmarks | None":
    """Return the landmarks of mono sound at 8 kHz as it is searched by; None when there is nothing to recognise."""
    import numpy as np  # noqa: PLC0415

    from siyaj.signals.audio_kernels import draw_landmarks  # noqa: PLC0415  (numba)
    from siyaj.signals.audio_value import SECOND  # noqa: PLC0415

    drawn = draw_landmarks(sound)
    if drawn is None or (np.bincount(drawn.times // SECOND) >= FEWEST).sum() < SHORTEST:
        return None
    return drawn


def thinned(drawn: "Landmarks") -> "Landmarks":
    """Return what a bank keeps of what a sound is searched by."""
    from siyaj.signals.audio_value import BANKED  # noqa: PLC0415

    return drawn._replace(form=BANKED, packed=drawn.packed[drawn.strengths > 0])


def quality_of(kept: "Landmarks") -> int:
    """Return 0–100: how many landmarks a second has in the middle, of the seconds that have any."""
    import numpy as np  # noqa: PLC0415

    from siyaj.signals.audio_value import SECOND  # noqa: PLC0415

    counts = np.bincount(kept.times // SECOND)
    return min(100, round(100 * float(np.median(counts[counts > 0])) / FULL))


AUDIO = Audio()
