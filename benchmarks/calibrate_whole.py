"""What the score of wholes in `matching.local_score` is made of: weights from copies and strangers, by their sketches.

Like `calibrate`, of the same pictures, for the pictures that `matching.local_whole` finds without any feature. Only
thumbnails are drawn. A copy that is not among the nearest is lost before it has a score.
"""

import argparse
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks._edits import EDITS, HARD_EDITS, OVERLAYS, Edit, crop, jpeg
from benchmarks._pictures import chat
from benchmarks.calibrate import SAME_APP, Named, held_out, load, paired, pieces, same_things, weight_rows
from benchmarks.report import Row
from siyaj.matching import local_score
from siyaj.matching.local_compare import Searched, evidence_of, prepare
from siyaj.matching.local_score import WHOLE_PAIRS, WholeTraces, whole_traces
from siyaj.matching.local_whole import Sketches, lay, nearest_looks
from siyaj.signals.local import BANKED_THUMBNAIL, SEARCH_SIDE, SEARCH_THUMBNAIL, SMALLEST_SIDE
from siyaj.signals.local_draw import grey_at, thumbnail
from siyaj.signals.local_value import Features

WHOLE, PIECES, CHATS = 200, 160, 40
"""Pictures, and pieces of them, that are banked together; each is searched among all others."""
EDITS_OF_ONE = 8
RATE = 1e-4
TAIL = 40
"""Searches, those with the highest scores, to which an exponential tail is fitted."""


class Found(NamedTuple):
    copy: bool
    edit: str
    name: str
    there: str
    search: int
    traces: WholeTraces


def run(arguments: argparse.Namespace) -> list[Row]:
    folder = Path(os.environ.get("SIYAJ_PICTURES") or arguments.shared / "media" / "photos")
    found, lost = collect(folder, 8 if arguments.quick else 1)
    arguments.out.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        arguments.out / "calibrate_whole.npz",
        **{field: np.array([getattr(each, field) for each in found]) for field in Found._fields},
    )
    return report(found, lost)


def collect(folder: Path, thinner: int = 1) -> tuple[list[Found], dict[str, tuple[int, int]]]:
    """Return what was looked at, and by edit how many copies were not among the nearest, of how many."""
    every = load(folder)
    named = every[: WHOLE // thinner] + pieces(every, PIECES // thinner)
    views = same_things(folder)
    apart = [[any(view.search(one.name) and view.search(two.name) for view in views) for two in named] for one in named]
    lost: dict[str, tuple[int, int]] = {}
    edits: dict[str, Edit] = {**EDITS, **HARD_EDITS}
    found: list[Found] = []
    for kind, overlay in {"plain": lambda picture: picture, **OVERLAYS}.items():
        under = [Named(each.name, overlay(each.picture)) for each in named]
        copies = edits if kind == "plain" else {f"{kind} on both": lambda picture: crop(picture, 0.93)}
        found += _searches(under, kind, copies, lost, apart)
    chats = [Named(f"chat {seed}", chat(seed)) for seed in range(CHATS // thinner)]
    return found + list(_searches(chats, SAME_APP, {}, lost, [[False] * len(chats)] * len(chats))), lost


def _searches(
    named: Sequence[Named],
    kind: str,
    copies: Mapping[str, Edit],
    lost: dict[str, tuple[int, int]],
    same: Sequence[Sequence[bool]],
) -> Iterator[Found]:
    sketches, kept = Sketches(), [_drawn(picture, BANKED_THUMBNAIL) for _, picture in named]
    for row, features in enumerate(kept):
        sketches.add(row, features.thumbnail)
    names = list(copies)
    for number, (name, picture) in enumerate(named):
        alive = np.ones(len(named), dtype=np.uint8)
        for count in range(min(EDITS_OF_ONE, len(names))):
            edit = names[(number + 7 * count) % len(names)]
            ready = prepare(_drawn(jpeg(copies[edit](picture)), SEARCH_THUMBNAIL))
            of = [each for each in _looked_at(ready, sketches, kept, alive) if each[0] == number]
            missed, total = lost.get(edit, (0, 0))
            lost[edit] = (missed + (not of), total + 1)
            yield from (Found(True, edit, name, name, number, traces) for _, traces in of)
        alive[number] = 0
        alive[[at for at, one in enumerate(same[number]) if one]] = 0
        alive[[at for at, one in enumerate(named) if one.name == name]] = 0
        ready = prepare(_drawn(jpeg(picture, 80), SEARCH_THUMBNAIL))
        for row, traces in _looked_at(ready, sketches, kept, alive):
            yield Found(False, kind, name, named[row].name, number, traces)


def _looked_at(
    searched: Searched, sketches: Sketches, kept: Sequence[Features], alive: np.ndarray
) -> Iterator[tuple[int, WholeTraces]]:
    for row, guess in nearest_looks(searched, sketches, alive, lambda row: kept[row]):
        if alignment := lay(searched, kept[row], guess):
            yield row, whole_traces(alignment, *evidence_of(searched, kept[row], alignment))


def _drawn(picture: "object", pixels: int) -> Features:
    grey = grey_at(np.asarray(picture), SEARCH_SIDE, SMALLEST_SIDE)
    nothing = np.zeros((0, 4), dtype=np.uint64)
    places, frames = np.zeros((0, 2), dtype=np.uint16), np.zeros((0, 2), dtype=np.uint8)
    return Features(max(grey.shape), nothing, places, frames, np.zeros(0, dtype=np.uint32), thumbnail(grey, pixels))


def report(found: Sequence[Found], lost: Mapping[str, tuple[int, int]]) -> list[Row]:
    values = paired(np.array([each.traces for each in found]), WholeTraces._fields, WHOLE_PAIRS)
    copy, edit = np.array([each.copy for each in found]), np.array([each.edit for each in found])
    weights, held = held_out(values, copy, np.ones(len(found)), [each.name for each in found])
    ruled_out = np.array([local_score.ruled_out(each.traces) for each in found])
    held = np.where(ruled_out, -np.inf, held)
    stands = np.array([*local_score.WHOLE_WEIGHTS, *WHOLE_PAIRS.values(), local_score.WHOLE_INTERCEPT])
    rows = weight_rows(WholeTraces._fields, WHOLE_PAIRS, weights, stands)
    tops: dict[tuple[str, int], float] = {}
    for each, score in zip(found, held.tolist(), strict=True):
        if not each.copy:
            tops[each.edit, each.search] = max(tops.get((each.edit, each.search), -np.inf), score)
    ordered = np.sort([top for top in tops.values() if np.isfinite(top)])[::-1]
    searches = (len(OVERLAYS) + 1) * (WHOLE + PIECES) + CHATS
    steep = float(np.mean(ordered[:TAIL] - ordered[TAIL]))
    rarely = float(ordered[TAIL] + steep * np.log(TAIL / searches / RATE))
    rows.append(Row("score that 1 in 10,000 reach", f"{rarely:.2f}", "–", "–", "–", f"e-fold in {steep:.2f}"))
    limit = local_score.LEAST_WHOLE
    for kind in sorted(lost):
        which = copy & (edit == kind)
        missed, total = lost[kind]
        share = float(np.sum(held[which] >= limit)) / total
        rows.append(Row(f"recall, {kind}", f"{share:.3f}", "–", "–", "–", f"{total} copies, {missed} not looked at"))
    for kind in ("plain", *OVERLAYS, SAME_APP):
        top = np.sort([score for (of_kind, _), score in tops.items() if of_kind == kind])[::-1]
        said = ", ".join(f"{value:.1f}" for value in top[:5])
        rows.append(Row(f"false matches, {kind}", f"{np.sum(top >= limit)}", "–", "–", "–", f"highest {said}"))
    return rows
