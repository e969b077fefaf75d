"""Pictures that show a reviewer why something matched."""

import io

import numpy as np
import pytest
from benchmarks._edits import inset, mirror, turn
from benchmarks._pictures import scene
from PIL import Image

from siyaj.matching.explain import GAP, TITLE, align, explain_pictures, explain_whole, thumbnail_of
from siyaj.signals.local import draw_pixels
from siyaj.signals.local_examples import as_file
from siyaj.signals.local_value import pack
from siyaj.signals.pdq import hash_dihedral, hash_pixels


def values(picture: Image.Image) -> tuple[str, str]:
    drawn = draw_pixels(np.asarray(picture))
    assert drawn is not None
    return pack(drawn[0]), pack(drawn[1])


def opened(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(float)


@pytest.mark.parametrize("edit", [lambda one: turn(mirror(one), 20), lambda one: inset(one, 0.5)])
def test_between_the_two_stands_the_part_that_matches_as_the_bank_shows_it(edit: object) -> None:
    banked = values(scene(8))[0]
    searched = values(edit(scene(8)))[1]  # type: ignore[operator]
    alignment = align(searched, banked)
    assert alignment is not None
    left, right = thumbnail_of(searched), thumbnail_of(banked)
    shown = opened(explain_pictures(left, right, alignment, blurred=False, sentence="so and so much of it agrees"))
    wide = round(380 * right.shape[1] / right.shape[0])
    panels = [
        shown[GAP + TITLE + 30 : GAP + TITLE + 350, -end : -end + wide, 0] for end in (2 * wide + 2 * GAP, wide + GAP)
    ]
    inner = [panel[:, 30:-30].ravel() for panel in panels]
    assert np.corrcoef(*inner)[0, 1] > 0.9


def test_a_picture_that_matches_as_a_whole_shows_how_it_was_turned() -> None:
    picture = scene(5, (256, 256))
    hashes, _ = hash_dihedral(as_file(picture, "PNG").data)
    pixels = np.asarray(picture.convert("L"))
    still = np.asarray(Image.fromarray(pixels).resize((64, 64)))
    shown = {name: opened(explain_whole(still, pixels, "" if name == "plain" else name)) for name in hashes}
    # The mark of the first corner is where the turned picture's top left comes from.
    ways = {"plain": pixels, "rotate90": np.rot90(pixels), "flip_y": pixels[:, ::-1], "transpose": pixels.T}
    for name, turned in ways.items():
        apart = int(hash_pixels(np.ascontiguousarray(turned)).hex, 16) ^ int(hashes[name], 16)
        assert apart.bit_count() < 40, name
    assert len({image.tobytes() for image in shown.values()}) == len(hashes)


def test_an_alignment_that_leads_nowhere_is_drawn_without_a_region() -> None:
    banked, searched = values(scene(8))
    alignment = align(searched, banked)
    assert alignment is not None
    lost = alignment._replace(matrix=np.array([[1.0, 0, 9_000], [0, 1.0, 9_000], [0, 0, 1.0]]))
    assert opened(explain_pictures(thumbnail_of(searched), thumbnail_of(banked), lost)).any()
