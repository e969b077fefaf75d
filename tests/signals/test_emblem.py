"""Emblems, all invented, are found in the corners of pictures; other emblems and pictures without are not."""

import math
from functools import cache

import numpy as np
import pytest
from benchmarks._edits import jpeg
from benchmarks._pictures import scene
from PIL import Image, ImageDraw, ImageFont

from siyaj.matching.local import LocalIndex
from siyaj.model.errors import InvalidSignal
from siyaj.model.signal import Signal
from siyaj.signals.base import Content, ContentKind
from siyaj.signals.emblem import EMBLEM
from siyaj.signals.local import LOCAL
from siyaj.signals.local_examples import as_file
from siyaj.signals.registry import kept_types

CORNERS = ((0.95, 0.05), (0.05, 0.05), (0.95, 0.95))


def emblem(seed: int, side: int = 600) -> Image.Image:
    """A disc or shield with a ring of small shapes, letters and a line below."""
    random = np.random.default_rng(seed)
    out = Image.new("RGB", (side, side), (255, 255, 255))
    draw, edge = ImageDraw.Draw(out), side // 20

    def colour() -> tuple[int, ...]:
        return tuple(int(value) for value in random.integers(0, 200, 3))

    if seed % 2:
        draw.ellipse((edge, edge, side - edge, side - edge), colour())
        draw.ellipse((2 * edge, 2 * edge, side - 2 * edge, side - 2 * edge), (235, 235, 225), colour(), 6)
    else:
        shield = [(edge, edge), (side - edge, edge), (side - edge, side * 0.6), (side / 2, side - edge)]
        draw.polygon([*shield, (edge, side * 0.6)], colour())
    count = int(random.integers(4, 9))
    for one in range(count):
        turn = 2 * math.pi * one / count
        place = (side / 2 + side * 0.3 * math.cos(turn), side / 2 + side * 0.3 * math.sin(turn), side * 0.06)
        draw.regular_polygon(place, int(random.integers(3, 7)), int(random.integers(0, 90)), colour())
    for letters, size, height in ((4, side // 5, 0.48), (9, side // 14, 0.7)):
        words = "".join(chr(65 + int(letter)) for letter in random.integers(0, 26, letters))
        draw.text((side / 2, side * height), words, colour(), ImageFont.load_default(size), "mm")
    draw.line((side / 4, side * 0.62, side * 0.75, side * 0.62), colour(), side // 40)
    return out


def broadcast(seed: int, mark: Image.Image, share: float, *, strength: int = 255) -> Image.Image:
    """A frame of 1280 × 720 with the emblem, so wide a share of it, in one of its corners."""
    out = scene(100 + seed, (1280, 720))
    side = round(out.width * share)
    small = mark.resize((side, side), Image.Resampling.LANCZOS)
    across, down = CORNERS[seed % 3]
    place = (round((out.width - side) * across), round((out.height - side) * down))
    out.paste(small, place, Image.new("L", small.size, strength))
    return jpeg(out, 80)


@cache
def bank() -> LocalIndex:
    index = LocalIndex(emblem=True)
    index.add(range(10), [banked(emblem(seed)) for seed in range(10)])
    return index


def banked(picture: Image.Image) -> str:
    content = as_file(picture, "PNG")
    (signal,) = EMBLEM.extract(Content(ContentKind.IMAGE, data=content.data, banking=True))
    return signal.value


def seen(picture: Image.Image) -> set[int]:
    content = as_file(picture, "PNG")
    signals = [signal for kind in (LOCAL, EMBLEM) for signal in kind.extract(content)]
    return {hit.ref for hits in bank().search(signals) for hit in hits}


@pytest.mark.parametrize("share", [0.08, 0.15, 0.4])
def test_an_emblem_is_found_in_the_corner_of_a_broadcast(share: float) -> None:
    found = [seen(broadcast(seed, emblem(seed), share)) for seed in range(4)]
    # 1 and 3 differ in colours and letters alone, and may be taken for each other.
    assert all(each <= {seed, 4 - seed} for seed, each in enumerate(found))
    assert sum(seed in each for seed, each in enumerate(found)) >= (3 if share < 0.1 else 4)


def test_one_that_shines_through_is_found() -> None:
    assert [seed for seed in range(4) if seed in seen(broadcast(seed, emblem(seed), 0.12, strength=170))] == [
        0,
        1,
        2,
        3,
    ]


def test_the_emblem_alone_is_found() -> None:
    assert 3 in seen(emblem(3))


def test_strangers_show_none_of_them() -> None:
    assert [seed for seed in range(500, 506) if seen(scene(seed, (1280, 720)))] == []


def test_other_emblems_of_the_same_make_are_told_apart() -> None:
    assert [seed for seed in (20, 21, 22, 23, 24, 29) if seen(broadcast(seed, emblem(seed), 0.12))] == []


def test_it_is_kept_only_where_it_is_named() -> None:
    assert "emblem" not in kept_types()
    assert "local" in kept_types()


def test_a_flat_picture_is_no_emblem() -> None:
    content = as_file(Image.new("RGB", (300, 300), (200, 30, 30)), "PNG")
    assert EMBLEM.extract(Content(ContentKind.IMAGE, data=content.data, banking=True)) == []


def test_what_is_searched_by_cannot_be_banked() -> None:
    searched = EMBLEM.extract(as_file(broadcast(1, emblem(1), 0.2), "PNG"))
    assert {signal.variant for signal in searched} == {
        "search:top_left",
        "search:top_right",
        "search:bottom_left",
        "search:bottom_right",
    }
    with pytest.raises(InvalidSignal, match="short form"):
        EMBLEM.parse(searched[0].value)
    assert bank().search([Signal("emblem", "zz")]) == [[]]
