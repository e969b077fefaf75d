"""Pictures that give features no hold are found by what is bright where; strangers under one overlay are not."""

import numpy as np
import pytest
from benchmarks._edits import EDITS, HARD_EDITS, OVERLAYS, jpeg, mirror
from PIL import Image, ImageDraw

from siyaj.matching import local_votes
from siyaj.matching.explain import align
from siyaj.matching.local import LocalIndex
from siyaj.matching.local_table import MOST_IN_DRAWER, MOST_OF_ONE
from siyaj.matching.local_whole import MOST_PAIRS, Sketches, guesses
from siyaj.model.signal import Signal
from siyaj.signals.local import SEARCH, draw_pixels
from siyaj.signals.local_value import Features, pack

BANKED = 30


def drawing(seed: int) -> Image.Image:
    """A few plain shapes in plain colours: corners there are, but such as any drawing has."""
    rng = np.random.default_rng(seed)
    picture = Image.new("RGB", (640, 480), tuple(rng.integers(0, 256, 3).tolist()))
    draw = ImageDraw.Draw(picture)
    for _ in range(7):
        colour = tuple(rng.integers(0, 256, 3).tolist())
        x, y = rng.uniform(-0.1, 0.8) * 640, rng.uniform(-0.1, 0.8) * 480
        across, down = rng.uniform(80, 300, 2).tolist()
        if rng.random() < 0.5:
            draw.ellipse((x, y, x + across, y + down), colour)
        else:
            draw.polygon([(x, y), (x + across, y + down / 3), (x + across / 2, y + down)], colour)
    return picture


def drawn(picture: Image.Image) -> tuple[Features, Features]:
    features = draw_pixels(np.asarray(picture.convert("RGB")))
    assert features is not None
    return features


def search(index: LocalIndex, picture: Image.Image) -> list[int]:
    return [hit.ref for hit in index.search([Signal("local", pack(drawn(picture)[1]), variant=SEARCH)])[0]]


@pytest.fixture(scope="module")
def bank() -> LocalIndex:
    index = LocalIndex()
    index.add(range(1, BANKED + 1), [pack(drawn(drawing(seed))[0]) for seed in range(1, BANKED + 1)])
    return index


@pytest.mark.parametrize("name", ["banner", "text over", "watermark", "screenshot frame", "letterbox", "border 10 %"])
def test_flat_drawings_are_found_under_and_inside_things(bank: LocalIndex, name: str) -> None:
    edit = {**EDITS, **HARD_EDITS}[name]
    seeds = range(1, BANKED + 1, 3)
    for turned in (lambda picture: picture, mirror):
        found = [search(bank, jpeg(turned(edit(drawing(seed))))) for seed in seeds]
        assert all(set(each) <= {seed} for seed, each in zip(seeds, found, strict=True))
        assert sum(map(bool, found)) >= 0.8 * len(seeds)  # features alone find one in three


@pytest.mark.parametrize("name", OVERLAYS)
def test_other_flat_drawings_under_the_same_overlay_are_not(name: str) -> None:
    index = LocalIndex()
    edit = OVERLAYS[name]
    index.add(range(1, 21), [pack(drawn(edit(drawing(seed)))[0]) for seed in range(1, 21)])
    assert [seed for seed in range(100, 130) if search(index, jpeg(edit(drawing(seed))))] == []


def test_one_plain_shape_on_a_plain_ground_is_no_copy_of_another() -> None:
    def ellipse(box: tuple[int, int, int, int], colour: str, rim: str) -> Image.Image:
        picture = Image.new("RGB", (660, 500), "white")
        ImageDraw.Draw(picture).ellipse(box, colour, rim, 24)
        return jpeg(picture, 80)

    index = LocalIndex()
    index.add([1], [pack(drawn(ellipse((116, 224, 488, 520), "#0064d2", "#0064d2"))[0])])
    assert search(index, ellipse((100, 220, 600, 840), "#46962f", "#6ec832")) == []
    assert search(index, jpeg(mirror(ellipse((116, 224, 488, 520), "#0064d2", "#0064d2")))) == [1]


def test_what_is_found_without_features_can_be_shown(bank: LocalIndex) -> None:
    banked, _ = drawn(drawing(4))
    _, searched = drawn(jpeg(mirror(EDITS["banner"](drawing(4)))))
    alignment = align(pack(searched), pack(banked))
    assert alignment is not None
    assert alignment.mirrored
    assert alignment.over_banked > 0.95
    (hit,) = bank.search([Signal("local", pack(searched), variant=SEARCH)])[0]
    assert "features agree" in hit.why


def test_lines_across_a_picture_mark_off_what_may_be_one() -> None:
    grey = np.full((144, 192), 20, dtype=np.uint8)
    grey[30:120, 24:168] = 200
    marked = {each[1:] for each in guesses(grey) if not each.mirrored}
    assert (0, 0, 192, 144) in marked
    assert any(np.abs(np.array(each) - (24, 30, 168, 120)).max() <= 1 for each in marked)
    noise = np.random.default_rng(1).integers(0, 256, (144, 192), dtype=np.uint8)
    assert len(guesses(noise)) <= 2 * (1 + 2 * MOST_PAIRS + 9)


def test_thumbnails_of_any_shape_are_taken() -> None:
    sketches = Sketches()
    for row, shape in enumerate([(1, 1), (1, 200), (8, 255), (255, 8), (48, 64)]):
        sketches.add(row, np.arange(np.prod(shape), dtype=np.uint8).reshape(shape))
    for shape in [(1, 1), (1, 200), (8, 255), (16, 16), (255, 255)]:
        assert len(guesses(np.zeros(shape, dtype=np.uint8))) == 2


def test_what_was_banked_first_has_not_all_votes_of_a_common_feature() -> None:
    words, frames = np.zeros((1, 4), dtype=np.uint64), np.zeros((1, 2), dtype=np.uint8)
    words[0, 1] = np.uint64(3_000) << np.uint64(40)
    many = 2 * MOST_IN_DRAWER
    starts = np.zeros((1 << 14) + 1, dtype=np.int32)
    starts[1:] = many
    entries = np.arange(many, dtype=np.uint64) << np.uint64(40)
    votes, passed = np.empty(1 << 16, dtype=np.uint64), np.zeros(2, dtype=np.int32)
    doubts = np.zeros(1, dtype=np.uint32)
    drawers = (14, starts, entries)
    count = local_votes.vote_segment(words, frames, doubts, *drawers, MOST_OF_ONE // 2, votes, 0, passed)
    assert passed.tolist() == [MOST_OF_ONE // 2] * 2
    rows = (votes[:count] >> np.uint64(32)).astype(int)
    assert rows.min() == 3_000
