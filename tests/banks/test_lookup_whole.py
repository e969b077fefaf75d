"""Matches on a whole picture are looked at: a shared banner or screenshot frame makes no copy."""

import io

import numpy as np
import pytest
from benchmarks._edits import banner, jpeg, quarter_turns, screenshot
from benchmarks._pictures import scene
from PIL import Image, ImageDraw, ImageOps

from siyaj.banks.curation import new_entry
from siyaj.model.signal import Signal
from siyaj.signals.base import Content, ContentKind
from siyaj.signals.local import draw_pixels
from siyaj.signals.local_value import pack
from siyaj.signals.pdq import PDQ
from tests.banks.conftest import House


def calm(seed: int) -> Image.Image:
    """A picture of a few soft greys: most of what PDQ sees of it is what it is shown in."""
    grey = np.asarray(scene(seed).convert("L")).astype(float)
    return Image.fromarray((120 + (grey - grey.mean()) * 0.12).clip(0, 255).astype(np.uint8)).convert("RGB")


def hashes(picture: Image.Image) -> list[Signal]:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    drawn = PDQ.extract(Content(ContentKind.IMAGE, data=buffer.getvalue()))
    return [Signal(s.type, s.value, s.quality, "file:0", s.variant, s.still) for s in drawn]


def bank(house: House, picture: Image.Image, *, whole: bool = True) -> int:
    drawn = draw_pixels(np.asarray(picture))
    assert drawn is not None
    signals = [Signal("pdq", hashes(picture)[0].value), *([Signal("local", pack(drawn[0]))] if whole else [])]
    if "known" not in {one.name for one in house.banks.list()}:
        house.banks.create("known", who="test")
    return house.banks.add("known", new_entry(signals), who="test").entry.id


@pytest.mark.parametrize("whole", [True, False])
def test_strangers_in_one_screenshot_frame_are_told_apart_where_the_entry_can_be_seen(
    house: House, whole: bool
) -> None:
    entry = bank(house, screenshot(calm(1)), whole=whole)
    found = house.lookup.find([hashes(screenshot(calm(2)))])[0]
    assert [match.entry for match in found.matches] == ([] if whole else [entry])


@pytest.mark.parametrize("shown", [lambda one: one, ImageOps.mirror, lambda one: quarter_turns(one, 1)])
def test_copies_with_a_logo_or_banner_still_match_however_they_are_turned(house: House, shown: object) -> None:
    entry = bank(house, banner(scene(3)))
    copy = jpeg(ImageOps.autocontrast(banner(scene(3)), cutoff=3), 30)
    found = house.lookup.find([hashes(shown(copy))])[0]  # type: ignore[operator]
    assert [match.entry for match in found.matches] == [entry]


def test_plain_sheets_of_other_tones_under_one_banner_are_no_copies(house: House) -> None:
    def sheet(colour: str) -> Image.Image:
        return jpeg(banner(Image.new("RGB", (660, 500), colour)), 80)

    entry = bank(house, sheet("white"))
    near = hashes(sheet("#3c3844"))
    assert bits_apart(near[0], hashes(sheet("white"))[0]) <= 31  # the hash alone takes it for the banked one
    assert house.lookup.find([near])[0].matches == []
    assert [match.entry for match in house.lookup.find([hashes(jpeg(sheet("white"), 40))])[0].matches] == [entry]


def bits_apart(one: Signal, other: Signal) -> int:
    return (int(one.value, 16) ^ int(other.value, 16)).bit_count()


def shape(name: str) -> Image.Image:
    """A thin black outline on white: nearly all of it is nothing."""
    picture = Image.new("RGB", (800, 600), "white")
    draw = ImageDraw.Draw(picture)
    ways = {"ring": draw.ellipse, "box": draw.rectangle}
    ways[name]((340, 60, 480, 200), outline="black", width=4)
    return picture


@pytest.mark.parametrize("whole", [True, False])
def test_two_drawings_on_white_under_one_banner_are_told_apart(house: House, whole: bool) -> None:
    entry = bank(house, banner(shape("ring")), whole=whole)
    found = house.lookup.find([hashes(banner(shape(name))) for name in ("box", "ring")])
    assert [[match.entry for match in one.matches] for one in found] == ([[], [entry]] if whole else [[entry], [entry]])
