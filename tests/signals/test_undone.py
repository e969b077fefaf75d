"""Borders and turned hues are undone; what has neither gives nothing to look up."""

import io

import numpy as np
import pytest
from benchmarks._edits import border, hue, letterbox, mirror
from benchmarks._pictures import scene
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from siyaj.model.errors import UnreadableMedia
from siyaj.signals.base import Content, ContentKind
from siyaj.signals.hue_kernel import LACKING, greys
from siyaj.signals.pdq import hash_pixels
from siyaj.signals.undone import UNDONE


def bits_apart(one: str, other: str) -> int:
    return (int(one, 16) ^ int(other, 16)).bit_count()


def drawn(picture: Image.Image) -> dict[str, str]:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=85)
    signals = UNDONE.extract(Content(ContentKind.IMAGE, data=buffer.getvalue()))
    return {signal.variant: signal.value for signal in signals}


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(
    "edit", [border, letterbox, lambda picture: hue(picture, 90), lambda picture: hue(picture, 200)]
)
def test_the_picture_as_it_was_is_near_one_of_the_variants(seed: int, edit: object) -> None:
    was = hash_pixels(np.asarray(scene(seed))).hex
    assert min(bits_apart(was, value) for value in drawn(edit(scene(seed))).values()) <= 31  # type: ignore[operator]


def test_a_border_and_a_mirror_at_once() -> None:
    was = hash_pixels(np.asarray(scene(4))).hex
    assert bits_apart(was, drawn(mirror(border(scene(4))))["inside:flip_y"]) <= 31


def test_strangers_stay_far_from_every_variant() -> None:
    was = hash_pixels(np.asarray(scene(5))).hex
    for seed in range(100, 110):
        assert min(bits_apart(was, value) for value in drawn(border(scene(seed))).values()) > 31


def test_grey_pictures_without_a_border_give_nothing() -> None:
    assert drawn(scene(6).convert("L").convert("RGB")) == {}


def test_flat_and_tiny_pictures_give_nothing_and_bytes_that_are_none_are_refused() -> None:
    assert drawn(Image.new("RGB", (300, 200), (90, 20, 20))) == {}
    assert drawn(Image.new("RGB", (3, 3))) == {}
    with pytest.raises(UnreadableMedia):
        UNDONE.extract(Content(ContentKind.IMAGE, data=b"no picture"))


@settings(max_examples=25, deadline=None)
@given(colour=st.tuples(*[st.integers(0, 255)] * 3), degrees=st.integers(0, 359))
def test_the_kernel_turns_hues_as_pillow_does(colour: tuple[int, int, int], degrees: int) -> None:
    pixels = np.full((2, 2, 3), colour, dtype=np.uint8)
    hsv = np.asarray(Image.fromarray(pixels).convert("HSV")).copy()
    hsv[:, :, 0] += np.uint8(degrees * 256 // 360)
    expected = np.asarray(Image.fromarray(hsv, "HSV").convert("RGB").convert("L")).astype(int)
    got = greys(pixels, np.array([degrees], dtype=np.int64), LACKING)[0].astype(int)
    assert abs(got - expected).max() <= 8
