"""`pdq`: a picture saved again, resized or recoloured, also mirrored and turned by quarters.

256 bits from the low frequencies of the picture; the field's common hash, bit for bit. Up to 31 differing bits are
"the same picture". Crops, frames and banners are beyond it.
"""

from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

from siyaj.model.signal import Signal
from siyaj.signals.base import Content, ContentKind, Examples, IndexSpec
from siyaj.signals.exact import parse_hex

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from siyaj.signals.picture import Decoded

BITS = 256
RADIUS = 31
"""The field's threshold for "the same picture" (ThreatExchange: PDQ confident match)."""

UNDONE_RADIUS = 8
"""For what `undone` guesses. Eighteen guesses at 31 bits took one in four strangers under one banner or screenshot
frame for each other; at 8 none of 200."""

SMALLEST_SIDE = 5
"""Pixels. Smaller pictures have nothing to hash; the reference skips them as well."""

FINEST = 4
"""A scaled JPEG's blocks are at most this fraction of the blur's window. That alone keeps 99 of 100 hashes within
4 bits of the full decode (benchmarks/pdq.py measures it); the others have a crowd near the median:"""
SCALED_ERROR = 0.25
"""What scaling in the JPEG decoder may well add to a coefficient. Where more than CROWD coefficients are that near the
median (1 photo of 14), the JPEG is decoded in full."""
CROWD = 4
ROUNDING = 0.001
"""What single precision adds. Where coefficients are so near, the reference's own rounding errors are made again."""
SMALL = 1_000_000
"""Pixels up to which that is done for a single one, because it is cheap: 0.1 s for 12 million."""
LARGEST_EXACT = 25_000_000
"""Pixels beyond which it is not done at all: it takes 8 bytes of memory for each."""


class PdqHash(NamedTuple):
    """64 hex digits, and 0–100: how much there is in the picture to hash. Below 50 matches are not to be trusted."""

    hex: str
    quality: int


def hash_image(data: bytes) -> PdqHash:
    """Return the PDQ of a picture file, its EXIF orientation applied (which the reference's tools do not do).

    Quality 0 means that there is nothing to recognise: a flat picture, or one under 5 pixels.
    Raises UnreadableMedia, MediaTooLarge.
    """
    return _plain(_measure(data)[1])


def hash_dihedral(data: bytes) -> tuple[dict[str, str], int]:
    """Return the hashes of the picture as it is (`plain`), turned and mirrored, and the quality.

    The names are the reference's; each hash is that of really turned pixels, for little more than the plain one costs.
    A picture under 5 pixels has the plain one only. Raises UnreadableMedia, MediaTooLarge.
    """
    hashes, quality, _ = _dihedral(data)
    return hashes, quality


def _dihedral(data: bytes) -> tuple[dict[str, str], int, bytes]:
    """Return hashes, quality, and the blurred 64 × 64 grey that they were made from."""
    decoded, measured = _measure(data)
    hashes, quality = _oriented(decoded.array, decoded.size, decoded.block, measured)
    still = b"" if measured is None else measured.picture.clip(0, 255).astype("uint8").tobytes()
    return hashes, quality, still


def hash_oriented(pixels: "NDArray[np.uint8]") -> tuple[dict[str, str], int]:
    """The same as `hash_dihedral` for decoded pixels: (h, w, 3) RGB or (h, w) luma, uint8."""
    return _oriented(pixels, pixels.shape[:2], 1, _measure_pixels(pixels))


def _oriented(
    pixels: "NDArray[np.uint8]", size: tuple[int, int], block: int, measured: "_Measured | None"
) -> tuple[dict[str, str], int]:
    from siyaj.signals import pdq_kernel  # noqa: PLC0415  (numba costs half a second to import)

    plain = _plain(measured)
    hashes = {"plain": plain.hex}
    if measured is not None:
        turned = pdq_kernel.turned(pixels, size, block)
        hashes |= {name: pdq_kernel.bits_of(coefficients) for name, coefficients in turned.items()}
    return hashes, plain.quality


def hash_pixels(pixels: "NDArray[np.uint8]") -> PdqHash:
    """Return the PDQ of decoded pixels: (h, w, 3) RGB or (h, w) luma, uint8. Bit-identical to the reference."""
    return _plain(_measure_pixels(pixels))


class _Measured(NamedTuple):
    """The 64 × 64 picture and its 16 × 16 DCT coefficients, float32."""

    picture: "NDArray[np.float32]"
    coefficients: "NDArray[np.float32]"


def _plain(measured: _Measured | None) -> PdqHash:
    from siyaj.signals import pdq_kernel  # noqa: PLC0415

    if measured is None:
        return PdqHash("0" * (BITS // 4), 0)
    return PdqHash(pdq_kernel.bits_of(measured.coefficients), pdq_kernel.quality_of(measured.picture))


def _measure(data: bytes) -> "tuple[Decoded, _Measured | None]":
    """A large JPEG is decoded small; again in full when that might cost more than 4 bits."""
    from siyaj.signals import pdq_kernel, picture  # noqa: PLC0415

    decoded = picture.decode(data, FINEST)
    if decoded.block > 1 and min(decoded.size) >= SMALLEST_SIDE:
        measured = _reduce(decoded.array, decoded.size, decoded.block)
        if pdq_kernel.crowd(measured.coefficients, SCALED_ERROR) <= CROWD:
            return decoded, measured
        decoded = picture.decode(data, None)
    return decoded, _measure_pixels(decoded.array)


def _measure_pixels(pixels: "NDArray[np.uint8]") -> _Measured | None:
    from siyaj.signals import pdq_kernel, pdq_reference  # noqa: PLC0415

    height, width = pixels.shape[:2]
    if min(height, width) < SMALLEST_SIDE:
        return None
    measured = _reduce(pixels)
    alike = pdq_kernel.crowd(measured.coefficients, ROUNDING)
    if alike <= (0 if height * width <= SMALL else CROWD) or height * width > LARGEST_EXACT:
        return measured
    rgb = pixels if pixels.ndim == 3 else pixels[:, :, None].repeat(3, axis=2)
    exact = pdq_reference.reduce_exactly(rgb)
    return _Measured(exact, pdq_kernel.transform(exact))


def _reduce(pixels: "NDArray[np.uint8]", size: tuple[int, int] | None = None, block: int = 1) -> _Measured:
    from siyaj.signals import pdq_kernel  # noqa: PLC0415

    reduced = pdq_kernel.reduce_picture(pixels, size, block)
    return _Measured(reduced, pdq_kernel.transform(reduced))


class Pdq(Struct, frozen=True):
    """PDQ as a signal type. Draws the picture as it is, then its turned and mirrored versions as variants."""

    name: str = "pdq"
    content_kinds: frozenset[ContentKind] = frozenset({ContentKind.IMAGE})
    queried_by: frozenset[str] = frozenset({"pdq", "undone"})
    index: IndexSpec = IndexSpec("hamming", {"bits": BITS, "radius": RADIUS, "closer": {"undone": UNDONE_RADIUS}})

    @property
    def examples(self) -> Examples:
        from siyaj.signals.pdq_examples import examples  # noqa: PLC0415

        return examples()

    def extract(self, content: Content) -> list[Signal]:
        hashes, quality, still = _dihedral(content.data)
        if not quality:
            return []
        turned = [Signal(self.name, value, quality, variant=name) for name, value in hashes.items() if name != "plain"]
        return [Signal(self.name, hashes["plain"], quality, still=still), *turned]

    def parse(self, value: str) -> str:
        return parse_hex(self.name, value, BITS // 4)


PDQ = Pdq()
