"""Altered copies of pictures are found and said why; strangers are not, not even under the same banner."""

import threading
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from benchmarks._edits import EDITS, HARD_EDITS, OVERLAYS, banner, crop, inset, jpeg, logo, mirror, turn
from benchmarks._pictures import chat, scene
from PIL import Image, ImageDraw, ImageEnhance

from siyaj.matching import local
from siyaj.matching.explain import align, explain_pictures, regions, thumbnail_of
from siyaj.matching.local import LocalIndex
from siyaj.model.errors import InvalidSignal
from siyaj.model.signal import Signal
from siyaj.signals.local import LOCAL, SEARCH, draw_pixels
from siyaj.signals.local_examples import as_file
from siyaj.signals.local_value import pack

BANKED = 40
COPIED = (2, 4, 8, 14, 21, 33)
HARDEST = "crop to 25 % of the sides"


@cache
def values(seed: int) -> tuple[str, str]:
    return values_of(scene(seed))


def muted(seed: int) -> Image.Image:
    """The colours of a photograph: in garish ones a shift of hue turns light into dark."""
    return ImageEnhance.Color(scene(seed)).enhance(0.25)


def values_of(picture: Image.Image) -> tuple[str, str]:
    """What a bank keeps of a picture, and what it is searched by."""
    drawn = draw_pixels(np.asarray(picture.convert("RGB")))
    assert drawn is not None
    return pack(drawn[0]), pack(drawn[1])


@pytest.fixture(scope="module")
def bank() -> LocalIndex:
    index = LocalIndex()
    index.add(range(1, BANKED + 1), [values(seed)[0] for seed in range(1, BANKED + 1)])
    return index


def search(index: LocalIndex, picture: Image.Image) -> list[int]:
    drawn = draw_pixels(np.asarray(picture.convert("RGB")))
    if drawn is None:
        return []
    return [hit.ref for hit in index.search([Signal("local", pack(drawn[1]), variant=SEARCH)])[0]]


@pytest.mark.parametrize("name", [name for name in (*EDITS, *HARD_EDITS) if name != HARDEST])
def test_a_copy_is_found_however_it_was_altered(bank: LocalIndex, name: str) -> None:
    found = [search(bank, jpeg({**EDITS, **HARD_EDITS}[name](muted(seed)))) for seed in COPIED]
    assert all(each in ([], [seed]) for each, seed in zip(found, COPIED, strict=True))
    assert sum(map(bool, found)) >= len(COPIED) - 1


def test_a_sixteenth_of_a_picture_is_never_taken_for_another(bank: LocalIndex) -> None:
    for seed in (3, 8, 21, 30):
        assert search(bank, HARD_EDITS[HARDEST](scene(seed))) in ([], [seed])


def test_the_picture_on_which_votes_agree_in_place_is_looked_at_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "MOST_MISSES", 1)
    index = LocalIndex()
    index.add(range(1, 61), [values(seed)[0] for seed in range(1, 61)])
    crops = {seed: search(index, jpeg(HARD_EDITS[HARDEST](scene(seed)))) for seed in range(3, 60, 4)}
    assert sum(found == [seed] for seed, found in crops.items()) >= 4  # one, where only turn and scale are asked


def test_a_thousand_banked_pictures_take_sixteen_kilobytes_each() -> None:
    index = LocalIndex()
    index.add(range(1_000), [values(1)[0]] * 1_000)
    index.settle()
    assert index.nbytes <= 16 * 1024 * 1_000


def test_strangers_are_not_found(bank: LocalIndex) -> None:
    assert [seed for seed in range(1_000, 1_040) if search(bank, scene(seed))] == []


@pytest.mark.parametrize("name", OVERLAYS)
def test_strangers_under_the_same_overlay_are_not_found_and_copies_are(name: str) -> None:
    edit = OVERLAYS[name]
    index = LocalIndex()
    index.add(range(1, 26), [values_of(edit(scene(seed)))[0] for seed in range(1, 26)])
    assert [seed for seed in range(1_000, 1_025) if search(index, edit(scene(seed)))] == []
    assert search(index, jpeg(mirror(edit(scene(7))))) == [7]


def test_calm_strangers_in_one_screenshot_frame_are_not_found() -> None:
    def framed(seed: int) -> Image.Image:
        calm = ImageEnhance.Contrast(ImageEnhance.Color(scene(seed)).enhance(0)).enhance(0.12)
        return OVERLAYS["screenshot frame"](calm)

    index = LocalIndex()
    index.add(range(1, 4), [values_of(framed(seed))[0] for seed in range(1, 4)])
    assert [seed for seed in range(11, 15) if search(index, framed(seed))] == []


def test_skies_under_one_lettering_are_not_found_and_copies_are() -> None:
    def lettered(seed: int) -> Image.Image:
        rng = np.random.default_rng(seed)
        tones = Image.fromarray(rng.integers(40, 215, (3, 4, 3), dtype=np.uint8))
        smooth = np.asarray(tones.resize((640, 480), Image.Resampling.BICUBIC))
        grain = rng.normal(0, 1.5, smooth.shape[:2])[..., None]
        return OVERLAYS["lettering"](Image.fromarray((smooth + grain).clip(0, 255).astype(np.uint8)))

    index = LocalIndex()
    index.add(range(1, 9), [values_of(lettered(seed - 1))[0] for seed in range(1, 9)])
    assert [seed for seed in range(20, 40) if search(index, jpeg(lettered(seed)))] == []
    assert [search(index, jpeg(lettered(seed - 1))) for seed in range(1, 9)] == [[seed] for seed in range(1, 9)]


def test_frames_of_one_video_are_one_item_and_not_a_crowd_under_an_overlay() -> None:
    shown = [scene(2, (700, 540)).crop((3 * at, 2 * at, 640 + 3 * at, 480 + 2 * at)) for at in range(8)]
    drawn = [draw_pixels(np.asarray(picture.convert("RGB"))) for picture in shown]
    index = LocalIndex()
    index.add(range(1, 9), [pack(each[0]._replace(at=at + 0.5)) for at, each in enumerate(drawn) if each])
    assert len(search(index, jpeg(banner(shown[3]), 40))) >= 6
    index.add(range(1, 9), [pack(each[0]) for each in drawn if each])  # eight pictures, but features agree everywhere
    assert len(search(index, jpeg(banner(shown[3]), 40))) >= 6


def plates() -> dict[str, Image.Image]:
    """Pictures in which everything looks alike."""
    ys, xs = np.mgrid[0:480, 0:640]
    random = np.random.default_rng(1)
    tones = {
        "flat": np.full((480, 640), 127),
        "checkerboard": (xs // 40 + ys // 40) % 2 * 255,
        "stripes": xs // 16 % 2 * 255,
        "rings": (np.hypot(xs - 320, ys - 240) // 12 % 2) * 255,
        "noise": random.integers(0, 256, (480, 640)),
        "code": np.kron(random.integers(0, 2, (30, 40)), np.ones((16, 16))) * 255,
        "flag": ys // 160 * 110,
        "stars": np.where(random.random((480, 640)) > 0.999, 255, 0),
    }
    return {name: Image.fromarray(tone.astype(np.uint8)) for name, tone in tones.items()}


def test_repetitive_and_flat_pictures_match_nothing_else(bank: LocalIndex) -> None:
    own = LocalIndex()
    drawn = {name: draw_pixels(np.asarray(plate)) for name, plate in plates().items()}
    kept = [name for name, each in drawn.items() if each]
    own.add(range(1, len(kept) + 1), [pack(drawn[name][0]) for name in kept])  # type: ignore[index]
    for number, name in enumerate(kept):
        assert search(bank, plates()[name]) == []
        assert set(search(own, plates()[name])) <= {number + 1}
    for seed in range(1, 9):
        assert search(own, scene(seed)) == []


def test_screenshots_of_other_words_in_the_same_app_are_not_copies() -> None:
    index = LocalIndex()
    index.add(range(1, 11), [values_of(chat(seed))[0] for seed in range(1, 11)])
    assert [seed for seed in range(100, 120) if search(index, chat(seed))] == []
    assert search(index, jpeg(chat(4), 60)) == [4]


def test_two_planes_of_colour_with_one_edge_between_them_are_no_copies_of_others() -> None:
    def planes(rise: int, upper: str, lower: str) -> Image.Image:
        picture = Image.new("RGB", (640, 480), upper)
        ImageDraw.Draw(picture).polygon([(0, 300), (640, 300 - rise), (640, 480), (0, 480)], lower)
        return jpeg(picture, 80)

    index = LocalIndex()
    index.add([1], [values_of(planes(180, "#73c1b6", "#005f69"))[0]])
    assert [rise for rise in (60, 100, 140, -120) if search(index, planes(rise, "#001e50", "#005573"))] == []


def test_an_emblem_is_found_inside_larger_pictures() -> None:
    emblem = Image.new("RGB", (300, 300), (240, 240, 240))
    emblem.paste(scene(77, (240, 240)), (30, 30))
    index = LocalIndex(emblem=True)
    index.add([5], [values_of(emblem)[0]])
    for seed in (1, 2, 3):
        street = scene(seed, (960, 720))
        street.paste(emblem, (500, 200))
        assert search(index, jpeg(street)) == [5]
        assert search(index, scene(seed, (960, 720))) == []


def test_a_hit_says_how_the_picture_was_altered(bank: LocalIndex) -> None:
    _, searched = values_of(mirror(turn(scene(8), 15)))
    (hit,) = bank.search([Signal("local", searched, variant=SEARCH)])[0]
    assert hit.ref == 8
    assert 0 <= hit.distance < 0.4
    assert "mirrored and turned by 15°" in hit.why
    assert "features agree" in hit.why


def test_what_is_banked_can_be_searched_by_too(bank: LocalIndex) -> None:
    kept, searched = values(8)
    assert [hit.ref for hit in bank.search([Signal("local", kept)])[0]] == [8]
    both = bank.search([Signal("local", kept, part="file:0"), Signal("local", searched, part="file:0", variant=SEARCH)])
    assert [[hit.ref for hit in hits] for hits in both] == [[], [8]]


def test_a_value_that_is_none_finds_nothing_and_cannot_be_banked(bank: LocalIndex) -> None:
    for value in ("", "zz", "AAAA", values(1)[0][:-4]):
        assert bank.search([Signal("local", value, variant=SEARCH)]) == [[]]
        with pytest.raises(InvalidSignal):
            LocalIndex().add([1], [value])
    with pytest.raises(InvalidSignal, match="short form"):
        LocalIndex().add([1], [values(1)[1]])


def test_copies_in_several_banks_are_all_found() -> None:
    index = LocalIndex()
    index.add(range(1, 31), [values(8)[0]] * 30)
    index.add([31], [values(9)[0]])
    assert sorted(search(index, mirror(scene(8)))) == list(range(1, 31))


def test_pictures_stay_findable_while_segments_form_and_merge(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "LEAST_HEAD", 2_500)
    monkeypatch.setattr(local, "MOST_HEAD", 2_500)
    index = LocalIndex()
    for seed in range(1, BANKED + 1):
        index.add([seed], [values(seed)[0]])
        assert search(index, scene(seed)) == [seed]
        if seed % 4 == 0:
            index.remove([seed - 1])
            index.add([seed - 2], [values(seed + 100)[0]])
    index.settle()
    assert search(index, scene(11)) == []
    assert search(index, scene(10)) == []
    assert search(index, scene(112)) == [10]
    assert search(index, scene(12)) == [12]
    assert len(index) == BANKED - BANKED // 4


def test_pictures_stay_findable_when_rows_are_numbered_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "MOST_ROWS", 8)
    index = LocalIndex()
    for turn_ in range(6):
        index.add([turn_ % 3 + 1], [values(turn_ + 1)[0]])
        index.add([9], [values(9)[0]])
    assert search(index, scene(9)) == [9]
    assert search(index, scene(6)) == [3]
    assert search(index, scene(3)) == []
    assert len(index) == 4


def test_readers_do_not_wait_for_writers(monkeypatch: pytest.MonkeyPatch, bank: LocalIndex) -> None:
    monkeypatch.setattr(local, "LEAST_HEAD", 2_500)
    monkeypatch.setattr(local, "MOST_HEAD", 2_500)
    index, stop, faults = LocalIndex(), threading.Event(), []
    index.add([8], [values(8)[0]])

    def read() -> None:
        while not stop.is_set():
            if search(index, scene(8)) != [8]:
                faults.append("a picture that was there was not found")

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for turn_ in range(3):
        for seed in range(20, 40):
            index.add([seed], [values(seed)[0]])
        index.remove(range(20, 30 + turn_))
    stop.set()
    for reader in readers:
        reader.join()
    assert not faults


def test_a_snapshot_gives_back_what_was_saved(tmp_path: Path) -> None:
    index = LocalIndex()
    index.add(range(1, 11), [values(seed)[0] for seed in range(1, 11)])
    index.remove([3])
    index.save(tmp_path / "index")
    again = LocalIndex()
    again.load(tmp_path / "index")
    assert len(again) == 9
    assert search(again, crop(scene(7), 0.6)) == [7]
    assert search(again, scene(3)) == []
    (tmp_path / "index" / "values.npy").write_bytes((tmp_path / "index" / "refs.npy").read_bytes())
    with pytest.raises(ValueError, match="snapshot"):
        LocalIndex().load(tmp_path / "index")


def test_an_empty_index_can_be_saved(tmp_path: Path) -> None:
    LocalIndex().save(tmp_path / "index")
    again = LocalIndex()
    again.load(tmp_path / "index")
    assert len(again) == 0
    assert search(again, scene(1)) == []


def test_the_region_that_matches_is_outlined_where_it_is() -> None:
    inside = inset(scene(8), 0.5)
    alignment = align(values_of(inside)[1], values(8)[0])
    assert alignment is not None
    here, there = regions(alignment)
    # `inset` puts the half-sized picture at 0.3 and 0.4 of what is left over.
    expected = [(0.15, 0.2), (0.65, 0.2), (0.65, 0.7), (0.15, 0.7)]
    assert np.abs(np.array(here) - expected).max() < 0.02
    assert np.abs(np.array(there) - [(0, 0), (1, 0), (1, 1), (0, 1)]).max() < 0.02


def test_an_explanation_is_a_picture_grey_unless_asked_otherwise(tmp_path: Path) -> None:
    altered = banner(logo(turn(scene(8), 5)))
    banked = values(8)[0]
    alignment = align(values_of(altered)[1], banked)
    assert alignment is not None
    pixels, kept = np.asarray(altered), thumbnail_of(banked)
    for blurred in (True, False):
        (tmp_path / "out.png").write_bytes(explain_pictures(pixels, kept, alignment, blurred=blurred))
        shown = np.asarray(Image.open(tmp_path / "out.png").convert("RGB")).astype(int)
        inner = shown[100:400, 60:500]
        colours = np.abs(inner.max(axis=2) - inner.min(axis=2)) > 60
        assert (colours.mean() < 0.05) == blurred


def test_the_command_and_the_index_read_the_same_files() -> None:
    banked = LOCAL.extract(as_file(scene(8), "PNG"))[0].value
    assert banked == values(8)[0]
