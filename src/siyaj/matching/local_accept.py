"""Which alignments are matches: the one place where thresholds stand.

The score is a product of four shares, each of which is low for strangers of one kind:

- blocks that agree, over everything in common, and in the part of it that agrees least (strangers under one banner,
  logo or frame agree only there: some part leaves it out);
- features that agree, weighed by how unlike all others they are, among those that the searched picture should show
  (stars, letters and leaves find a partner anywhere), over everything and in the part that agrees least.

As shares they do not grow with the size of a bank or of a picture, so one threshold holds. What does grow with the
bank is the number of strangers that get a look, and that is bounded (`local.MOST_MISSES`). Calibrated on 3,000
searches among 800 unrelated pictures (photographs, star fields, drawings on black, maps; 600 searches plain and 600
each with the same banner, logo, frame or screenshot around both sides; 25,000 alignments): the highest of strangers
was 0.27, of a star field, and none came in by the two other ways. benchmarks/robustness.py measures it on any folder.
"""

import math
from typing import NamedTuple

from siyaj.matching.local_compare import Alignment
from siyaj.model.sentence import Sentence, clause, sentence

LEAST_SCORE = 0.29
LEAST_WEIGHT = 6.0
"""Features, by weight."""
LEAST_BLOCKS = 3
FEW_BLOCKS, LEAST_WEIGHT_THEN = 6, 10.0
"""Where fewer blocks agree, features have to say more."""
LEAST_PART = 0.35
"""Blocks that agree, in the part that agrees least."""


class ByFeatures(NamedTuple):
    """What is asked of a picture whose features agree nearly everywhere."""

    least_blocks: float = 0.15
    share: float = 0.3
    weight: float = 30.0
    seen: float = 0.35
    least_features: float = 0.27
    over_searched: float = 0.1


class ByBlocks(NamedTuple):
    """What is asked of a smooth picture whose blocks agree nearly everywhere.

    Screenshots of one app with other words in it reached a share of 0.91 and a mean of 0.79, over 68 blocks.
    """

    agreeing: int = 12
    most_blocks: int = 32
    share: float = 0.94
    least_blocks: float = 0.65
    mean: float = 0.8
    weight: float = 8.0


class Promising(NamedTuple):
    """What is asked of a picture whose calm half agrees closely: lettering across it hides many features and blocks.

    Strangers in screenshots of one app reach 0.03 in the part that agrees least.
    """

    agreeing: int = 6
    share: float = 0.55
    least_blocks: float = 0.33
    weight: float = 6.0


BY_FEATURES, BY_BLOCKS, PROMISING = ByFeatures(), ByBlocks(), Promising()
LEAST_EMBLEM_SCORE = 0.42
"""Emblems resemble each other more than photographs do: ring, shield, lettering. Ten invented ones, in frames at 8 to
20 % of the width: 39 of 40 were at 0.43 and above, of 640 pairs with others of the same make the highest at 0.39. Two
of the ten that differ in colours and letters alone are still taken for each other."""
LEAST_OVERLAP = 0.4
"""Of the one picture or of the other: a copy shows most of the original, or nothing but it."""


def score(alignment: Alignment) -> float:
    """Return 0 to 1: how well the two pictures agree, wherever one looks."""
    seen = alignment.weight / (alignment.visible + 8)
    by_blocks, by_features = alignment.share * alignment.least_blocks, alignment.least_features * seen
    return math.sqrt(by_blocks * math.sqrt(by_features))


def accepted(alignment: Alignment) -> bool:
    if alignment.agreeing < LEAST_BLOCKS or alignment.least_blocks < BY_FEATURES.least_blocks:
        return False
    if max(alignment.over_banked, alignment.over_searched) < LEAST_OVERLAP:
        return False
    return _by_both(alignment) or _by_features(alignment) or _by_blocks(alignment)


def promising(alignment: Alignment) -> bool:
    """True for what is no match by itself and becomes one when the calm half agrees closely."""
    return (
        alignment.agreeing >= PROMISING.agreeing
        and alignment.share >= PROMISING.share
        and alignment.least_blocks >= PROMISING.least_blocks
        and alignment.weight >= PROMISING.weight
        and max(alignment.over_banked, alignment.over_searched) >= LEAST_OVERLAP
    )


def accepted_emblem(alignment: Alignment) -> bool:
    return accepted(alignment) and score(alignment) >= LEAST_EMBLEM_SCORE


def _by_both(alignment: Alignment) -> bool:
    few = alignment.agreeing < FEW_BLOCKS
    enough = alignment.weight >= (LEAST_WEIGHT_THEN if few else LEAST_WEIGHT)
    return enough and alignment.least_blocks >= LEAST_PART and score(alignment) >= LEAST_SCORE


def _by_features(alignment: Alignment) -> bool:
    """Most features agree, wherever one looks: then fewer blocks need to. Large lettering covers many blocks."""
    return (
        alignment.weight >= BY_FEATURES.weight
        and alignment.weight / (alignment.visible + 8) >= BY_FEATURES.seen
        and alignment.least_features >= BY_FEATURES.least_features
        and alignment.share >= BY_FEATURES.share
        and alignment.over_searched >= BY_FEATURES.over_searched
    )


def _by_blocks(alignment: Alignment) -> bool:
    """The few blocks that have anything in them agree, and closely: then fewer features need to. Smooth pictures have
    few blocks with content, and few features that last."""
    return (
        alignment.agreeing >= BY_BLOCKS.agreeing
        and alignment.blocks <= BY_BLOCKS.most_blocks
        and alignment.share >= BY_BLOCKS.share
        and alignment.least_blocks >= BY_BLOCKS.least_blocks
        and alignment.mean >= BY_BLOCKS.mean
        and alignment.weight >= BY_BLOCKS.weight
    )


def describe(alignment: Alignment) -> Sentence:
    """Return one sentence for a reviewer: how much agrees, how the picture was turned, how much of it is shown."""
    matrix = alignment.matrix
    across = -1.0 if alignment.mirrored else 1.0
    degrees = round(math.degrees(math.atan2(across * matrix[1, 0], across * matrix[0, 0])))
    turned = abs(degrees) if abs(degrees) >= 2 else 0
    ways = []
    if turned:
        ways = [clause("local.both" if alignment.mirrored else "local.turned", degrees=turned)]
    elif alignment.mirrored:
        ways = [clause("local.mirrored")]
    over = {"share_banked": round(alignment.over_banked, 4), "share_this": round(alignment.over_searched, 4)}
    agree = clause("local.share", share=round(alignment.share, 4))
    return sentence(agree, *ways, clause("local.over", **over, count=alignment.features))
