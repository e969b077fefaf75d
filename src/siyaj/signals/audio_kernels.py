"""Sound → landmarks: peaks of the spectrogram, as many a second whatever the loudness (A. Wang, ISMIR 2003).

A peak is louder than all around it, in time and in frequency: what a codec, a telephone, noise or a voice on top of it
leave of a sound, they mostly leave there. Which of them are kept is decided within each second by how far they stand
out of what is around them, not by loudness: so neither the volume nor an equaliser changes much.
"""

from typing import Any

import numpy as np
from numba import float32, int32, int64, njit, types
from numpy.typing import NDArray

from siyaj.signals.audio_value import EACH_SECOND, MOST_STEPS, SEARCH, SECOND, STEPS_PER_SECOND, Landmarks, combine
from siyaj.signals.sound import RATE

WINDOW, HOP = 1_024, 128
"""Samples: 128 ms in steps of 16 ms, 7.8 Hz a bin."""
LOWEST, HIGHEST = 32, 460
"""Bins: 250 to 3,590 Hz, what a telephone carries."""
REACH_STEPS, REACH_BINS = 7, 9
"""A landmark is the loudest within ±112 ms and ±70 Hz."""
AROUND = 16
"""Steps and bins on either side that it is compared with."""
STRONGEST = (10, 18, 30)
"""Landmarks of a second with strength 3; with 2 and more; with 1 and more."""
_FLOOR = float(np.log((1e-5 * WINDOW / 4) ** 2))
"""Ln of power: a tone at −100 dB of full scale. What is below is silence."""
_RANGE = float(np.log(1e6))
"""What is 60 dB below the loudest of a sound does not outlive a codec."""
_CHUNK = 4_096
"""Steps that are transformed at once: 65 s, 8 MB."""

_PEAKS = types.Tuple((int32[::1], float32[::1], float32[::1], float32[::1]))


@njit(inline="always")
def _is_loudest(loud: Any, step: int, bin_: int) -> bool:
    """Of two that are equally loud, the later one counts as louder, and the higher one."""
    here = loud[step, bin_]
    rows, columns = loud.shape
    low, high = max(0, bin_ - REACH_BINS), min(columns, bin_ + REACH_BINS + 1)
    for away in range(1, REACH_STEPS + 1):  # the nearest first: most candidates fail there
        if step + away < rows:
            for other in range(low, high):
                if loud[step + away, other] >= here:
                    return False
        if step >= away:
            for other in range(low, high):
                if loud[step - away, other] > here:
                    return False
    for other in range(low, bin_):
        if loud[step, other] > here:
            return False
    for other in range(bin_ + 1, high):  # noqa: SIM110  (numba)
        if loud[step, other] >= here:
            return False
    return True


@njit(inline="always")
def _mean_around(loud: Any, step: int, bin_: int, rows: int, columns: int) -> Any:
    total, seen = np.float32(0), 0
    for row in range(max(0, step - AROUND), min(rows, step + AROUND + 1), 2):
        for column in range(max(0, bin_ - AROUND), min(columns, bin_ + AROUND + 1), 2):
            total += loud[row, column]
            seen += 1
    return total / np.float32(seen)


@njit([_PEAKS(float32[:, ::1], int64, int64)], cache=True, nogil=True)
def find_peaks(loud: Any, first: int, end: int) -> Any:
    """Return step, bin, ln power and prominence of the peaks in the rows first..end of (steps, bins) ln power."""
    count, size = 0, 1_024
    steps, bins = np.empty(size, dtype=np.int32), np.empty(size, dtype=np.float32)
    powers, stands = np.empty(size, dtype=np.float32), np.empty(size, dtype=np.float32)
    rows, columns = loud.shape
    for step in range(first, end):
        for bin_ in range(LOWEST, HIGHEST):
            here = loud[step, bin_]
            if here <= _FLOOR or here < loud[step, bin_ - 1] or here <= loud[step, bin_ + 1]:
                continue
            if not _is_loudest(loud, step, bin_):
                continue
            if count == size:
                steps, bins = np.append(steps, np.empty_like(steps)), np.append(bins, np.empty_like(bins))
                powers, stands = np.append(powers, np.empty_like(powers)), np.append(stands, np.empty_like(stands))
                size *= 2
            steps[count] = step
            bend = loud[step, bin_ - 1] - 2 * here + loud[step, bin_ + 1]
            shift = np.float32(0.5) * (loud[step, bin_ - 1] - loud[step, bin_ + 1]) / bend if bend < 0 else 0.0
            bins[count] = bin_ + shift
            powers[count] = here
            stands[count] = here - _mean_around(loud, step, bin_, rows, columns)
            count += 1
    return steps[:count].copy(), bins[:count].copy(), powers[:count].copy(), stands[:count].copy()


def draw_landmarks(sound: NDArray[np.float32]) -> Landmarks | None:
    """Return the landmarks of mono sound at 8 kHz, in the form for searching; None for silence."""
    found = [_peaks_between(sound, at) for at in range(0, min(_steps(sound), MOST_STEPS), _CHUNK)]
    if not found:
        return None
    steps, bins, powers, stands = (np.concatenate(each) for each in zip(*found, strict=True))
    if not len(steps):
        return None
    heard = powers > powers.max() - _RANGE
    steps, bins, stands = steps[heard], bins[heard], stands[heard]
    ranks = _ranks(steps // SECOND, stands)
    kept = ranks < EACH_SECOND[SEARCH]
    tones = (bins[kept] * 4).round().astype(np.int32)
    packed = combine(steps[kept], tones, strengths_of(ranks[kept]))
    return Landmarks(SEARCH, min(MOST_STEPS, -(-len(sound) // HOP)), packed)


def strengths_of(ranks: NDArray[np.int64]) -> NDArray[np.uint8]:
    return (len(STRONGEST) - np.searchsorted(STRONGEST, ranks, side="right")).astype(np.uint8)


def _steps(sound: NDArray[np.float32]) -> int:
    return max(0, (len(sound) - WINDOW) // HOP + 1)


def _peaks_between(sound: NDArray[np.float32], at: int) -> list[NDArray[Any]]:
    """Look at one chunk of steps, and at as many on either side as a peak is compared with."""
    start, end = max(0, at - AROUND), min(_steps(sound), at + _CHUNK + AROUND)
    windows = np.lib.stride_tricks.sliding_window_view(sound[start * HOP : (end - 1) * HOP + WINDOW], WINDOW)[::HOP]
    spectrum = np.fft.rfft(windows * _TAPER, axis=1)[:, : HIGHEST + AROUND + 1]
    power = spectrum.real**2 + spectrum.imag**2
    loud = np.log(np.maximum(power, np.float32(np.exp(_FLOOR) * 1e-3)))
    last = min(at + _CHUNK, end)
    steps, *others = find_peaks(np.ascontiguousarray(loud, dtype=np.float32), at - start, last - start)
    return [steps + start, *others]


def _ranks(groups: NDArray[np.int32], stands: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return the place of each within its group, 0 for the one that stands out most."""
    order = np.lexsort((-stands, groups))
    first = np.searchsorted(groups[order], np.arange(int(groups.max()) + 2))
    ranks = np.empty(len(groups), dtype=np.int64)
    ranks[order] = np.arange(len(groups)) - first[groups[order]]
    return ranks


_TAPER = np.hanning(WINDOW + 1)[:WINDOW].astype(np.float32)
assert RATE / HOP == STEPS_PER_SECOND
