"""How far two people agree, and how often a decision was wrong: the two statistics that quality rests on.

Cohen's kappa (J. Cohen, 1960) is agreement beyond what chance would give; its interval uses the large-sample standard
error of Fleiss, Cohen and Everitt (1969). Error rates carry Wilson's score interval (E. B. Wilson, 1927), which stays
honest for few samples and for rates near nought.
"""

import math
from collections import Counter
from collections.abc import Hashable, Iterable

from siyaj.model.numbers import Kappa, Rate

Z_95 = 1.959963984540054
"""Standard normal quantile of a two-sided interval of 95 %."""


def wilson(count: int, of: int, z: float = Z_95) -> Rate:
    """Return the rate with its score interval. Raises ValueError unless 0 ≤ count ≤ of."""
    if not 0 <= count <= of:
        raise ValueError(f"{count} of {of} is no share")
    if of == 0:
        return Rate(0, 0, None, None, None)
    share, squared = count / of, z * z
    middle = (share + squared / (2 * of)) / (1 + squared / of)
    half = z / (1 + squared / of) * math.sqrt(share * (1 - share) / of + squared / (4 * of * of))
    # At the ends the bound is exact by algebra, and rounding must not move it past the share.
    low = 0.0 if count == 0 else max(0.0, middle - half)
    high = 1.0 if count == of else min(1.0, middle + half)
    return Rate(count, of, share, low, high)


def kappa(pairs: Iterable[tuple[Hashable, Hashable]], z: float = Z_95) -> Kappa:
    """Return the agreement of (first, second) judgements of the same items."""
    cells = Counter(pairs)
    total = sum(cells.values())
    agreed = sum(count for (first, second), count in cells.items() if first == second)
    if not total:
        return Kappa(0, 0, None, None, None)
    firsts, seconds = _margins(cells)
    observed = agreed / total
    chance = sum(firsts[one] * seconds[one] for one in firsts) / total**2
    if chance == 1:
        return Kappa(agreed, total, None, None, None)
    value = (observed - chance) / (1 - chance)
    half = z * math.sqrt(_variance(cells, observed, chance))
    return Kappa(agreed, total, value, max(-1.0, value - half), min(1.0, value + half))


def _margins(cells: Counter[tuple[Hashable, Hashable]]) -> tuple[Counter[Hashable], Counter[Hashable]]:
    firsts: Counter[Hashable] = Counter()
    seconds: Counter[Hashable] = Counter()
    for (first, second), count in cells.items():
        firsts[first] += count
        seconds[second] += count
    return firsts, seconds


def _variance(cells: Counter[tuple[Hashable, Hashable]], observed: float, chance: float) -> float:
    """Fleiss, Cohen and Everitt (1969), equation 13: the variance of kappa where it is not nought."""
    total = sum(cells.values())
    firsts, seconds = _margins(cells)
    value = (observed - chance) / (1 - chance)
    left = 1 - value
    alike = sum(
        count / total * (1 - (firsts[one] + seconds[one]) / total * left) ** 2
        for (one, other), count in cells.items()
        if one == other
    )
    unlike = sum(
        count / total * ((seconds[one] + firsts[other]) / total) ** 2
        for (one, other), count in cells.items()
        if one != other
    )
    spread = alike + left**2 * unlike - (value - chance * left) ** 2
    return max(0.0, spread) / (total * (1 - chance) ** 2)
