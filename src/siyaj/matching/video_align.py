"""Where two videos show the same: frames that look alike, and whose times agree.

A copy may be cut, have something put before or between, and run faster or slower: so its frames lie on a few straight
lines in the plane of (time here, time there), with slopes between half and twice the speed. Frames that look alike by
chance do not lie on one.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

SLOWEST, FASTEST = 0.4, 2.5
"""Seconds of the banked video that pass in one of this."""
TOLERANCE = 0.4
"""Seconds between where a frame is and where it should be: key frames and dropped neighbours lie beside each other."""
TRIES = 150
"""Pairs of frames that are tried for a speed other than the original's."""
MOST_SEGMENTS = 8
ENOUGH = 0.8
"""Of the frames that look alike: when so many fit at the original speed, no other is tried."""


class Pairs(NamedTuple):
    """n pairs: a frame here looks like what is shown there from `start` to `end`, seconds."""

    frame: NDArray[np.int64]
    """(n,): number of the frame here."""
    at: NDArray[np.float64]
    start: NDArray[np.float64]
    end: NDArray[np.float64]


class Line(NamedTuple):
    """Frames on one line: there = speed × here + offset."""

    speed: float
    offset: float
    frames: NDArray[np.int64]
    """Numbers of the frames on it, in the order of time."""
    here: tuple[float, float]
    there: tuple[float, float]


def find_lines(pairs: Pairs) -> list[Line]:
    """Return the lines that explain most frames, longest first; each frame is on one of them at most."""
    lines: list[Line] = []
    random = np.random.default_rng(7)
    while len(pairs.frame) and len(lines) < MOST_SEGMENTS:
        speed, offset = _refined(pairs, *_best(pairs, random))
        on = _on(pairs, speed, offset)
        if not on.any():
            break
        frames, first = np.unique(pairs.frame[on], return_index=True)
        times = np.sort(pairs.at[on][first])
        here = (float(times[0]), float(times[-1]))
        lines.append(Line(speed, offset, frames, here, (speed * here[0] + offset, speed * here[1] + offset)))
        left = ~np.isin(pairs.frame, frames)
        pairs = Pairs(pairs.frame[left], pairs.at[left], pairs.start[left], pairs.end[left])
    return lines


def _best(pairs: Pairs, random: np.random.Generator) -> tuple[float, float]:
    """Return speed and offset of the line with most frames."""
    frames = len(np.unique(pairs.frame))
    offset, count = _at_speed(pairs, 1.0)
    best = (1.0, offset)
    if count >= ENOUGH * frames or frames < 3:
        return best
    middle = (pairs.start + pairs.end) / 2
    one, other = random.integers(0, len(middle), (2, TRIES))
    apart = pairs.at[other] - pairs.at[one]
    usable = np.abs(apart) > 1.0
    with np.errstate(divide="ignore", invalid="ignore"):
        speeds = (middle[other] - middle[one]) / apart
    usable &= (speeds >= SLOWEST) & (speeds <= FASTEST)
    for speed in np.unique(speeds[usable].round(3)):
        offset, fits = _at_speed(pairs, float(speed))
        # The original's speed is believed until another explains clearly more.
        if fits > count + (1 if best[0] == 1.0 else 0):
            best, count = (float(speed), offset), fits
    return best


def _refined(pairs: Pairs, speed: float, offset: float) -> tuple[float, float]:
    """Return a line through the middle of what is shown, if as many frames lie on it: within the tolerance many do."""
    on = _on(pairs, speed, offset)
    at, middle = pairs.at[on], (pairs.start[on] + pairs.end[on]) / 2
    best, most = (speed, offset), int(on.sum())
    tries = []
    if most:
        tries.append((speed, float(np.median(middle - speed * at))))
    if speed != 1.0 and len(np.unique(at)) > 2:
        slope, base = np.polyfit(at, middle, 1)
        tries.append((float(slope), float(base)))
    for one in tries:
        if SLOWEST <= one[0] <= FASTEST and int(_on(pairs, *one).sum()) >= most:
            best = one
    return best


def _at_speed(pairs: Pairs, speed: float) -> tuple[float, int]:
    """Return the offset that fits most frames at this speed, and how many: the place where most intervals overlap."""
    shift = speed * pairs.at
    low, high = pairs.start - shift - TOLERANCE, pairs.end - shift + TOLERANCE
    edges = np.concatenate([low, high])
    steps = np.concatenate([np.ones(len(low)), -np.ones(len(high))])
    order = np.lexsort((-steps, edges))
    depth = np.cumsum(steps[order])
    # Intervals of one frame may overlap each other: the few deepest places are counted frame by frame.
    best, most = 0.0, 0
    for at in np.argsort(-depth, kind="stable")[:4]:
        after = edges[order[min(at + 1, len(order) - 1)]]
        offset = float((edges[order[at]] + after) / 2)
        count = len(np.unique(pairs.frame[_on(pairs, speed, offset)]))
        if count > most:
            best, most = offset, count
    return best, most


def _on(pairs: Pairs, speed: float, offset: float) -> NDArray[np.bool_]:
    there = speed * pairs.at + offset
    on: NDArray[np.bool_] = (there >= pairs.start - TOLERANCE) & (there <= pairs.end + TOLERANCE)
    return on
