"""The small grey picture that an entry keeps of a file: blurred where it is made, so that nothing sharp ever lies in a
page that nobody asked to see sharp."""

import io

from PIL import Image, ImageFilter

from siyaj.matching.explain import thumbnail_of
from siyaj.model.bank import Entry
from siyaj.model.errors import InvalidSignal, NotFound

SHOWN = ("local", "emblem")
"""Signal types whose values hold a picture."""
WIDEST = 320


def has_still(entry: Entry) -> bool:
    return any(signal.type in SHOWN for signal in entry.signals)


def still(entry: Entry, width: int, blur: int) -> bytes:
    """Return a PNG, grey and `width` pixels wide; `blur` in pixels, 0 for none. Raises NotFound without a picture."""
    value = next((signal.value for signal in entry.signals if signal.type in SHOWN), None)
    if value is None:
        raise NotFound("this entry keeps no picture: hashes only")
    try:
        small = Image.fromarray(thumbnail_of(value)).convert("L")
    except InvalidSignal as error:
        raise NotFound(f"the picture that was kept is damaged: {error.message}") from None
    wide = min(width, WIDEST)
    shown = small.resize((wide, max(1, round(small.height * wide / small.width))), Image.Resampling.BICUBIC)
    if blur:
        shown = shown.filter(ImageFilter.GaussianBlur(blur))
    out = io.BytesIO()
    shown.save(out, "PNG")
    return out.getvalue()
