"""Is an alignment a match? Blocks, features and the calm half together; each makes up for what an edit takes away.

A banner or a JPEG of low quality spoils the calm half, lettering spoils blocks, blur spoils features. Strangers under
one overlay have much of one of them and next to nothing of another. The limits below were set on 216 unrelated pictures
(photographs, paintings, screenshots, drawings) with 18 edits of each, 10,000 alignments of strangers under no or the
same overlay (banner, logo, two frames, lettering, watermark), and smooth pieces of photographs, of which an overlay is
nearly all that can be seen. Of strangers there whom one watermark covers one in five comes in, by `accepted`.
"""

from siyaj.matching.local_accept import LEAST_OVERLAP, accepted, promising
from siyaj.matching.local_calm import Calm, agrees, agrees_closely
from siyaj.matching.local_compare import Alignment, Searched, calm_of
from siyaj.signals.local_value import Features

LEAST_BLOCKS, FEWEST_BLOCKS = 0.15, 4
"""In the part that agrees least, and in all: without any pixels that agree nothing is a match."""
MOST_BLOCKS, DETAIL_ENOUGH = 0.62, 0.5
"""Share of the blocks, and correlation of the finest detail."""
CLEAR_DETAIL, CLEAR_LAYOUT = 0.4, 3.0
"""Deviations in grey levels from which detail and layout of the calm half are something to go by."""


def judged(searched: Searched, banked: Features, alignment: Alignment) -> Calm | None:
    """Return how the calm half agrees where the two pictures match, else None."""
    sound, near, worth_a_look = accepted(alignment), promising(alignment), _worth_a_look(alignment)
    if not (sound or near or worth_a_look):
        return None
    calm = calm_of(searched, banked, alignment)
    matches = (
        (sound and agrees(calm) and _shared(alignment, calm))
        or ((sound or near) and agrees_closely(calm))
        or (worth_a_look and (carried(alignment, calm) or _alike(alignment, calm)))
    )
    return calm if matches else None


def _shared(alignment: Alignment, calm: Calm) -> bool:
    """True where most blocks agree, or the finest detail does: of smooth strangers under one lettering neither."""
    return alignment.share >= MOST_BLOCKS or calm.detail >= DETAIL_ENOUGH


def _worth_a_look(alignment: Alignment) -> bool:
    """True where features or blocks say so much that the calm half may say less than `agrees` asks."""
    if max(alignment.over_banked, alignment.over_searched) < LEAST_OVERLAP or alignment.least_blocks < LEAST_BLOCKS:
        return False
    features = alignment.least_features >= 0.3 and alignment.weight >= 40
    return alignment.agreeing >= FEWEST_BLOCKS and (
        features or alignment.mean >= 0.8 or (alignment.least_features >= 0.2 and alignment.share >= 0.5)
    )


def carried(alignment: Alignment, calm: Calm) -> bool:
    """True where features agree in every part of the picture and one thing more does: the finest detail (a banner takes
    the layout away), the blocks, or the layout to a hair. Lettering alone carries features into every part of strangers
    (0.8 of them), and detail up to 0.46."""
    least = alignment.least_features
    if alignment.weight < 100 or alignment.share < 0.3 or least < 0.47:
        return False
    return (
        (alignment.weight >= 120 and calm.detail >= DETAIL_ENOUGH)
        or (least >= 0.5 and alignment.share >= 0.5 and alignment.mean >= 0.6)
        or (least >= 0.5 and calm.layout >= 0.97 and calm.layout_least >= 15.0)
    )


def _alike(alignment: Alignment, calm: Calm) -> bool:
    """True where the pixels agree closely, and some features with them: small crops, and pictures with few corners."""
    detail = calm.detail if calm.detail_least > CLEAR_DETAIL else 0.0
    layout = calm.layout if calm.layout_least > CLEAR_LAYOUT else 0.0
    least = alignment.least_features
    if alignment.mean >= 0.8 and least >= 0.05 and detail >= 0.8:
        return True
    # The layout of two calm pictures in one screenshot frame is that of the frame: some part must not agree then.
    if alignment.mean >= 0.8 and least >= 0.1 and layout >= 0.9 and alignment.least_blocks >= 0.5:
        return True
    return (
        alignment.weight >= 40
        and least >= 0.2
        and alignment.share >= 0.5
        and alignment.least_blocks >= 0.25
        and detail >= 0.35
        and layout >= 0.7
    )
