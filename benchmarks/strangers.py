"""How often strangers are taken for copies: pieces of many pictures, each searched among those of all other pictures.

`SIYAJ_PICTURES=FOLDER` names the pictures: some hundreds of all sorts, no two of one thing, but those that
`FOLDER/same.txt` names (see `calibrate`); `SIYAJ_STRANGERS` says how many pieces, as few of one picture as give that
many. Pieces of one picture are no strangers: such pairs are left out, and so are those taken for copies that *are*
equal once the overlay is on them, two white sheets under one banner. Each other one is written to
`OUT/strangers`, to be looked at. `--only KIND…` measures some kinds and keeps the other rows.

Pairs are counted. A search in a bank of 1,000 looks at 1,000 of them, and goes wrong at most as often as any of them.
"""

import argparse
import math
import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from benchmarks._edits import OVERLAYS, Edit, jpeg
from benchmarks.calibrate import Named, load, same_things
from benchmarks.report import Row
from benchmarks.robustness import Asked, Bank, Found, bank_of, cuts_of, search, signals_of
from siyaj.signals.local_value import pack

PIECES = int(os.environ.get("SIYAJ_STRANGERS", "1500"))
LEAST_DEVIATION = 10.0
"""Grey levels. Pieces that deviate less have one colour, and are left out as in `robustness`."""
BANKED, DOUBT = 1_000, 0.05
"""The size of a bank for which it is said how often a search goes wrong, and in how many runs in a hundred that may be
exceeded."""
APART, LEAST_APART = 8, 0.02
"""Grey levels, and on what share of 64 × 64 pixels two pictures have to be so far apart to be two."""
SHOWN = 100
"""Wrong pairs of a kind that are written as pictures."""


class Strangers(NamedTuple):
    pieces: list[Named]
    own: list[set[int]]
    """For each piece those that it is no stranger to: of the same picture, or of the same thing."""


def run(arguments: argparse.Namespace) -> Iterator[Row]:
    folder = Path(os.environ.get("SIYAJ_PICTURES") or arguments.shared / "media" / "photos")
    strangers = collect(folder, 60 if arguments.quick else PIECES)
    kinds: dict[str, Edit] = {"plain": lambda picture: picture, **OVERLAYS}
    for kind, edit in kinds.items():
        if not arguments.only or any(each in kind for each in arguments.only):
            yield _row(kind, edit, strangers, arguments.out / "strangers")


def collect(folder: Path, count: int) -> Strangers:
    pictures, most = load(folder), 1
    while len(pieces := _pieces(pictures, most)) < count and len(_pieces(pictures, most + 1)) > len(pieces):
        most += 1
    pieces = pieces[:count]
    of: dict[str, set[int]] = defaultdict(set)
    for number, (name, _) in enumerate(pieces):
        of[name].add(number)
    things = [{name for name in of if view.search(name)} for view in same_things(folder)]
    known = {name: {name}.union(*(thing for thing in things if name in thing)) for name in of}
    return Strangers(pieces, [set().union(*(of[other] for other in known[name])) for name, _ in pieces])


def _pieces(pictures: Sequence[Named], most: int) -> list[Named]:
    """Return at most so many pieces of each picture."""
    return [Named(name, cut) for name, picture in pictures for cut in islice(cuts_of(picture, LEAST_DEVIATION), most)]


def _row(kind: str, edit: Edit, strangers: Strangers, out: Path) -> Row:
    pictures = (_edited(piece, edit) for _, piece in strangers.pieces)
    asked = [signals_of(picture) for picture in pictures]
    found = list(_searches(bank_of(asked), asked, strangers.own))
    pairs = len(asked) ** 2 - sum(map(len, strangers.own))
    taken = [(number, other) for number, each in enumerate(found) for other in sorted(each.ours)]
    wrong = [(number, other) for number, other in taken if _differ(asked[number], asked[other])]
    _write(out, kind, edit, strangers.pieces, wrong)
    ways = {way: sum(other in getattr(found[at], way) for at, other in wrong) for way in ("seen", "local", "undone")}
    bound = BANKED * most_likely(len(wrong)) / pairs
    note = f"{len(asked):,} pieces of {len({name for name, _ in strangers.pieces}):,} pictures, each searched among all"
    note += f" of other pictures; {ways['seen']} by PDQ, {ways['local']} by `local`, {ways['undone']} by `undone`; in a"
    note += f" bank of {BANKED:,} at most {bound:.1e} of the searches with {1 - DOUBT:.0%} confidence, if pairs are"
    note += f" independent. {len(taken) - len(wrong)} pairs are equal and not counted"
    plain = sum(_differ(each, asked[other]) for each, one in zip(asked, found, strict=True) for other in one.plain)
    return Row(f"strangers, {kind}", f"{len(wrong)} of {pairs:,} pairs", f"{plain}", "–", "≤ 1 in 10,000", note)


def _edited(piece: Image.Image, edit: Edit) -> Image.Image:
    return jpeg(edit(piece.resize((2 * piece.width, 2 * piece.height))), 80)


def _searches(bank: Bank, asked: Sequence[Asked], own: Sequence[set[int]]) -> Iterator[Found]:
    """Search each picture while its own ones are not banked."""
    gone: set[int] = set()
    for number, each in enumerate(asked):
        if gone != own[number]:
            _bank_again(bank, gone)
            gone = own[number]
            bank.known.remove([other + 1 for other in gone])
        yield Found(*(numbers - gone for numbers in search(bank, each)))


def _differ(one: Asked, other: Asked) -> bool:
    """True where there is nothing to compare by: a picture without PDQ."""
    if not (one.hashes and other.hashes):
        return True
    stills = [np.frombuffer(each.hashes[0].still, dtype=np.uint8).astype(np.int64) for each in (one, other)]
    return bool((abs(stills[0] - stills[1]) > APART).mean() >= LEAST_APART)


def _bank_again(bank: Bank, numbers: set[int]) -> None:
    for number in numbers:
        if (features := bank.features[number]) is not None:
            bank.known.add([number + 1], [pack(features)])


def most_likely(wrong: int) -> float:
    """Return how many may be expected where so many were counted: of a higher mean fewer than DOUBT of all runs count
    as few (Poisson)."""
    low, high = float(wrong), 3.0 * wrong + 10.0
    for _ in range(60):
        mean = (low + high) / 2
        few = sum(math.exp(count * math.log(mean) - mean - math.lgamma(count + 1)) for count in range(wrong + 1))
        low, high = (mean, high) if few > DOUBT else (low, mean)
    return high


def _write(out: Path, kind: str, edit: Edit, pieces: Sequence[Named], wrong: Sequence[tuple[int, int]]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for at, (number, other) in enumerate(wrong[:SHOWN]):
        sides = [_edited(pieces[each].picture, edit) for each in (number, other)]
        both = Image.new("RGB", (2 * sides[0].width, sides[0].height))
        for place, side in enumerate(sides):
            both.paste(side, (place * side.width, 0))
        both.save(out / f"{kind}-{at}.jpg")
    names = [f"{pieces[number].name}\t{pieces[other].name}\n" for number, other in wrong]
    (out / f"{kind}.txt").write_text("".join(names), encoding="utf-8")
