"""What the score of `matching.local_score` is made of: weights from copies and strangers, and how strangers end.

`SIYAJ_PICTURES=FOLDER` names the pictures: some hundreds of all sorts, photographs, drawings, screenshots. Copies are
compared with what they were made from, strangers with those of other pictures that voting elects, with nothing or with
the same overlay over both; half of them are small pieces, of which an overlay is nearly all that can be seen. Pictures
whose paths both fit one line (a regular expression) of `FOLDER/same.txt` are no strangers: views of one thing.
"""

import argparse
import os
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from benchmarks._edits import EDITS, HARD_EDITS, OVERLAYS, Edit, crop, jpeg, mirror
from benchmarks._pictures import chat
from benchmarks.report import Row
from benchmarks.robustness import LONGEST, SUFFIXES, pieces_of
from siyaj.matching import local_score
from siyaj.matching.local import LocalIndex
from siyaj.matching.local_compare import Searched, compare, evidence_of, prepare
from siyaj.matching.local_score import PAIRS, Pairs, Traces, traces, worth_a_look
from siyaj.signals.local import draw_pixels
from siyaj.signals.local_value import Features, pack

COPIED, BANKED, SEARCHED = 150, 300, 200
"""Pictures whose copies are compared; banked and searched strangers, of which the second half are pieces."""
EDITS_OF_ONE = 12
CHATS, SAME_APP = 120, "one app"
"""Screenshots of one app with other words in each, half of them banked."""
ELECTED = 8
"""Strangers that one search compares; the product gives up after four."""
NASTY, OF_NASTY = {"lettering", "watermark"}, 0.3
"""Overlays across the whole of both pictures; how much such strangers count in the fit. What tells them from copies is
what tells copies under lettering that the original lacks from strangers, the other way round: with all their weight,
0.56 of these were found instead of 0.66."""
FOLDS = 5
RATE, BANK = 1e-4, 1_000
"""False matches a search that are aimed for, and the size of the bank that they are aimed for at."""
TAIL = 0.05
"""Share of the searches, those with the highest scores, to which an exponential tail is fitted."""
HOLD = 3.0
"""Ridge, in copies: how strongly weights are held near 0."""


class Named(NamedTuple):
    name: str
    picture: Image.Image


class Found(NamedTuple):
    copy: bool
    edit: str
    name: str
    """Of the searched picture; pieces of one picture have the same."""
    there: str
    """Of the banked one."""
    search: int
    traces: Traces


def run(arguments: argparse.Namespace) -> list[Row]:
    folder = Path(os.environ.get("SIYAJ_PICTURES") or arguments.shared / "media" / "photos")
    found = collect(folder, 8 if arguments.quick else 1)
    arguments.out.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        arguments.out / "calibrate.npz",
        traces=np.array([each.traces for each in found]),
        copy=[each.copy for each in found],
        edit=[each.edit for each in found],
        name=[each.name for each in found],
        there=[each.there for each in found],
        search=[each.search for each in found],
    )
    return report(found)


def collect(folder: Path, thinner: int = 1) -> list[Found]:
    whole, views = load(folder), same_things(folder)
    found = list(_copies(whole[: COPIED // thinner]))
    half = len(whole) // 2
    banked = whole[:half][: BANKED // 2 // thinner] + pieces(whole[:half], BANKED // 2 // thinner)
    searched = whole[half:][: SEARCHED // 2 // thinner] + pieces(whole[half:], SEARCHED // 2 // thinner)
    found += _strangers(banked, searched, {"plain": lambda picture: picture, **OVERLAYS}, views)
    chats = [Named(f"chat {seed}", chat(seed)) for seed in range(CHATS // thinner)]
    found += _copies(chats[::6])
    return found + list(_strangers(chats[::2], chats[1::2], {SAME_APP: lambda picture: picture}, ()))


def same_things(folder: Path) -> list[re.Pattern[str]]:
    same = folder / "same.txt"
    return [re.compile(line) for line in same.read_text("utf-8").split("\n") if line] if same.exists() else []


def load(folder: Path) -> list[Named]:
    """Return all pictures of a folder, shuffled, always the same way."""
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    loaded = []
    for at in np.random.default_rng(1).permutation(len(paths)):
        path = paths[at]
        picture = Image.open(path).convert("RGB")
        picture.thumbnail((LONGEST, LONGEST))
        loaded.append(Named(str(path.relative_to(folder)), picture))
    return loaded


def pieces(pictures: Sequence[Named], count: int) -> list[Named]:
    """Return pieces of pictures, at most three of one, the last pictures first. The second half are the smoothest:
    skies and walls, of which an overlay is all that can be seen."""
    found = [Named(name, piece) for name, picture in reversed(pictures) for piece in islice(pieces_of(picture, 4), 3)]
    some, rest = found[: count // 2], found[count // 2 :]
    return some + sorted(rest, key=lambda each: _roughness(each.picture))[: count - len(some)]


def _roughness(picture: Image.Image) -> float:
    grey = np.asarray(picture.convert("L").resize((64, 48))).astype(float)
    return float(np.abs(np.diff(grey, axis=0)).mean() + np.abs(np.diff(grey, axis=1)).mean())


def _copies(pictures: Sequence[Named]) -> Iterator[Found]:
    edits: dict[str, Edit] = {**EDITS, **HARD_EDITS}
    names = list(edits)
    for number, (name, picture) in enumerate(pictures):
        drawn = draw_pixels(np.asarray(picture))
        for count in range(EDITS_OF_ONE if drawn else 0):
            edit = names[(number + 7 * count) % len(names)]
            if drawn and (each := _best(jpeg(edits[edit](picture)), drawn[0])):
                yield Found(True, edit, name, name, number, each)
        overlay = list(OVERLAYS)[number % len(OVERLAYS)]
        under = OVERLAYS[overlay](picture)
        drawn = draw_pixels(np.asarray(under))
        for cut in (mirror(under), crop(under, 0.85)):
            if drawn and (each := _best(jpeg(cut), drawn[0])):
                yield Found(True, f"{overlay} on both", name, name, number, each)


def _best(picture: Image.Image, banked: Features) -> Traces | None:
    """Return the traces of the better of both sides."""
    if (drawn := draw_pixels(np.asarray(picture))) is None:
        return None
    searched = prepare(drawn[1])
    both = [_traces(searched, banked, mirrored) for mirrored in (False, True)]
    return max((each for each in both if each), key=lambda each: each.least_features + each.least_blocks, default=None)


def _traces(searched: Searched, banked: Features, mirrored: bool) -> Traces | None:
    """None where no way is found, or too little agrees on it: such copies are lost before they have a score."""
    alignment = compare(searched, banked, mirrored=mirrored)
    if alignment is None or not worth_a_look(alignment):
        return None
    return traces(alignment, *evidence_of(searched, banked, alignment))


def _strangers(
    banked: Sequence[Named], searched: Sequence[Named], overlays: dict[str, Edit], views: Sequence[re.Pattern[str]]
) -> Iterator[Found]:
    search = 0
    for kind, overlay in overlays.items():
        index = LocalIndex()
        kept: list[tuple[str, Features]] = []
        for there, picture in banked:
            if drawn := draw_pixels(np.asarray(overlay(picture))):
                index.add([len(kept)], [pack(drawn[0])])
                kept.append((there, drawn[0]))
        index.settle()
        for name, picture in searched:
            search += 1
            if (drawn := draw_pixels(np.asarray(jpeg(overlay(picture), 80)))) is None:
                continue
            ready = prepare(drawn[1])
            for one in index._elected(drawn[1], ready.points)[:ELECTED].tolist():
                there, features = kept[one >> 1]
                if any(view.search(name) and view.search(there) for view in views):
                    continue
                if each := _traces(ready, features, bool(one & 1)):
                    yield Found(False, kind, name, there, search, each)


def report(found: Sequence[Found]) -> list[Row]:
    values = paired(np.array([each.traces for each in found]), Traces._fields, PAIRS)
    copy = np.array([each.copy for each in found])
    edit = np.array([each.edit for each in found])
    counts = np.where(~copy & np.isin(edit, list(NASTY)), OF_NASTY, 1.0)
    weights, held = held_out(values, copy, counts, [each.name for each in found])
    stands = np.array([*local_score.WEIGHTS, *PAIRS.values(), local_score.INTERCEPT])
    rows = weight_rows(Traces._fields, PAIRS, weights, stands)
    now = scores_of(stands, values)
    tops = {kind: _tops(found, held, kind) for kind in ("plain", *OVERLAYS, SAME_APP)}
    mild = np.concatenate([top for kind, top in tops.items() if kind not in NASTY])
    rarely, note = tail(mild)
    rows.append(Row(f"score that 1 in {1 / RATE:,.0f} reach", f"{rarely:.2f}", "–", "–", "–", note))
    threshold = local_score.LEAST_SCORE
    for kind in sorted(set(edit[copy])):
        which = copy & (edit == kind)
        ours, before = np.mean(held[which] >= threshold), np.mean(now[which] >= threshold)
        rows.append(Row(f"recall, {kind}", f"{ours:.3f}", f"{before:.3f}", "–", "–", f"{which.sum()} copies, held out"))
    ours, before = np.mean(held[copy] >= threshold), np.mean(now[copy] >= threshold)
    rows.append(Row("recall, all", f"{ours:.3f}", f"{before:.3f}", "–", "–", f"{copy.sum():,} copies, held out"))
    for kind, top in tops.items():
        before_tops = _tops(found, now, kind)
        wrong, said = int(np.sum(top >= threshold)), ", ".join(f"{value:.1f}" for value in np.sort(top)[::-1][:5])
        before_wrong = int(np.sum(before_tops >= threshold))
        rows.append(Row(f"false matches, {kind}", f"{wrong}", f"{before_wrong}", "–", "–", f"of {len(top)}: {said}"))
    return rows


def paired(values: np.ndarray, fields: Sequence[str], pairs: Pairs) -> np.ndarray:
    """Add the products of traces to (n, traces)."""
    at = {name: place for place, name in enumerate(fields)}
    return np.column_stack([values, *(values[:, at[one]] * values[:, at[other]] for one, other in pairs)])


def held_out(
    values: np.ndarray, copy: np.ndarray, counts: np.ndarray, pictures: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the weights that all give, and of each the score by the weights that other pictures give."""
    names = sorted(set(pictures))
    of = dict(zip(names, np.random.default_rng(2).integers(0, FOLDS, len(names)), strict=True))
    fold = np.array([of[name] for name in pictures])
    weights, held = fit(values, copy, counts), np.zeros(len(pictures))
    for one in range(FOLDS):
        others = fold != one
        held[~others] = scores_of(fit(values[others], copy[others], counts[others]), values[~others])
    return weights, held


def weight_rows(fields: Sequence[str], pairs: Pairs, weights: np.ndarray, stands: np.ndarray) -> list[Row]:
    called = (*fields, *(" × ".join(pair) for pair in pairs), "intercept")
    return [
        Row(f"weight, {name}", f"{weight:.3f}", f"{before:.3f}", "–", "–", "peer: what stands in local_score")
        for name, weight, before in zip(called, weights, stands, strict=True)
    ]


def fit(values: np.ndarray, copy: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return (traces + 1,) weights of a logistic regression, the intercept last, by Newton's method.

    `counts` (n,) says how much each of the `values` (n, traces) counts."""
    middle, spread = values.mean(axis=0), values.std(axis=0) + 1e-9
    known = np.column_stack([(values - middle) / spread, np.ones(len(values))])
    hold = np.diag([HOLD] * values.shape[1] + [1e-3])
    weights = np.zeros(known.shape[1])
    for _ in range(15):
        odds = 1 / (1 + np.exp(-np.clip(known @ weights, -30, 30)))
        curve = counts * (odds * (1 - odds) + 1e-9)
        right = known.T @ (curve * (known @ weights) + counts * (copy - odds))
        weights = np.linalg.solve(known.T @ (known * curve[:, None]) + hold, right)
    plain = weights[:-1] / spread
    return np.append(plain, weights[-1] - plain @ middle)


def scores_of(weights: np.ndarray, values: np.ndarray) -> np.ndarray:
    return np.asarray(values @ weights[:-1] + weights[-1])


def _tops(found: Sequence[Found], scores: np.ndarray, kind: str) -> np.ndarray:
    """Return the highest score of each search among strangers of a kind."""
    tops: dict[int, float] = {}
    for each, score in zip(found, scores.tolist(), strict=True):
        if not each.copy and each.edit == kind:
            tops[each.search] = max(tops.get(each.search, -np.inf), score)
    return np.array(list(tops.values()))


def tail(tops: np.ndarray) -> tuple[float, str]:
    """Return the score that strangers reach once in 1 / RATE searches of a bank of BANK, and what it rests on.

    The excesses over a high score end exponentially, as those of a sum of many traces do (Pickands 1975, shape 0)."""
    ordered = np.sort(tops)[::-1]
    count = max(5, round(TAIL * len(ordered)))
    start = ordered[count]
    steep = float(np.mean(ordered[:count] - start))
    share = count / len(ordered) * BANK / BANKED
    threshold = float(start + steep * np.log(share / RATE))
    note = f"{len(ordered):,} searches × {BANKED} banked, mild overlays; excess over {start:.2f} falls e-fold in"
    return (
        threshold,
        f"{note} {steep:.2f}; the bank of {BANK:,} taken to have {BANK / BANKED:.1f} times as many strangers",
    )
