"""One searched picture beside one banked picture: how they lie on each other, and whether they agree."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from siyaj.matching import local_align, local_evidence, local_pixels, local_tones
from siyaj.matching.local_evidence import Evidence
from siyaj.matching.local_tones import Tones
from siyaj.signals.local_value import Features

FEWEST_PAIRS = 4
"""Features that must agree before pixels are looked at."""
ZOOMS = 4
"""Halvings of the searched thumbnail that are kept ready."""


class Searched(NamedTuple):
    """A searched picture made ready: per side (plain, mirrored) its points and the halvings of its thumbnail."""

    words: NDArray[np.uint64]
    points: tuple[NDArray[np.float64], NDArray[np.float64]]
    zooms: tuple[tuple[NDArray[np.uint8], ...], tuple[NDArray[np.uint8], ...]]
    unit: float
    """The size of level 0, in pixels of the thumbnail."""


class Alignment(NamedTuple):
    """How a searched picture lies on a banked one."""

    matrix: NDArray[np.float64]
    """(3, 3): a place on the banked thumbnail, in its pixels → a place on the searched one; y down."""
    mirrored: bool
    features: int
    """Banked features that agree with the transform."""
    weight: float
    """The same, each by how unlike the other features of the searched picture it is."""
    visible: int
    """Banked features that the searched picture should show."""
    blocks: int
    agreeing: int
    """Blocks with content where both overlap, and how many of them agree."""
    least_blocks: float
    least_features: float
    """The shares of agreeing blocks and of agreeing weight among visible features, in the part that agrees least."""
    over_banked: float
    over_searched: float
    """Shares of the two pictures in which they overlap."""
    mean: float
    """Mean correlation of the blocks."""
    banked_size: tuple[int, int]
    searched_size: tuple[int, int]
    """Width and height of the two thumbnails."""

    @property
    def share(self) -> float:
        return self.agreeing / self.blocks if self.blocks else 0.0


def points_of(features: Features) -> NDArray[np.float64]:
    """Return (n, 4): x, y and size in pixels of the thumbnail, angle in radians."""
    tall, wide = features.thumbnail.shape
    out = np.empty((len(features.words), 4), dtype=np.float64)
    out[:, 0] = features.places[:, 0] * (wide / 65_535)
    out[:, 1] = features.places[:, 1] * (tall / 65_535)
    out[:, 2] = local_align.SIZES[features.frames[:, 1]] * (max(tall, wide) / features.longest)
    out[:, 3] = features.frames[:, 0] * (2 * np.pi / 256)
    return out


def prepare(features: Features) -> Searched:
    points = points_of(features)
    mirrored = points.copy()
    mirrored[:, 0] = features.thumbnail.shape[1] - points[:, 0]
    mirrored[:, 3] = np.pi - points[:, 3]
    zooms = [np.ascontiguousarray(features.thumbnail)]
    while len(zooms) < ZOOMS and min(zooms[-1].shape) >= 16:
        zooms.append(_halved(zooms[-1]))
    unit = max(features.thumbnail.shape) / features.longest
    flipped = tuple(np.ascontiguousarray(zoom[:, ::-1]) for zoom in zooms)
    return Searched(np.ascontiguousarray(features.words), (points, mirrored), (tuple(zooms), flipped), unit)


def compare(searched: Searched, banked: Features, *, mirrored: bool, least: float = 0.0) -> Alignment | None:
    """Return how the two lie on each other, or None when too few features agree on any way, or with less weight than
    `least`: pixels, which cost most, are not asked then."""
    pairs, bits, weights = local_align.pair_features(banked.words, searched.words, mirrored)
    if len(pairs) < FEWEST_PAIRS:
        return None
    side = int(mirrored)
    points, seen = points_of(banked), searched.points[side]
    matrix = np.zeros(9, dtype=np.float64)
    agreed = np.zeros(len(points), dtype=np.float64)
    agreeing, weight = local_align.find_transform(points, seen, pairs, bits, weights, matrix, agreed)
    if agreeing < FEWEST_PAIRS or weight < least:
        return None
    zooms = searched.zooms[side]
    level, zoom = level_of(zooms, matrix)
    sides = (banked.thumbnail, zooms[level], zoom, *zooms[0].shape)
    by_features = local_pixels.judge(*sides, matrix, points, searched.unit, agreeing, agreed)
    local_pixels.refine(banked.thumbnail, zooms[level], zoom, matrix, 6, 2, False)
    local_pixels.refine(banked.thumbnail, zooms[level], zoom, matrix, 8, 2, True)
    by_pixels = local_pixels.judge(*sides, matrix, points, searched.unit, agreeing, agreed)
    # Smooth pictures give the pixels nothing to hold on to, and a banner may pull them away.
    better = by_pixels if _agreement(by_pixels) >= _agreement(by_features) else by_features
    return alignment_of(better, weight, mirrored, banked.thumbnail.shape[::-1], zooms[0].shape[::-1])


def evidence_of(searched: Searched, banked: Features, alignment: Alignment) -> tuple[Evidence, Tones]:
    """Return what the pixels of two aligned pictures say."""
    zooms = searched.zooms[0]
    matrix = np.ascontiguousarray(alignment.matrix, dtype=np.float64).ravel()
    level, zoom = level_of(zooms, matrix)
    sides = (banked.thumbnail, zooms[level], zoom, matrix)
    return local_evidence.measure(*sides), local_tones.measure(*sides)


def counted(searched: Searched, banked: Features, alignment: Alignment) -> Alignment:
    """Return the alignment with how many features agree with it, where it was found without any."""
    matrix = alignment.matrix
    if alignment.mirrored:
        matrix = np.array([[-1.0, 0.0, alignment.searched_size[0]], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]) @ matrix
    pairs, _, _ = local_align.pair_features(banked.words, searched.words, alignment.mirrored)
    used = np.zeros(len(pairs), dtype=np.bool_)
    places = (points_of(banked), searched.points[int(alignment.mirrored)])
    features = local_align.agreeing(*places, pairs, np.ascontiguousarray(matrix).ravel(), 3.0, used)
    return alignment._replace(features=int(features))


def level_of(zooms: tuple[NDArray[np.uint8], ...], matrix: NDArray[np.float64]) -> tuple[int, float]:
    """Return which halving of a searched thumbnail is about as fine as the banked one, and how much smaller it is."""
    grown = np.sqrt(abs(matrix[0] * matrix[4] - matrix[1] * matrix[3]))
    level = min(max(int(np.log2(max(grown, 1e-6)) + 0.4), 0), len(zooms) - 1)
    # An edge of half a pixel is lost with each halving of an odd side; the exact ratio is used for both axes.
    return level, max(zooms[0].shape) / max(zooms[level].shape)


def _agreement(result: NDArray[np.float64]) -> float:
    return float(
        result[local_pixels.AGREEING] / (result[local_pixels.BLOCKS] + 2.0) + result[local_pixels.LEAST_BLOCKS]
    )


def alignment_of(
    result: NDArray[np.float64],
    weight: float,
    mirrored: bool,
    banked_size: tuple[int, int],
    searched_size: tuple[int, int],
) -> Alignment:
    matrix = result[:9].reshape(3, 3)
    if mirrored:
        matrix = np.array([[-1.0, 0.0, searched_size[0]], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]) @ matrix
    return Alignment(
        matrix=matrix,
        mirrored=mirrored,
        features=int(result[local_pixels.FEATURES]),
        weight=weight,
        visible=int(result[local_pixels.VISIBLE]),
        blocks=int(result[local_pixels.BLOCKS]),
        agreeing=int(result[local_pixels.AGREEING]),
        least_blocks=float(result[local_pixels.LEAST_BLOCKS]),
        least_features=float(result[local_pixels.LEAST_FEATURES]),
        over_banked=float(result[local_pixels.OVER_BANKED]),
        over_searched=float(result[local_pixels.OVER_SEARCHED]),
        mean=float(result[local_pixels.MEAN]),
        banked_size=banked_size,
        searched_size=searched_size,
    )


def _halved(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    tall, wide = grey.shape[0] // 2 * 2, grey.shape[1] // 2 * 2
    whole = grey[:tall, :wide].astype(np.uint16)
    total = whole[::2, ::2] + whole[1::2, ::2] + whole[::2, 1::2] + whole[1::2, 1::2]
    return ((total + 2) // 4).astype(np.uint8)
