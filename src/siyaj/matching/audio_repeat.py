"""Whether two sounds share more than a pattern that repeats: a drum loop, a ringing tone, a phrase again and again.

A loop meets itself on a line, and as well beside it: shifted by its length. So what meets on the line and not at such a
shift is weighed against what meets at the shift and not on the line (McNemar, 1947). Of a loop alone both are equally
many, however loud it is; of a copy, all that does not repeat meets on the line only.
"""

from typing import Any

import numpy as np
from numba import float64, int32, int64, njit, types, uint8
from numpy.typing import NDArray

from siyaj.signals.audio_value import SECOND

NEAREST, FURTHEST = 12, 6 * SECOND
"""Steps. What repeats more slowly is long enough to be recognised by itself (`audio_find.SHORTEST`)."""
STEP_SLACK = 2
MOST_SHIFTS = 4
"""Shifts at which most meets, that are looked at closely."""
REPEATS = 0.4
"""Of what meets on the line: where no shift has as much, nothing repeats."""
LEAST_SCORE, LEAST_TIMES = 4.0, 2.0
"""By how many deviations, and how many times, more must meet on the line only than at the shift only. Of some 25,000
lines between strangers under loops of 0.4 to 5.5 s the highest were 3.3 and, where above 2.5 deviations, 2.0; of copies
under the same loops, as loud and twice as loud, the lowest were mostly 4 and more, and 2.3 times."""
MOST_STEPS = 300 * SECOND
"""Of a run that are looked at."""

_INTS = types.Array(int32, 1, "C", readonly=True)


def says_more(
    ours: tuple[NDArray[np.int32], NDArray[np.int32]],
    theirs: tuple[NDArray[np.int32], NDArray[np.int32]],
    between: tuple[int, int],
    line: tuple[float, float],
    pitch: float,
    slack: int,
) -> bool:
    """Tell whether times and tones meet on a line, between two steps of the search, by more than what repeats.

    `line` is pace and start: `banked step = pace × searched step + start`.
    """
    begin, end = float(between[0]), float(min(between[1], between[0] + MOST_STEPS))
    met, spots = meet_beside(*ours, *theirs, begin, end, *line, pitch, slack)
    on = int(met[:, FURTHEST].sum())
    rates = rates_beside(met, spots, begin, end)
    for _ in range(MOST_SHIFTS):
        shift = int(np.argmax(rates))
        if rates[shift] * len(spots) < REPEATS * on:
            break
        here, there = 0, 0
        for away, asked in ((shift, spots + shift < end), (-shift, spots - shift >= begin)):
            line_met, shift_met = met[asked, FURTHEST] > 0, met[asked, FURTHEST + away] > 0
            here += int((line_met & ~shift_met).sum())
            there += int((shift_met & ~line_met).sum())
        if here < LEAST_TIMES * there or here - there < LEAST_SCORE * (here + there) ** 0.5:
            return False
        rates[max(0, shift - 2 * STEP_SLACK) : shift + 2 * STEP_SLACK + 1] = 0.0
    return True


@njit(
    [
        types.Tuple((uint8[:, ::1], float64[::1]))(
            _INTS, _INTS, _INTS, _INTS, float64, float64, float64, float64, float64, int64
        )
    ],
    cache=True,
    nogil=True,
)
def meet_beside(
    times: Any,
    tones: Any,
    their_times: Any,
    their_tones: Any,
    begin: float,
    end: float,
    pace: float,
    start: float,
    pitch: float,
    slack: int,
) -> Any:
    """Return for each banked landmark between two steps of the search at which shifts it meets a searched one, (n,
    2 × FURTHEST + 1) 0 or 1 with the line itself in the middle, and the step that it has on the line, (n,)."""
    wide = 2 * FURTHEST + 1
    count = 0
    for at in range(len(their_times)):
        if begin <= (their_times[at] - start) / pace < end:
            count += 1
    met, spots = np.zeros((count, wide), dtype=np.uint8), np.zeros(count, dtype=np.float64)
    count, near = 0, 0
    for at in range(len(their_times)):
        here = (their_times[at] - start) / pace
        if here < begin or here >= end:
            continue
        spots[count] = here
        while near < len(times) and times[near] < here - FURTHEST - STEP_SLACK:
            near += 1
        place = near
        while place < len(times) and times[place] <= here + FURTHEST + STEP_SLACK:
            if abs(their_tones[at] - tones[place] * pitch) <= slack:
                away = round(times[place] - here) + FURTHEST
                for shift in range(max(0, away - STEP_SLACK), min(wide, away + STEP_SLACK + 1)):
                    met[count, shift] = 1
            place += 1
        count += 1
    return met, spots


@njit([float64[::1](uint8[:, ::1], float64[::1], float64, float64)], cache=True, nogil=True)
def rates_beside(met: Any, spots: Any, begin: float, end: float) -> Any:
    """Return which share meets at each shift, to and fro taken together, of those that stay between begin and end."""
    meet, asked = np.zeros(FURTHEST + 1, dtype=np.int64), np.zeros(FURTHEST + 1, dtype=np.int64)
    for at in range(len(spots)):
        for shift in range(NEAREST, FURTHEST + 1):
            if spots[at] + shift < end:
                meet[shift] += met[at, FURTHEST + shift]
                asked[shift] += 1
            if spots[at] - shift >= begin:
                meet[shift] += met[at, FURTHEST - shift]
                asked[shift] += 1
    return meet / np.maximum(asked, 1)
