"""From votes to hits: which places are looked at, what agreeing for some seconds means, and what is said of it."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from siyaj.matching.audio_align import MOST_PACE, SHIFTS, TONE_SLACK, count_along, extend_line, find_line
from siyaj.matching.audio_repeat import says_more
from siyaj.matching.audio_votes import Voters
from siyaj.model.match import Segment
from siyaj.model.sentence import clause, sentence
from siyaj.signals.audio_value import SECOND, STEPS_PER_SECOND, Landmarks
from siyaj.signals.base import Hit

BLOCK = 1_024
"""Steps of a search that vote together: 16 s."""
LEAST_VOTES, MOST_PLACES = 5, 256
MOST_MISSES, MOST_MISSES_AT_SPEED = 12, 4
"""Places of a block that are looked at in vain before the rest, with fewer votes, are left alone."""
VOTING = 1
"""Strength of the landmarks that vote; fewer at other speeds, of which there are many."""
VOTING_AT_SPEED = 2
SPEEDS = tuple(round(1 + step * 0.005, 3) for number in range(1, 11) for step in (number, -number))
"""How much faster a record or tape may have run, tone and all."""
SPEED_BLOCKS = 4
SPEED_SLACK = 5
FEWEST, CLEAR = 5, 2.0
"""Landmarks that meet in a second for it to agree; so many deviations more than by chance."""
GAP = 3
"""Seconds within a run that need not agree."""
SHORTEST, DENSE = 6, 0.6
"""Seconds of a run that must agree, and their share of it: less is a jingle, a signal, some words in the same voice."""
MOST_OF_SECOND = 2.0
"""Medians that one second counts for: a single chord is many landmarks."""
PLAIN, BENT = (15.0, 0.2), (20.0, 0.25)
"""Of a run, at the same speed and at another: by how many deviations more landmarks must meet than by chance, and which
share of the banked ones there."""
SAME_PACE = 0.004
PROMISING = 3
"""Seconds of a block that must agree for the rest of the sound to be looked at."""
ENOUGH = 0.5
"""Other speeds are tried where less of a sound was found."""
BEARING = 5
"""Landmarks that make a second one that could agree."""


class Sound(NamedTuple):
    """Landmarks as the kernels take them."""

    times: NDArray[np.int32]
    tones: NDArray[np.int32]
    strengths: NDArray[np.uint8]
    steps: int


def sound_of(landmarks: Landmarks) -> Sound:
    return Sound(landmarks.times, landmarks.tones, landmarks.strengths, landmarks.steps)


class Line(NamedTuple):
    """`banked step = pace × searched step + start`, with what agrees along it."""

    pace: float
    start: float
    agree: NDArray[np.int64]
    """Seconds of the search that agree."""
    longest: tuple[int, int]
    """First and last second of the longest run of them."""
    meet: int


Whose = Callable[[int], tuple[int, int, Sound] | None]
"""Virtual step → ref, virtual step of its begin, sound."""


def find(sound: Sound, voters: Voters, whose: Whose) -> list[Hit]:
    """Return the hits of a search, nearest first."""
    lines: dict[int, tuple[Sound, list[Line]]] = {}
    for begin in _blocks(sound):
        _look(sound, begin, 1.0, 1.0, voters, whose, lines)
    if _found(lines) < ENOUGH * _bearing(sound):
        for speed in SPEEDS:
            for begin in _spread(_blocks(sound)):
                _look(sound, begin, speed, 1 / speed, voters, whose, lines)
            if _found(lines) >= ENOUGH * _bearing(sound):
                break
    hits = [_hit(ref, sound, banked, found) for ref, (banked, found) in lines.items()]
    return sorted(hits, key=lambda hit: (hit.distance, hit.ref))


def _blocks(sound: Sound) -> list[int]:
    """Return where blocks with landmarks begin."""
    return [at * BLOCK for at in np.unique(sound.times // BLOCK)]


def _spread(blocks: list[int]) -> list[int]:
    return (
        [blocks[int(at)] for at in np.unique(np.linspace(0, len(blocks) - 1, SPEED_BLOCKS).round())] if blocks else []
    )


def _found(lines: dict[int, tuple[Sound, list[Line]]]) -> int:
    """Return how many seconds agree with some banked sound."""
    return len({int(second) for _, found in lines.values() for line in found for second in line.agree})


def _look(
    sound: Sound,
    begin: int,
    pace: float,
    pitch: float,
    voters: Voters,
    whose: Whose,
    lines: dict[int, tuple[Sound, list[Line]]],
) -> None:
    """Add the lines that one block of the search leads to."""
    plain = pitch == 1.0
    cut = slice(*np.searchsorted(sound.times, (begin, begin + BLOCK)))
    voting = sound.strengths[cut] >= (VOTING if plain else VOTING_AT_SPEED)
    slack = TONE_SLACK if plain else SPEED_SLACK
    places = voters.ask(
        sound.times[cut][voting], sound.tones[cut][voting], begin, pace, pitch, slack, LEAST_VOTES, MOST_PLACES
    )
    misses = 0
    for place in places.tolist():
        owner = whose(place)
        if owner is None:
            continue
        ref, base, banked = owner
        start = place - base - pace * begin
        known = lines.get(ref, (banked, []))[1]
        if any(abs(line.pace * begin + line.start - place + base) < 40 for line in known):
            continue
        line = compare(sound, banked, begin, start, pace, pitch)
        if line is None:
            misses += 1
            if misses == (MOST_MISSES if plain else MOST_MISSES_AT_SPEED):
                break
        else:
            lines.setdefault(ref, (banked, []))[1].append(line)


def compare(sound: Sound, banked: Sound, begin: int, start: float, pace: float, pitch: float) -> Line | None:
    """Return the best line near the one given, and what agrees along it; None where nothing much does."""
    ours, theirs = (sound.times, sound.tones), (banked.times, banked.tones)
    end = min(begin + BLOCK, sound.steps)
    slack = TONE_SLACK if pitch == 1.0 else SPEED_SLACK
    bend = MOST_PACE if pitch == 1.0 else 0.005
    pace, start, best = find_line(*ours, *theirs, begin, end, start, pace, pitch, bend, slack)
    if best < 8:
        return None
    if len(_clear(*count_along(*ours, *theirs, begin, end, pace, start, pitch, slack, SHIFTS))) < PROMISING:
        return None
    pace, start = extend_line(*ours, *theirs, begin, end, pace, start, pitch, slack)
    there, meet, chance = count_along(*ours, *theirs, 0, sound.steps, pace, start, pitch, slack, SHIFTS)
    least = PLAIN if pitch == 1.0 and abs(pace - 1) < SAME_PACE else BENT
    runs = _runs(_clear(there, meet, chance))
    runs = [
        run
        for run in runs
        if _accepted(run, there, meet, chance, *least)
        and says_more(ours, theirs, (int(run[0]) * SECOND, (int(run[-1]) + 1) * SECOND), (pace, start), pitch, slack)
    ]
    if not runs:
        return None
    agree = np.concatenate([np.arange(run[0], run[-1] + 1) for run in runs])
    agree = agree[_near(meet)[agree] > _near(chance)[agree] + CLEAR]
    longest = max(runs, key=lambda run: run[-1] - run[0])
    return Line(pace, start, agree, (int(longest[0]), int(longest[-1])), int(meet[agree].sum()))


def _clear(_there: NDArray[np.int64], meet: NDArray[np.int64], chance: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the seconds in which clearly more landmarks meet than by chance."""
    return np.nonzero((meet >= FEWEST) & (meet > chance + CLEAR * np.sqrt(chance + 0.5)))[0]


def _runs(seconds: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Return the seconds as runs without long gaps."""
    return [run for run in np.split(seconds, np.nonzero(np.diff(seconds) > GAP + 1)[0] + 1) if len(run)]


def _accepted(
    run: NDArray[np.int64],
    there: NDArray[np.int64],
    meet: NDArray[np.int64],
    chance: NDArray[np.float64],
    least_score: float,
    least_share: float,
) -> bool:
    cut = slice(int(run[0]), int(run[-1]) + 1)
    if len(run) < SHORTEST or len(run) < DENSE * (cut.stop - cut.start):
        return False
    capped = np.minimum(meet[cut], max(FEWEST, MOST_OF_SECOND * float(np.median(meet[cut][meet[cut] > 0]))))
    expected = float(chance[cut].sum())
    more = float(capped.sum()) - expected
    share = more / max(1.0, float(there[cut].sum()) - expected)
    return more >= least_score * (expected + 1) ** 0.5 and share >= least_share


def _near(counts: NDArray[Any]) -> NDArray[np.float64]:
    """Return what a second has together with its neighbours."""
    near: NDArray[np.float64] = np.convolve(counts, np.ones(3), "same")
    return near


def _hit(ref: int, sound: Sound, banked: Sound, lines: list[Line]) -> Hit:
    here = np.unique(np.concatenate([line.agree for line in lines]))
    there = np.unique(np.concatenate([np.floor(line.agree * line.pace + line.start / SECOND) for line in lines]))
    share = max(min(1.0, len(here) / _bearing(sound)), min(1.0, len(there) / _bearing(banked)))
    line = max(lines, key=lambda each: each.meet)
    begin, end = line.longest
    first, last = begin * SECOND / STEPS_PER_SECOND, (end + 1) * SECOND / STEPS_PER_SECOND
    offset = line.start / STEPS_PER_SECOND
    segment = Segment(
        *(round(max(0.0, at), 2) for at in (first, last, first * line.pace + offset, last * line.pace + offset))
    )
    times = {name: _clock(getattr(segment, name)) for name in ("start", "end", "entry_start", "entry_end")}
    speed = [clause("audio.speed", share_speed=round(line.pace, 4))] if abs(line.pace - 1) >= 0.01 else []
    why = sentence(clause("audio.segment", **times), *speed, clause("audio.marks", count=int(line.meet)))
    return Hit(ref, round(1.0 - share, 4), (), why, segment)


def _bearing(sound: Sound) -> int:
    """Return how many seconds have landmarks enough to agree."""
    counts = np.bincount(sound.times[sound.strengths > 0] // SECOND)
    return max(1, int((counts >= BEARING).sum()))


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
