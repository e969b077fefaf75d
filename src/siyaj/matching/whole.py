"""Does a match on the whole picture hold when one looks? A banner or a screenshot's frame is a good part of a PDQ.

PDQ sees 64 × 64 pixels and asks how bright the large parts are. Two calm pictures under one banner, or in the frame of
one app, are the same to it at 6 to 30 bits, and two plain sheets there, a white and a black one, at none to 4. Their
thumbnails are not: pixels are equal in the banner and nowhere else. So where both sides have a thumbnail, the match has
to hold in every part of the picture.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from siyaj.matching import local_evidence, local_pixels, local_tones
from siyaj.signals.local_value import Features

SIDE = 64
"""Pixels each way of a still."""
CERTAIN = 4.0
"""Bits up to which only the tones are looked at: there the pictures are the same, or both are nearly plain."""
LEAST_ALIKE = 0.3
"""Of `local_tones.least_alike`. Of 359 copies that PDQ found the lowest was at 0.36; of 19 pairs of differing plain
sheets under one banner, nearly all within 4 bits, the highest at 0.05."""
BLOCKS_WEIGH = 5.0
LEAST_AGREEMENT = 3.9
"""Of five times the share of agreeing blocks in the part that agrees least, less what `Evidence.residual` says is left.
Of 806 pairs of unrelated pictures and pieces that PDQ took for each other under one banner, lettering or screenshot
frame the highest is 3.4; of 441 matches of copies beyond 4 bits one is at 2.6, the others from 4.3 on."""
LEAST_BLOCKS, LEAST_CELLS = 0.22, 0.6
"""Of drawings on white next to nothing is ever left. There the part that agrees least has to have agreeing blocks, or
slopes (`Evidence.cells`)."""
FEWEST_BLOCKS = 8
"""Blocks with content. Of fewer nothing can be said: a flag, a gradient."""

_NO_POINTS, _NO_WEIGHTS = np.zeros((0, 4), dtype=np.float64), np.zeros(0, dtype=np.float64)
_TURNS: dict[str, Callable[[NDArray[np.uint8]], NDArray[np.uint8]]] = {
    "": lambda still: still,
    "rotate90": lambda still: still[:, ::-1].T,
    "rotate180": lambda still: still[::-1, ::-1],
    "rotate270": lambda still: still[::-1].T,
    "flip_x": lambda still: still[::-1],
    "flip_y": lambda still: still[:, ::-1],
    "transpose": lambda still: still.T,
    "transverse": lambda still: still[::-1, ::-1].T,
}
"""How the picture was turned before it was hashed, by the variant of the signal."""


def contradicted(still: bytes, variant: str, banked: Features, distance: float) -> bool:
    """True where the searched picture, turned as `variant` says, agrees with the banked one in a part of it only.

    `still` is what a PDQ signal brings: 64 × 64 grey; `distance` how many bits of it differ from the banked one. False
    where there is too little to look at.
    """
    turn = _TURNS.get(variant)
    if turn is None or len(still) != SIDE * SIDE:
        return False
    searched = np.ascontiguousarray(turn(np.frombuffer(still, dtype=np.uint8).reshape(SIDE, SIDE)))
    thumbnail = np.ascontiguousarray(banked.thumbnail)
    tall, wide = thumbnail.shape
    matrix = np.array([SIDE / wide, 0, 0, 0, SIDE / tall, 0, 0, 0, 1], dtype=np.float64)
    if local_tones.least_alike(thumbnail, searched, 1.0, matrix) < LEAST_ALIKE:
        return True
    if distance <= CERTAIN or not _disagrees(thumbnail, searched, matrix):
        return False
    local_pixels.refine(thumbnail, searched, 1.0, matrix, 4, 2, False)  # a few pixels may have been cut off
    return _disagrees(thumbnail, searched, matrix)


def _disagrees(thumbnail: NDArray[np.uint8], searched: NDArray[np.uint8], matrix: NDArray[np.float64]) -> bool:
    result = local_pixels.judge(thumbnail, searched, 1.0, SIDE, SIDE, matrix, _NO_POINTS, 1.0, 0, _NO_WEIGHTS)
    if result[local_pixels.BLOCKS] < FEWEST_BLOCKS:
        return False
    evidence = local_evidence.measure(thumbnail, searched, 1.0, matrix)
    least = result[local_pixels.LEAST_BLOCKS]
    return bool(
        BLOCKS_WEIGH * least - evidence.residual < LEAST_AGREEMENT
        or (least < LEAST_BLOCKS and evidence.cells < LEAST_CELLS)
    )
