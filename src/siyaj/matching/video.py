"""Videos that show what banked ones show, for some time: frames by the exact Hamming index, then times that agree.

Per banked frame: what `HammingIndex` keeps of a code, and 9 B for its time and view.
"""

import bisect
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from siyaj.matching.hamming import HammingIndex
from siyaj.matching.video_align import Line, Pairs, find_lines
from siyaj.model.errors import InvalidSignal
from siyaj.model.match import Segment
from siyaj.model.sentence import clause, sentence
from siyaj.model.signal import Signal
from siyaj.signals.base import Hit
from siyaj.signals.video_value import BANKED, EACH_SECOND, Frames, region_of, turn_of, unpack

LEAST_QUALITY = 50
RADIUS = 31
"""PDQ's and vPDQ's thresholds."""
ALIKE = 6
"""Bits. Neighbouring frames of a bank that differ no more are one, which lasts longer."""
SHORTEST = 4.0
"""Seconds: less in common is the opening of a programme, or a slate, unless it is this share of either video:"""
LEAST_SHARE = 0.25
STILL, SHORTEST_STILL = 62, 8.0
"""Bits, seconds: what differs no more for so long stands still, as a test card, a speaker, a studio do."""
MOST_OF_IT, HINT = 0.8, 0.4
"""So little in common says something about the whole only where it is MOST_OF_IT, and one picture that stands still
only where frames are CLOSE as well; else its share counts as HINT at most, which a person looks at: two films in one
studio, or behind one test card."""
CLOSE = 6
"""Bits in the median. Films in one studio, a fifth of the frame apart, were 8 to 30 from each other, copies of them
that were saved again, mirrored or cut 2 to 8; with bars, a logo or at half the size 8 to 22."""


LONGEST_GAP = 4.0
"""Medians: between two frames with enough in them so much time counts at most. Black that was put in says nothing."""


class _Filed(NamedTuple):
    """A banked video: its rows are `first` and those that follow."""

    ref: int
    first: int
    starts: NDArray[np.float32]
    ends: NDArray[np.float32]
    duration: float


class _Found(NamedTuple):
    """What is common to a searched video and a banked one."""

    lines: list[Line]
    share_here: float
    share_there: float
    view: int
    lasts: float
    """Seconds of the longest part in one piece."""
    moves: bool
    """False where it is one picture that stands still."""
    apart: float
    """Bits between a frame and the banked one that is nearest, in the median."""


class VideoIndex:
    """Values are those of the `video` signal. Implements SignalIndex; safe for many threads, readers never wait."""

    def __init__(self, radius: int = RADIUS) -> None:
        self.radius = radius
        self._write = threading.Lock()
        self._clear()

    def _clear(self) -> None:
        self._codes = HammingIndex()
        self._firsts: list[int] = []  # ascending, one for each of:
        self._filed: list[_Filed] = []
        self._by_ref: dict[int, _Filed] = {}
        self._next = 1

    def add(self, refs: Sequence[int], values: Sequence[str]) -> None:
        """Make videos findable; a ref that is there is replaced. Raises InvalidSignal for a value that is none."""
        if len(refs) != len(values):
            raise ValueError(f"{len(values)} values need as many refs, not {len(refs)}")
        parsed = [_banked(value) for value in values]
        with self._write:
            for ref, frames in zip(refs, parsed, strict=True):
                self._forget(int(ref))
                self._add(int(ref), frames)

    def _add(self, ref: int, frames: Frames) -> None:
        starts, ends, hashes = _distinct(frames)
        filed = _Filed(ref, self._next, starts, ends, frames.duration)
        self._next += len(hashes)
        if len(hashes):  # known before it can be found
            self._filed.append(filed)
            self._firsts.append(filed.first)
        self._by_ref[ref] = filed
        self._codes.add(np.arange(filed.first, self._next), hashes)

    def remove(self, refs: Sequence[int]) -> None:
        with self._write:
            for ref in refs:
                self._forget(int(ref))

    def _forget(self, ref: int) -> None:
        filed = self._by_ref.pop(ref, None)
        if filed is not None:
            self._codes.remove(np.arange(filed.first, filed.first + len(filed.starts)))

    def search(self, signals: Sequence[Signal]) -> list[list[Hit]]:
        """Return hits, distance 1 − the share that is common, of this video or of the banked one, whichever is larger.
        A value that is none finds nothing."""
        found: list[list[Hit]] = []
        for signal in signals:
            try:
                frames = unpack(signal.value)
            except InvalidSignal:
                found.append([])
                continue
            found.append(self._find(frames))
        return found

    def __len__(self) -> int:
        return len(self._by_ref)

    @property
    def nbytes(self) -> int:
        return self._codes.nbytes + sum(9 * len(filed.starts) + 300 for filed in tuple(self._by_ref.values()))

    def save(self, folder: Path) -> None:
        """Write the live videos to `folder`, which must not be there."""
        with self._write:
            folder.mkdir(parents=True)
            filed = list(self._by_ref.values())
            self._codes.save(folder / "codes")
        np.save(folder / "refs.npy", np.array([one.ref for one in filed], dtype=np.int64))
        np.save(folder / "firsts.npy", np.array([one.first for one in filed], dtype=np.int64))
        np.save(folder / "counts.npy", np.array([len(one.starts) for one in filed], dtype=np.int64))
        np.save(folder / "durations.npy", np.array([one.duration for one in filed], dtype=np.float64))
        for name in ("starts", "ends"):
            every = [getattr(one, name) for one in filed]
            np.save(folder / f"{name}.npy", np.concatenate(every) if every else np.empty(0, dtype=np.float32))

    def load(self, folder: Path) -> None:
        """Become what was saved. Raises ValueError for a folder that is damaged; OSError when it cannot be read."""
        names = ("refs", "firsts", "counts", "durations", "starts", "ends")
        refs, firsts, counts, durations, starts, ends = (
            np.load(folder / f"{name}.npy", allow_pickle=False) for name in names
        )
        last = np.cumsum(counts)
        if not len(refs) == len(firsts) == len(counts) == len(durations) or len(starts) != len(ends):
            raise ValueError(f"the snapshot in {folder} is not one of videos")
        if int(counts.sum()) != len(starts) or (len(firsts) and int(firsts.min()) < 1):
            raise ValueError(f"the snapshot in {folder} is damaged")
        codes = HammingIndex.load(folder / "codes")
        if len(codes) != len(starts):
            raise ValueError(f"the snapshot in {folder} holds {len(codes)} frames, not {len(starts)}")
        with self._write:
            self._clear()
            self._codes = codes
            for at, ref in enumerate(refs.tolist()):
                cut = slice(int(last[at] - counts[at]), int(last[at]))
                filed = _Filed(ref, int(firsts[at]), starts[cut], ends[cut], float(durations[at]))
                self._by_ref[ref] = filed
                self._next = max(self._next, filed.first + len(filed.starts))
            self._filed = sorted((one for one in self._by_ref.values() if len(one.starts)), key=lambda one: one.first)
            self._firsts = [one.first for one in self._filed]

    def _find(self, frames: Frames) -> list[Hit]:
        good = np.nonzero(frames.qualities >= LEAST_QUALITY)[0]
        if not len(good) or not self._by_ref:
            return []
        numbers, times = _numbered(frames)
        hits = self._codes.search(frames.hashes[good], self.radius)
        looked = good[hits.query]
        found = []
        for filed, its in self._by_video(hits.id):
            best = _common(frames, numbers, times, looked[its], filed, hits.id[its] - filed.first, hits.distance[its])
            if best is not None:
                found.append(_hit(filed, best))
        return sorted(found, key=lambda hit: (hit.distance, hit.ref))

    def _by_video(self, rows: NDArray[np.int64]) -> Iterator[tuple[_Filed, NDArray[np.int64]]]:
        """Yield the banked videos that rows belong to, each with the places of its rows."""
        order = np.argsort(rows, kind="stable")
        at = 0
        while at < len(order):
            place = bisect.bisect_right(self._firsts, int(rows[order[at]])) - 1
            filed = self._filed[place]
            end = at + int(np.searchsorted(rows[order[at:]], filed.first + len(filed.starts)))
            if end > at and self._by_ref.get(filed.ref) is filed:
                yield filed, order[at:end]
            at = max(end, at + 1)


def _banked(value: str) -> Frames:
    frames = unpack(value)
    if frames.form != BANKED:
        raise InvalidSignal("a bank keeps the dense form of a video value, not the one for searching")
    return frames


def _distinct(frames: Frames) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.uint8]]:
    """Return start, end and hash of what is to be found: frames with enough in them, neighbours that are alike as
    one."""
    starts: list[float] = []
    ends: list[float] = []
    hashes: list[NDArray[np.uint8]] = []
    times = frames.times / 1_000
    views = frames.views & np.uint8(0xFF ^ EACH_SECOND)
    for view in np.unique(views):
        places = np.nonzero(views == view)[0]
        until = np.append(times[places[1:]], frames.duration)
        for place, end in zip(places, until, strict=True):
            if frames.qualities[place] < LEAST_QUALITY:
                continue
            code = frames.hashes[place]
            if hashes and ends[-1] == times[place] and np.bitwise_count(hashes[-1] ^ code).sum() <= ALIKE:
                ends[-1] = float(end)
                continue
            starts.append(float(times[place]))
            ends.append(max(float(end), float(times[place])))
            hashes.append(code)
    empty = np.empty((0, 32), dtype=np.uint8)
    return np.array(starts, dtype=np.float32), np.array(ends, dtype=np.float32), np.stack(hashes) if hashes else empty


def _numbered(frames: Frames) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return for each look the number of its frame, among frames with enough in them (else -1), and their times."""
    good = frames.qualities >= LEAST_QUALITY
    times, numbers = np.unique(frames.times[good], return_inverse=True)
    every = np.full(len(good), -1, dtype=np.int64)
    every[good] = numbers
    return every, times / 1_000


def _common(
    frames: Frames,
    numbers: NDArray[np.int64],
    times: NDArray[np.float64],
    looked: NDArray[np.int64],
    filed: _Filed,
    rows: NDArray[np.int64],
    bits: NDArray[np.int64],
) -> _Found | None:
    """Return what is common, in the view in which most is; None when it is too little to say so."""
    kinds = np.array([_kind(int(view)) for view in frames.views[looked]])
    weights = _weights(times)
    best: _Found | None = None
    for kind in np.unique(kinds):
        its = kinds == kind
        number = numbers[looked[its]]
        starts, ends = filed.starts[rows[its]].astype(np.float64), filed.ends[rows[its]].astype(np.float64)
        lines = find_lines(Pairs(number, times[number], starts, ends))
        lines = [line for line in lines if len(line.frames) > 1 or len(times) == 1]
        if not lines:
            continue
        gap = frames.duration / max(1, len(times))
        there = sum(abs(line.there[1] - line.there[0]) + gap * line.speed for line in lines)
        beside = min(gap, float(np.median(np.diff(times)))) if len(times) > 1 else gap
        here = sum(line.here[1] - line.here[0] + beside for line in lines)
        lasts = max(line.here[1] - line.here[0] for line in lines) + gap
        common = np.isin(number, np.concatenate([line.frames for line in lines]))
        moves = any(_moves(frames, looked[its][np.isin(number, line.frames)]) for line in lines)
        matched = weights[np.unique(number[common])].sum()
        # However little else there is to recognise: an opening that two dark films share is not the whole of them.
        share_here = min(float(matched), here / max(frames.duration, 0.001))
        share_there = min(1.0, there / max(filed.duration, 0.001))
        apart = _apart(number[common], bits[its][common])
        found = _Found(lines, share_here, share_there, int(kind), lasts, moves, apart)
        if _enough(found) and (best is None or found.share_here > best.share_here):
            best = found
    return best


def _weights(times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return which share of the video each of its frames stands for: frames may lie close together in a part of it."""
    if len(times) < 2:
        return np.ones(len(times))
    gaps = np.diff(times)
    gaps = np.minimum(gaps, LONGEST_GAP * float(np.median(gaps)))
    weights = np.concatenate([gaps[:1], gaps]) + np.concatenate([gaps, gaps[-1:]])
    shares: NDArray[np.float64] = weights / weights.sum()
    return shares


def _moves(frames: Frames, looks: NDArray[np.int64]) -> bool:
    views = frames.views[looks]
    every = [frames.hashes[looks[views == view]] for view in np.unique(views)]
    return any(int(np.bitwise_count(each ^ each[0]).sum(axis=1).max()) > STILL for each in every)


def _apart(number: NDArray[np.int64], bits: NDArray[np.int64]) -> float:
    """Return how far the nearest banked frame is, in the median of the frames."""
    nearest = np.full(int(number.max()) + 1, 256, dtype=np.int64)
    np.minimum.at(nearest, number, bits)
    return float(np.median(nearest[np.unique(number)]))


def _enough(found: _Found) -> bool:
    longest = max(line.here[1] - line.here[0] for line in found.lines)
    shortest = SHORTEST if found.moves else SHORTEST_STILL
    return longest >= shortest or max(found.share_here, found.share_there) >= LEAST_SHARE


def _share(found: _Found) -> float:
    """Return how much of either video is common, as far as it says something about the whole."""
    share = max(found.share_here, found.share_there)
    if found.moves:
        whole = found.lasts >= SHORTEST or share >= MOST_OF_IT
    else:
        whole = found.apart <= CLOSE and share >= MOST_OF_IT
    return share if whole else min(share, HINT)


def _kind(view: int) -> int:
    """The whole and what is inside its bars are one kind of view."""
    view &= 0xFF ^ EACH_SECOND
    return view & 0b111 if region_of(view) == "content" else view


_SAID = {
    "plain": "",
    "flip_y": "video.mirrored",
    "flip_x": "video.upside_mirrored",
    "rotate180": "video.upside",
}


def _hit(filed: _Filed, found: _Found) -> Hit:
    line = max(found.lines, key=lambda each: (len(each.frames), each.here[1] - each.here[0]))
    segment = Segment(*(round(max(0.0, at), 2) for at in (*line.here, *line.there)))
    clauses = [clause("video.segment", **_times(segment))]
    if len(found.lines) > 1:
        clauses.append(clause("video.more", count=len(found.lines) - 1))
    region, turned = region_of(found.view), _SAID.get(turn_of(found.view), "video.quarter")
    clauses += [] if region == "whole" else [clause(f"video.{region}")]
    clauses += [clause(turned)] if turned else []
    clauses += [clause("video.speed", speed=float(f"{line.speed:.2g}"))] if abs(line.speed - 1) > 0.05 else []
    why = sentence(*clauses, clause("video.share", share=round(found.share_here, 4)))
    return Hit(filed.ref, round(1 - _share(found), 4), (), why, segment)


def _times(segment: Segment) -> dict[str, str]:
    return {name: _clock(getattr(segment, name)) for name in ("start", "end", "entry_start", "entry_end")}


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
