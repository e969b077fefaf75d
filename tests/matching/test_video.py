"""Videos found again however they were cut, sped up or shown, with the segment that agrees."""

import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from siyaj.matching.video import VideoIndex
from siyaj.matching.video_align import Pairs, find_lines
from siyaj.model.errors import InvalidSignal
from siyaj.model.signal import Signal
from siyaj.signals.base import Content, ContentKind, Hit
from siyaj.signals.video import VIDEO
from siyaj.signals.video_examples import RATE, Pixels, as_video, edited, walk

Frames = list[Pixels]


@cache
def film(seed: int) -> Frames:
    return walk(seed, 20.0)


def value(frames: Frames) -> str:
    return VIDEO.extract(Content(ContentKind.VIDEO, as_video(frames), banking=True))[0].value


def query(frames: Frames, rate: float = RATE) -> list[Signal]:
    return VIDEO.extract(Content(ContentKind.VIDEO, as_video(frames, rate)))


@pytest.fixture(scope="module")
def index() -> VideoIndex:
    index = VideoIndex()
    index.add(range(1, 6), [value(film(seed)) for seed in range(1, 6)])
    return index


def one_hit(index: VideoIndex, frames: Frames, rate: float = RATE) -> Hit:
    (hits,) = index.search(query(frames, rate))
    (hit,) = hits
    return hit


def letterboxed(picture: Image.Image) -> Image.Image:
    out = Image.new("RGB", (picture.width, picture.height + 80))
    out.paste(picture, (0, 40))
    return out


def mirrored(picture: Image.Image) -> Image.Image:
    return picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


def turned(picture: Image.Image) -> Image.Image:
    return picture.transpose(Image.Transpose.ROTATE_90)


def beside(frames: Frames, against: Frames) -> Frames:
    return [np.concatenate(pair, axis=1) for pair in zip(against, frames, strict=True)]


def black(frame: Pixels, count: int) -> Frames:
    return [np.zeros_like(frame)] * count


EDITS: dict[str, Callable[[Frames], Frames]] = {
    "grey": lambda frames: edited(frames, lambda picture: picture.convert("L")),
    "mirrored": lambda frames: edited(frames, mirrored),
    "turned": lambda frames: edited(frames, turned),
    "letterbox": lambda frames: edited(frames, letterboxed),
    "mirrored in a letterbox": lambda frames: edited(frames, lambda picture: letterboxed(mirrored(picture))),
    "intro cut": lambda frames: frames[60:],
    "intro added": lambda frames: [*film(9)[:80], *frames],
    "excerpt": lambda frames: frames[70:170],
    "beside another": lambda frames: beside(frames, film(9)),
    "black inserted": lambda frames: [*frames[:70], *black(frames[0], 20), *frames[70:140], *black(frames[0], 30)],
    "frozen": lambda frames: [*frames[:90], *[frames[90]] * 30, *frames[90:]],
    "twice as fast": lambda frames: frames[::2],
    "half as fast": lambda frames: [frame for frame in frames for _ in range(2)],
}


@pytest.mark.parametrize("name", EDITS)
def test_a_copy_is_found_however_it_was_altered(index: VideoIndex, name: str) -> None:
    hit = one_hit(index, EDITS[name](film(3)))
    assert hit.ref == 3
    assert hit.distance <= 0.35
    assert hit.segment is not None
    assert "of the banked one" in hit.why


def test_the_segment_says_from_when_to_when_in_both(index: VideoIndex) -> None:
    segment = one_hit(index, EDITS["intro added"](film(3))).segment
    assert segment is not None
    # Eight seconds of something else stand before it.
    assert segment.start - segment.entry_start == pytest.approx(8.0, abs=0.5)
    assert segment.end - segment.entry_end == pytest.approx(8.0, abs=0.5)
    assert segment.end > 20


def test_speed_and_side_are_said(index: VideoIndex) -> None:
    assert "at 2× its speed" in one_hit(index, film(3)[::2]).why
    assert "mirrored" in one_hit(index, EDITS["mirrored"](film(3))).why
    assert "in the right half" in one_hit(index, EDITS["beside another"](film(3))).why


def test_strangers_and_things_in_common_that_say_nothing_are_not_found(index: VideoIndex) -> None:
    slate = [np.asarray(Image.linear_gradient("L").resize((240, 180)).convert("RGB"))] * 15
    with_slate = VideoIndex()
    with_slate.add([1], [value([*slate, *film(1)])])
    assert with_slate.search(query([*slate, *film(7)])) == [[]]
    for seed in range(20, 26):
        assert index.search(query(film(seed))) == [[]]


def test_an_opening_or_a_card_in_common_is_a_hint_and_says_from_when_to_when() -> None:
    opening, card = film(9)[:30], [film(8)[0]] * 50
    for common, rest in ((opening, 30), (card, 40)):
        index = VideoIndex()
        index.add([1], [value([*common, *film(1)[:rest]])])
        hit = one_hit(index, [*common, *film(2)[:rest]])
        assert hit.distance > 0.5
        assert hit.segment is not None
        assert hit.segment.end <= len(common) / RATE + 0.5
        assert one_hit(index, [*common, *film(1)[:rest]]).distance <= 0.2
        assert one_hit(index, film(1)[:rest]).distance <= 0.5
    index = VideoIndex()
    index.add([1], [value([*card, *film(1)])])
    assert index.search(query([*card, *film(2)])) == [[]]


def test_an_opening_that_films_share_is_not_most_of_a_film_in_which_little_can_be_recognised() -> None:
    opening = [*film(9)[:30], *film(7)[:30]]
    dark = [np.zeros_like(opening[0])] * round(10 * RATE)
    index = VideoIndex()
    index.add([1], [value([*opening, *film(1), *film(2), *film(3)])])
    assert one_hit(index, opening).distance <= 0.2
    assert one_hit(index, [*opening, *dark]).distance > 0.5


def test_a_picture_with_sound_is_found_as_what_it_is() -> None:
    still, other = [film(1)[0]] * 60, [film(2)[0]] * 60
    index = VideoIndex()
    index.add([1], [value(still)])
    assert one_hit(index, still).ref == 1
    assert index.search(query(other)) == [[]]


def studio(seed: int) -> Frames:
    """Return a film of which a small part moves, in the middle of a set that stands still."""
    background = Image.fromarray(film(8)[0])
    frames = []
    for frame in film(seed)[:80]:
        shown = background.copy()
        shown.paste(Image.fromarray(frame).resize((30, 40)), (110, 110))
        frames.append(np.asarray(shown))
    return frames


def test_films_in_one_studio_are_a_hint_and_a_copy_of_one_is_more() -> None:
    index = VideoIndex()
    index.add([1], [value(studio(1))])
    for seed in range(2, 6):
        assert all(hit.distance > 0.5 for hit in index.search(query(studio(seed)))[0])
    assert one_hit(index, studio(1)).distance <= 0.2
    assert one_hit(index, edited(studio(1), mirrored)).distance <= 0.2


def test_what_is_removed_or_replaced_is_not_found_any_more() -> None:
    index = VideoIndex()
    index.add([1, 2], [value(film(1)), value(film(2))])
    index.add([1], [value(film(3))])
    assert index.search(query(film(1))) == [[]]
    assert one_hit(index, film(3)).ref == 1
    index.remove([1, 99])
    assert index.search(query(film(3))) == [[]]
    assert one_hit(index, film(2)).ref == 2
    assert len(index) == 1


def test_a_snapshot_gives_back_what_was_saved(tmp_path: Path, index: VideoIndex) -> None:
    saved = VideoIndex()
    saved.add(range(1, 4), [value(film(seed)) for seed in range(1, 4)])
    saved.remove([2])
    saved.save(tmp_path / "index")
    again = VideoIndex()
    again.load(tmp_path / "index")
    assert len(again) == 2
    assert again.search(query(film(3))) == index.search(query(film(3)))
    again.add([7], [value(film(2))])
    assert one_hit(again, film(2)).ref == 7
    np.save(tmp_path / "index" / "counts.npy", np.array([1, 1]))
    with pytest.raises(ValueError, match="snapshot"):
        VideoIndex().load(tmp_path / "index")


def test_an_empty_index_can_be_saved(tmp_path: Path) -> None:
    VideoIndex().save(tmp_path / "index")
    again = VideoIndex()
    again.load(tmp_path / "index")
    assert len(again) == 0
    assert again.search(query(film(1))) == [[]]


def test_readers_do_not_wait_for_writers() -> None:
    index, stop, faults = VideoIndex(), threading.Event(), []
    values, asked = [value(film(seed)) for seed in range(1, 6)], query(film(1))
    index.add([1], values[:1])

    def read() -> None:
        while not stop.is_set():
            if 1 not in {hit.ref for hit in index.search(asked)[0]}:
                faults.append("a video that was there was not found")

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for _ in range(5):
        index.add(range(2, 6), values[1:])
        index.remove(range(2, 6))
    stop.set()
    for reader in readers:
        reader.join()
    assert not faults


def test_a_value_that_is_none_finds_nothing_and_cannot_be_banked() -> None:
    for broken in ("", "zz", "AAAA", query(film(1))[0].value):
        with pytest.raises(InvalidSignal):
            VideoIndex().add([1], [broken])
    index = VideoIndex()
    index.add([1], [value(film(1))])
    assert index.search([Signal("video", "AAAA")]) == [[]]


@given(
    speed=st.floats(0.5, 2.0),
    offset=st.floats(-20.0, 60.0),
    frames=st.integers(12, 40),
    strays=st.integers(0, 30),
    seed=st.integers(0, 1_000),
)
@settings(max_examples=60, deadline=None)
def test_the_line_on_which_most_frames_lie_is_found(
    speed: float, offset: float, frames: int, strays: int, seed: int
) -> None:
    random = np.random.default_rng(seed)
    at = np.arange(frames) * 2.0
    there = speed * at + offset
    odd = random.integers(0, frames, strays)
    start = np.concatenate([there - 0.02, random.uniform(-20, 150, strays)])
    pairs = Pairs(np.concatenate([np.arange(frames), odd]), np.concatenate([at, at[odd]]), start, start + 0.04)
    line = find_lines(pairs)[0]
    # The original's speed is believed when it explains four fifths.
    assert len(line.frames) >= 0.8 * frames - 1
    assert abs(line.speed - speed) <= 0.1
