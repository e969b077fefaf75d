"""Is an alignment a match? One score, and the one place where thresholds stand.

The score is that of a logistic regression: a weighted sum of twelve traces and some of their products, the logarithm of
the odds that what was laid over each other is one picture, altered. `python -m benchmarks calibrate` makes the weights,
from copies and from strangers of which both have no or the same overlay, and says how often strangers reach a score.
The weights here: of 2,272 copies of 170 pictures, and of strangers in 910 searches of 200 pictures among 300.
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
    weight: float
    """Logarithm of the features that agree, by weight."""
    seen: float
    """Their share of the banked ones that the searched picture should show."""
    residual: float
    gain: float
    contained: float
    cells: float
    apart: float
    layout: float


WEIGHTS = Traces(
    least_features=4.815,
    least_blocks=3.641,
    over=2.798,
    agreeing=-1.259,
    weight=-0.124,
    seen=0.475,
    residual=0.556,
    gain=1.163,
    contained=2.521,
    cells=0.594,
    apart=0.969,
    layout=-0.060,
)
PAIRS = {
    ("least_features", "apart"): 7.629,
    ("least_features", "gain"): -4.556,
    ("least_features", "layout"): 6.674,
    ("least_blocks", "least_blocks"): -6.796,
    ("least_blocks", "residual"): -1.131,
    ("least_blocks", "layout"): 0.953,
    ("least_blocks", "contained"): 5.271,
    ("over", "cells"): 2.684,
    ("residual", "contained"): -0.884,
    ("residual", "apart"): 0.814,
    ("gain", "contained"): -5.182,
    ("seen", "seen"): -3.612,
    ("seen", "contained"): -0.131,
}
"""Products of two traces: the one says more, or less, where the other is high."""
INTERCEPT = -5.264
LEAST_SCORE = 0.6
"""Reached by 0.96 of the copies of pictures held out, and by 3 of 606 searches of strangers, plain, under one banner,
logo, frame or screenshot, or in one app: all three of silhouettes in black, none of a photograph. By 6 of 170 under one
lettering, and 16 of 149 under one large watermark. One in 10,000 reaches 6.1, by the tail of strangers, and 0.74 of
the copies do."""
LEAST_SCORE_IN_CROWD = 3.0
CROWD = 3
"""So many banked pictures that match at once are one item, banked often, or share an overlay: then more is asked. The
frames of one video count once."""
LEAST_WEIGHT, LEAST_BLOCKS, LEAST_AGREEMENT = 4.0, 3, 0.25
"""Of features; of blocks that agree; and of the least shares of both, added. Below, there is too little to go by: two
planes of colour with one edge between them lie on any others. 1 % of the copies that reach the score are below."""

LEAST_EMBLEM_SCORE, LEAST_EMBLEM_WEIGHT, LEAST_EMBLEM_BLOCKS, LEAST_EMBLEM_PART = 0.42, 6.0, 3, 0.35
"""Emblems resemble each other more than photographs do: ring, shield, lettering. Ten invented ones, in frames at 8 to
20 % of the width: 39 of 40 were at 0.43 and above, of 640 pairs with others of the same make the highest at 0.39. Two
of the ten that differ in colours and letters alone are still taken for each other."""
LEAST_OVERLAP = 0.4
"""Of an emblem or of what it is searched in."""


def score(searched: Searched, banked: Features, alignment: Alignment) -> float:
    """Return the logarithm of the odds that the two are one picture; −∞ where there is too little to go by."""
    if not worth_a_look(alignment):
        return -math.inf
    return weighed(traces(alignment, evidence_of(searched, banked, alignment)))


def worth_a_look(alignment: Alignment) -> bool:
    return (
        alignment.weight >= LEAST_WEIGHT
        and alignment.agreeing >= LEAST_BLOCKS
        and alignment.least_features + alignment.least_blocks >= LEAST_AGREEMENT
    )


def traces(alignment: Alignment, evidence: Evidence) -> Traces:
    over = max(alignment.over_banked, alignment.over_searched)
    return Traces(
        alignment.least_features,
        alignment.least_blocks,
        over,
        math.log1p(alignment.agreeing),
        math.log1p(alignment.weight),
        alignment.weight / (alignment.visible + 8),
        *evidence,
    )


def weighed(seen: Traces) -> float:
    alone = sum(weight * value for weight, value in zip(WEIGHTS, seen, strict=True))
    pairs = sum(weight * getattr(seen, one) * getattr(seen, other) for (one, other), weight in PAIRS.items())
    return float(INTERCEPT + alone + pairs)


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
