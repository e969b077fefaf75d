"""Is an alignment a match? One score, and the one place where thresholds stand.

The score is that of a logistic regression: a weighted sum of ten traces and some of their products, the logarithm of
the odds that what was laid over each other is one picture, altered. `python -m benchmarks calibrate` makes the weights,
from copies and from strangers of which both have no or the same overlay, and says how often strangers reach a score.
The weights here: of 1,700 copies of 150 pictures and of strangers in 1,100 searches of some 250 pictures and pieces.
"""

import math
from typing import NamedTuple

from siyaj.matching.local_compare import Alignment, Searched, evidence_of
from siyaj.matching.local_evidence import Evidence
from siyaj.model.sentence import Sentence, clause, sentence
from siyaj.signals.local_value import Features


class Traces(NamedTuple):
    """What speaks for and against a match; as `WEIGHTS`, how loud. The last six are of `Evidence`."""

    least_features: float
    """Share of agreeing features, by weight, in the part that agrees least."""
    least_blocks: float
    """Share of agreeing blocks in the part that agrees least."""
    over: float
    """How much of the one picture or of the other they have in common, the greater share."""
    agreeing: float
    """Logarithm of how many blocks agree: under an overlay many do, and then more has to be said by the others."""
    residual: float
    gain: float
    contained: float
    cells: float
    apart: float
    layout: float


WEIGHTS = Traces(
    least_features=2.886,
    least_blocks=4.696,
    over=5.005,
    agreeing=-2.068,
    residual=-0.042,
    gain=-0.750,
    contained=4.331,
    cells=0.796,
    apart=-2.080,
    layout=-0.935,
)
PAIRS = {
    ("least_features", "apart"): 14.047,
    ("least_features", "gain"): -10.142,
    ("least_features", "layout"): 5.971,
    ("least_blocks", "least_blocks"): -6.909,
    ("least_blocks", "residual"): -1.203,
    ("least_blocks", "layout"): 3.048,
    ("over", "cells"): 4.383,
    ("residual", "contained"): -1.012,
}
"""Products of two traces: the one says more, or less, where the other is high."""
INTERCEPT = -7.447
LEAST_SCORE = 1.75
"""Reached by 0.91 of the copies, of pictures held out, and by no stranger of 790 searches, plain, under one banner, logo,
frame or screenshot, or in one app; their tail says one search in some 1,000. One in 10,000 would cost 0.1 of recall."""
LEAST_SCORE_IN_CROWD = 4.0
CROWD = 3
"""So many banked pictures that match at once are one item, banked often, or share an overlay: then more is asked. The
frames of one video count once."""
LEAST_AGREEMENT = 0.25
"""Of features and blocks, both shares added: below it the pixels need not be asked."""

LEAST_EMBLEM_SCORE, LEAST_EMBLEM_WEIGHT, LEAST_EMBLEM_BLOCKS, LEAST_EMBLEM_PART = 0.42, 6.0, 3, 0.35
"""Emblems resemble each other more than photographs do: ring, shield, lettering. Ten invented ones, in frames at 8 to
20 % of the width: 39 of 40 were at 0.43 and above, of 640 pairs with others of the same make the highest at 0.39. Two
of the ten that differ in colours and letters alone are still taken for each other."""
LEAST_OVERLAP = 0.4
"""Of an emblem or of what it is searched in."""


def score(searched: Searched, banked: Features, alignment: Alignment) -> float:
    """Return the logarithm of the odds that the two are one picture; −∞ where the pixels need not be asked."""
    if alignment.least_features + alignment.least_blocks < LEAST_AGREEMENT:
        return -math.inf
    return weighed(traces(alignment, evidence_of(searched, banked, alignment)))


def traces(alignment: Alignment, evidence: Evidence) -> Traces:
    over = max(alignment.over_banked, alignment.over_searched)
    return Traces(alignment.least_features, alignment.least_blocks, over, math.log1p(alignment.agreeing), *evidence)


def weighed(seen: Traces) -> float:
    alone = sum(weight * value for weight, value in zip(WEIGHTS, seen, strict=True))
    pairs = sum(weight * getattr(seen, one) * getattr(seen, other) for (one, other), weight in PAIRS.items())
    return INTERCEPT + alone + pairs


def emblem_accepted(alignment: Alignment) -> bool:
    """True where blocks and features agree, over everything and in the part that agrees least. What is around an
    emblem is not asked: it lies on anything."""
    seen = alignment.weight / (alignment.visible + 8)
    by_blocks, by_features = alignment.share * alignment.least_blocks, alignment.least_features * seen
    return (
        alignment.agreeing >= LEAST_EMBLEM_BLOCKS
        and alignment.weight >= LEAST_EMBLEM_WEIGHT
        and alignment.least_blocks >= LEAST_EMBLEM_PART
        and max(alignment.over_banked, alignment.over_searched) >= LEAST_OVERLAP
        and math.sqrt(by_blocks * math.sqrt(by_features)) >= LEAST_EMBLEM_SCORE
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
