"""Is an alignment a match? One score, and the one place where thresholds stand.

The score is that of a logistic regression: a weighted sum of seventeen traces and some of their products, the logarithm
of the odds that what was laid over each other is one picture, altered. `python -m benchmarks calibrate` makes the
weights, from copies and from strangers of which both have no or the same overlay, and says how often strangers reach a
score. The weights here: of 2,302 copies of 170 pictures, and of strangers in 1,460 searches of 260 pictures among 300.
Pictures that no feature led to have a score of their own, of thirteen traces (`python -m benchmarks calibrate_whole`):
of 3,403 copies of 360 pictures and pieces, and of strangers in 2,560 searches. The 36 of the docs' table are in none.
"""

import math
from typing import NamedTuple

from siyaj.matching.local_compare import Alignment, Searched, evidence_of
from siyaj.matching.local_evidence import Evidence
from siyaj.matching.local_tones import Tones
from siyaj.model.sentence import Sentence, clause, sentence
from siyaj.signals.local_value import Features

Pairs = dict[tuple[str, str], float]


class Traces(NamedTuple):
    """What speaks for and against a match; as `WEIGHTS`, how loud. The last eleven are of `Evidence` and of `Tones`."""

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
    same: float
    fitted: float
    mapped: float
    exact: float
    least: float


class WholeTraces(NamedTuple):
    """The same where no feature was asked: `local_whole`."""

    share: float
    """Of the blocks, those that agree; three more that do not are counted."""
    least_blocks: float
    residual: float
    gain: float
    contained: float
    cells: float
    apart: float
    layout: float
    same: float
    fitted: float
    mapped: float
    exact: float
    least: float


WEIGHTS = Traces(
    least_features=1.513,
    least_blocks=0.801,
    over=2.904,
    agreeing=-0.896,
    weight=-1.039,
    seen=-2.276,
    residual=0.268,
    gain=-1.498,
    contained=1.482,
    cells=0.322,
    apart=-0.307,
    layout=0.556,
    same=2.800,
    fitted=-1.324,
    mapped=-2.182,
    exact=2.458,
    least=2.580,
)
PAIRS: Pairs = {
    ("least_features", "layout"): 8.200,
    ("least_features", "mapped"): 9.670,
    ("gain", "same"): 8.853,
    ("layout", "mapped"): -3.315,
    ("cells", "layout"): 3.243,
    ("layout", "same"): -2.162,
    ("weight", "same"): 0.703,
    ("weight", "least"): 0.494,
    ("residual", "apart"): 0.912,
    ("cells", "apart"): 4.262,
    ("least_features", "same"): 4.288,
    ("over", "least"): 3.152,
    ("layout", "fitted"): -2.848,
    ("seen", "mapped"): 2.139,
    ("least_features", "least_features"): -5.281,
}
"""Products of two traces: the one says more, or less, where the other is high."""
INTERCEPT = -3.242
WHOLE_WEIGHTS = WholeTraces(
    share=-6.376,
    least_blocks=5.442,
    residual=-0.337,
    gain=-0.316,
    contained=-1.086,
    cells=0.145,
    apart=-0.699,
    layout=0.302,
    same=12.807,
    fitted=-1.683,
    mapped=-6.072,
    exact=1.118,
    least=4.583,
)
WHOLE_PAIRS: Pairs = {
    ("layout", "least"): 6.825,
    ("cells", "apart"): 11.713,
    ("apart", "same"): -9.955,
    ("share", "layout"): -9.873,
    ("least_blocks", "least_blocks"): -9.519,
    ("share", "contained"): 9.556,
    ("residual", "same"): 1.437,
    ("residual", "mapped"): -2.559,
    ("least_blocks", "layout"): 7.043,
    ("residual", "least"): 2.059,
    ("least_blocks", "residual"): -1.354,
}
WHOLE_INTERCEPT = -5.696
LEAST_SCORE = 0.6
"""Reached by 0.97 of 2,302 copies of pictures held out, and by 1 of 1,060 searches of strangers, plain, under one
banner, logo, frame or screenshot, or in one app, a quarter of them the smoothest pieces of pictures; by 1 of 200 under
one lettering, and 14 of 200 under one large watermark."""
LEAST_WHOLE = 2.5
"""Reached by 0.71 of 3,403 copies that are among the nearest, half of them of pieces of pictures and the smoothest of
those, held out, and by 1 of 2,560 searches of strangers."""
LEAST_SHARE, LEAST_SAME, MOST_GAIN = 0.2, 0.5, 0.2
LEAST_MAPPED, MOST_OF_BLANK = 0.3, 0.8
"""Where hardly a block agrees, the pixels must be equal as they are: gradients become each other once brightness and
contrast are changed. Where nothing but strokes that both have is in the pictures, they must have more tones than one:
two blank sheets under one lettering are no copies, though nearly all features agree (MOST_OF_BLANK). Set on the same
strangers and on two skies of the docs' table; they cost 14 in 1,000 of the copies found."""
LEAST_EQUAL, FEW_FEATURES = 0.75, 25.0
"""One plain shape on a plain ground lies on many others: a turtle's shell on a triangle, an ellipse on a flag. Where
there is nothing but the outlines that both share, and few features agree, this share of the pixels has to be equal
beyond chance; where no feature was asked, LEAST_SAME as they are, and LEAST_SHARE_OF_SHAPES of the blocks. Set on eight
pairs among 2.2 million of strangers; of 1,855 copies found it costs 2."""
LEAST_SHARE_OF_SHAPES = 0.1
SAME_ALL_OVER, SAME_BLOCKS = 0.9, 8
"""What features led to, but too few agree on, is asked as a whole as well, where so much is equal beyond chance as it
is, and so many blocks agree: a drawing of a few planes."""
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
    evidence = evidence_of(searched, banked, alignment)
    seen = traces(alignment, *evidence)
    if seen.same >= SAME_ALL_OVER and alignment.agreeing >= SAME_BLOCKS:
        return max(weighed(seen), _whole(whole_traces(alignment, *evidence)) - LEAST_WHOLE + LEAST_SCORE)
    few = alignment.weight < FEW_FEATURES and max(seen.same, seen.fitted) < LEAST_EQUAL
    blank = seen.mapped < LEAST_MAPPED and seen.least_features > MOST_OF_BLANK
    return -math.inf if seen.apart == 0 and (few or blank) else weighed(seen)


def worth_a_look(alignment: Alignment) -> bool:
    return (
        alignment.weight >= LEAST_WEIGHT
        and alignment.agreeing >= LEAST_BLOCKS
        and alignment.least_features + alignment.least_blocks >= LEAST_AGREEMENT
    )


def traces(alignment: Alignment, evidence: Evidence, tones: Tones) -> Traces:
    over = max(alignment.over_banked, alignment.over_searched)
    return Traces(
        alignment.least_features,
        alignment.least_blocks,
        over,
        math.log1p(alignment.agreeing),
        math.log1p(alignment.weight),
        alignment.weight / (alignment.visible + 8),
        *evidence,
        *tones,
    )


def weighed(seen: Traces) -> float:
    return _sum(seen, WEIGHTS, PAIRS, INTERCEPT)


def _sum(seen: Traces | WholeTraces, weights: Traces | WholeTraces, pairs: Pairs, intercept: float) -> float:
    alone = sum(weight * value for weight, value in zip(weights, seen, strict=True))
    together = sum(weight * getattr(seen, one) * getattr(seen, other) for (one, other), weight in pairs.items())
    return float(intercept + alone + together)


def whole_score(searched: Searched, banked: Features, alignment: Alignment) -> float:
    """Return the same of a picture that no feature led to."""
    return _whole(whole_traces(alignment, *evidence_of(searched, banked, alignment)))


def _whole(seen: WholeTraces) -> float:
    return -math.inf if ruled_out(seen) else _sum(seen, WHOLE_WEIGHTS, WHOLE_PAIRS, WHOLE_INTERCEPT)


def ruled_out(seen: WholeTraces) -> bool:
    """True for gradients that are equal once they are fitted only, for blank sheets under one lettering, and for single
    shapes on a plain ground."""
    gradients = seen.share < LEAST_SHARE and (seen.same < LEAST_SAME or seen.gain > MOST_GAIN)
    shapes = seen.mapped < LEAST_MAPPED or seen.same < LEAST_SAME or seen.share < LEAST_SHARE_OF_SHAPES
    return gradients or (seen.apart == 0 and shapes)


def whole_traces(alignment: Alignment, evidence: Evidence, tones: Tones) -> WholeTraces:
    return WholeTraces(alignment.agreeing / (alignment.blocks + 3), alignment.least_blocks, *evidence, *tones)


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
