"""Lays one sound along another: the line on which most landmarks meet, and whether more meet there than beside it.

What chance gives is not assumed but counted, on the same two sounds: along the same line, shifted. So two steady tones,
two songs in one key or two loops of the same length agree no more on the line than beside it, and are no match.
"""

from typing import Any

import numpy as np
from numba import float64, int32, int64, njit, types

from siyaj.signals.audio_value import SECOND

TONE_SLACK = 3
"""Quarters of a bin (7.8 Hz)."""
STEP_SLACK = 2.0
"""Steps (16 ms)."""
FIT_SLACK = 4.0
ABOUT = 36
"""Steps that a vote may be wrong in the middle of its block, speeds included."""
MOST_PACE = 0.06
"""A sound may be so much faster or slower."""
SHIFTS = np.array([23, 37, 53, 71, 97, 131, 173, 223], dtype=np.int64)
"""Steps by which the line is moved, to and fro, to see what chance gives."""

_INTS = types.Array(int32, 1, "C", readonly=True)


@njit(inline="always")
def _after(times: Any, wanted: float) -> int:
    """Return the number of the first time that is not before `wanted`."""
    low, high = 0, len(times)
    while low < high:
        middle = (low + high) >> 1
        if times[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    return low


@njit(inline="always")
def _gather(
    times: Any,
    tones: Any,
    low: int,
    high: int,
    their_times: Any,
    their_tones: Any,
    pace: float,
    start: float,
    pitch: float,
    slack: int,
    reach: float,
    ours: Any,
    theirs: Any,
) -> int:
    """Write the times of landmarks that meet: searched ones from low to high, banked ones within `reach` steps."""
    count = 0
    near = _after(their_times, times[low] * pace + start - reach) if low < high else 0
    for at in range(low, high):
        expected = times[at] * pace + start
        while near < len(their_times) and their_times[near] < expected - reach:
            near += 1
        place = near
        tone = tones[at] * pitch
        while place < len(their_times) and their_times[place] <= expected + reach:
            if abs(their_tones[place] - tone) <= slack and count < len(ours):
                ours[count], theirs[count] = times[at], their_times[place]
                count += 1
            place += 1
    return count


@njit(
    [types.UniTuple(float64, 3)(_INTS, _INTS, _INTS, _INTS, int64, int64, float64, float64, float64, float64, int64)],
    cache=True,
    nogil=True,
)
def find_line(
    times: Any,
    tones: Any,
    their_times: Any,
    their_tones: Any,
    begin: int,
    end: int,
    start: float,
    pace: float,
    pitch: float,
    bend: float,
    slack: int,
) -> Any:
    """Return (pace, start, landmarks that meet) of the best line in the block begin..end of the search.

    A line is `banked step = pace × searched step + start`; `start` as given is that of the vote, good to ABOUT steps,
    and paces within `bend` of the one given are tried.
    """
    low, high = _after(times, begin), _after(times, end)
    ours, theirs = np.empty(20_000, dtype=np.int32), np.empty(20_000, dtype=np.int32)
    reach = 10.0 + (ABOUT - 10.0) * bend / MOST_PACE
    count = _gather(
        times,
        tones,
        low,
        high,
        their_times,
        their_tones,
        pace,
        start,
        pitch,
        slack,
        reach + 0.5 * (end - begin) * bend,
        ours,
        theirs,
    )
    middle = 0.5 * (begin + end)
    tries = int(np.ceil(bend / 0.004))
    width = int(2 * reach) + 3
    best, best_pace, best_start = np.int64(0), pace, start
    meet = np.zeros(width, dtype=np.int64)
    for tried in range(-tries, tries + 1):
        its = pace + (bend * tried / tries if tries else 0.0)
        base = pace * middle + start - its * middle - reach
        meet[:] = 0
        for at in range(count):
            away = round(theirs[at] - its * ours[at] - base)
            if 0 <= away < width:
                meet[away] += 1
        for off in range(1, width - 1):
            here = meet[off - 1] + meet[off] + meet[off + 1]
            if here > best:
                best, best_pace, best_start = here, its, base + off
    return best_pace, best_start, float(best)


@njit(
    [types.UniTuple(float64, 2)(_INTS, _INTS, _INTS, _INTS, int64, int64, float64, float64, float64, int64)],
    cache=True,
    nogil=True,
)
def extend_line(
    times: Any,
    tones: Any,
    their_times: Any,
    their_tones: Any,
    begin: int,
    end: int,
    pace: float,
    start: float,
    pitch: float,
    slack: int,
) -> Any:
    """Return (pace, start) of the line fitted to more and more of both sounds, beginning with the block."""
    ours, theirs = np.empty(100_000, dtype=np.int32), np.empty(100_000, dtype=np.int32)
    first, last = float(begin), float(end)
    begun = pace
    for _ in range(12):
        low, high = _after(times, first), _after(times, last)
        count = _gather(
            times, tones, low, high, their_times, their_tones, pace, start, pitch, slack, FIT_SLACK, ours, theirs
        )
        if count >= 12:
            x = ours[:count].mean()
            y = theirs[:count].mean()
            across, up = 0.0, 0.0
            for at in range(count):
                across += (ours[at] - x) * (ours[at] - x)
                up += (ours[at] - x) * (theirs[at] - y)
            fitted = up / across if across > 0 else pace
            if abs(fitted - begun) < 0.01:
                pace, start = fitted, y - fitted * x
        if first <= times[0] and last > times[-1]:
            break
        grow = 0.5 * (last - first)
        first, last = first - grow, last + grow
    return pace, start


@njit(
    [
        types.Tuple((int64[::1], int64[::1], float64[::1]))(
            _INTS, _INTS, _INTS, _INTS, int64, int64, float64, float64, float64, int64, int64[::1]
        )
    ],
    cache=True,
    nogil=True,
)
def count_along(
    times: Any,
    tones: Any,
    their_times: Any,
    their_tones: Any,
    begin: int,
    end: int,
    pace: float,
    start: float,
    pitch: float,
    slack: int,
    shifts: Any,
) -> Any:
    """Return for each second of the search from begin to end (steps): banked landmarks there, how many of them meet one
    of the search, and how many do by chance."""
    seconds = (end - begin) // SECOND + 1
    there, meet = np.zeros(seconds, dtype=np.int64), np.zeros(seconds, dtype=np.int64)
    chance = np.zeros(seconds, dtype=np.float64)
    low, high = _after(their_times, begin * pace + start), _after(their_times, end * pace + start)
    for turn in range(2 * len(shifts) + 1):
        shift = 0.0
        if turn:
            shift = float(shifts[(turn - 1) >> 1]) * (1.0 if turn & 1 else -1.0)
        near = 0
        for at in range(low, high):
            ours = (their_times[at] - start) / pace
            second = int((ours - begin) // SECOND)
            if second < 0 or second >= seconds:
                continue
            if turn == 0:
                there[second] += 1
            # Past an end of the search it goes on at the other: the same chance for each second.
            expected = begin + (ours + shift - begin) % (end - begin)
            if turn and near and near <= len(times) and times[near - 1] > expected:
                near = 0
            if near == 0:
                near = _after(times, expected - STEP_SLACK)
            while near < len(times) and times[near] < expected - STEP_SLACK:
                near += 1
            place = near
            while place < len(times) and times[place] <= expected + STEP_SLACK:
                if abs(their_tones[at] - tones[place] * pitch) <= slack:
                    if turn == 0:
                        meet[second] += 1
                    else:
                        chance[second] += 1.0
                    break
                place += 1
    return there, meet, chance / (2 * len(shifts))
