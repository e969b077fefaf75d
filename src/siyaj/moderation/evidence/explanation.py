"""Why something matched, as a picture for the reviewer; and what is kept with a verdict so that it can be drawn later.

Nothing here decodes what a user sent: it is drawn from values that the decoder box gave, and those are checked.
"""

import base64
from collections.abc import Sequence

from siyaj.model.bank import Entry
from siyaj.model.errors import InvalidSignal, NotFound
from siyaj.model.match import Match
from siyaj.model.signal import Signal
from siyaj.storage.exhibits import Exhibit

MOST_EXHIBITS = 4
"""Kept for one verdict. The largest, the search form of a `local` value, has some 80 KB."""
STILL = 64
BY_FEATURES = ("local", "emblem")
BY_BYTES = ("sha256", "md5", "pdq")


def exhibits_of(signals: Sequence[Signal], matches: Sequence[Match]) -> list[Exhibit]:
    """Return what has to be kept so that these matches can be shown."""
    kept: dict[tuple[str, str, str], Exhibit] = {}
    for match in matches:
        for signal in signals:
            if signal.part == match.part and (exhibit := _exhibit(signal, match)) is not None:
                kept.setdefault((exhibit.type, exhibit.part, exhibit.variant), exhibit)
        if len(kept) >= MOST_EXHIBITS:
            break
    return list(kept.values())[:MOST_EXHIBITS]


def _exhibit(signal: Signal, match: Match) -> Exhibit | None:
    """Return what a signal shows of a match; None for nothing."""
    same = signal.variant == match.variant
    if (match.signal in BY_FEATURES and signal.type in BY_FEATURES and same) or (
        match.signal == signal.type == "video" and same
    ):
        return Exhibit(signal.type, signal.part, signal.variant, base64.b64decode(signal.value))
    if match.signal in BY_BYTES and signal.still:
        return Exhibit(signal.type, signal.part, signal.variant, signal.still)
    return None


def _value(exhibit: Exhibit) -> str:
    """Return the signal's value. Values that show something are base64; their bytes are kept."""
    return base64.b64encode(exhibit.data).decode("ascii")


def explain(match: Match, entry: Entry, exhibits: Sequence[Exhibit], *, blurred: bool = True) -> bytes:
    """Return a PNG of the two sides of a match. Raises NotFound, saying why, where there is nothing to show."""
    try:
        return _explain(match, entry, exhibits, blurred)
    except InvalidSignal as error:
        raise NotFound(f"what was kept of this match is damaged and cannot be shown: {error.message}") from None


def _explain(match: Match, entry: Entry, exhibits: Sequence[Exhibit], blurred: bool) -> bytes:
    import numpy as np  # noqa: PLC0415

    from siyaj.matching.explain import explain_whole, thumbnail_of  # noqa: PLC0415  (Pillow; every start would wait)
    from siyaj.matching.explain_video import explain_videos, frames_of, stills_of  # noqa: PLC0415

    banked = [signal.value for signal in entry.signals if signal.type in BY_FEATURES]
    mine = [one for one in exhibits if one.part == match.part]
    if match.signal == "video" and match.segment is not None:
        for one in mine:
            if one.type == "video" and one.variant == match.variant:
                shown = stills_of(_value(one))
                return explain_videos(shown, frames_of(banked), match.segment, blurred=blurred)
    if match.signal in BY_FEATURES + BY_BYTES and not banked:
        raise NotFound(
            f"entry {entry.id} holds hashes only; nothing of it can be shown",
            hint="`siyaj bank backfill` adds what is missing where its file is at hand",
        )
    if match.signal in BY_FEATURES + BY_BYTES:
        drawn_so = [one for one in mine if one.type in BY_FEATURES]
        values = [one for one in drawn_so if match.signal in BY_BYTES or one.variant == match.variant]
        if values and (drawn := _by_features(match, _value(values[0]), banked, blurred)) is not None:
            return drawn
        for one in mine:
            if len(one.data) == STILL * STILL:
                still = np.frombuffer(one.data, dtype=np.uint8).reshape(STILL, STILL)
                return explain_whole(still, thumbnail_of(banked[0]), match.variant, blurred=blurred, sentence=match.why)
    raise NotFound(f"nothing was kept by which this match on {match.signal} could be shown")


def _by_features(match: Match, searched: str, banked: Sequence[str], blurred: bool) -> bytes | None:
    """Lay the searched picture over the banked one; of a video over the frame that the match names."""
    from siyaj.matching.explain import align, explain_pictures, thumbnail_of  # noqa: PLC0415
    from siyaj.matching.explain_video import frames_of  # noqa: PLC0415

    kept = list(banked)
    if match.segment is not None and len(banked) > 1:
        at = match.segment.entry_start
        nearest = min(frames_of(banked), key=lambda shown: abs(shown.at - at)).at
        kept = [value for value in banked if frames_of([value])[0].at == nearest]
    alignment = align(searched, kept[0])
    if alignment is None:
        return None
    # An emblem may have been found in a part of the picture that was looked at by itself.
    where = match.variant.partition(":")[2].replace("_", " ")
    title = f"this picture, {where} part" if where else "this picture"
    return explain_pictures(
        thumbnail_of(searched), thumbnail_of(kept[0]), alignment, blurred=blurred, title=title, sentence=match.why
    )
