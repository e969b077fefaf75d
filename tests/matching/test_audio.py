"""Altered copies and excerpts of sounds are found and said where; strangers, jingles and steady tones are not."""

import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from siyaj.matching import audio
from siyaj.matching.audio import AudioIndex
from siyaj.model.errors import InvalidSignal
from siyaj.model.signal import Signal
from siyaj.signals.audio import SEARCH, draw, thinned
from siyaj.signals.audio_examples import Sound, as_file, babble, loop, noise, tune
from siyaj.signals.audio_value import pack
from siyaj.signals.base import Hit
from siyaj.signals.sound import RATE, read_sound

SONGS = range(1, 9)
SPEECHES = range(11, 17)
SECONDS = 40
Edit = Callable[[Sound], Sound]


@cache
def known(seed: int) -> Sound:
    return tune(seed, SECONDS) if seed < 10 or 100 <= seed < 200 else babble(seed, SECONDS)


@cache
def kept(seed: int) -> str:
    drawn = draw(known(seed))
    assert drawn is not None
    return pack(thinned(drawn))


@pytest.fixture(scope="module")
def bank() -> AudioIndex:
    index = AudioIndex()
    index.add([*SONGS, *SPEECHES], [kept(seed) for seed in (*SONGS, *SPEECHES)])
    return index


def look_up(index: AudioIndex, sound: Sound) -> list[Hit]:
    drawn = draw(sound)
    return [] if drawn is None else index.search([Signal("audio", pack(drawn), variant=SEARCH)])[0]


def search(index: AudioIndex, sound: Sound) -> list[int]:
    return [hit.ref for hit in look_up(index, sound)]


def coded(kind: str, codec: str, bits: int, rate: int = 48_000) -> Edit:
    return lambda sound: read_sound(as_file(sound, kind, codec, bits, rate), 1_000)


def telephone(sound: Sound) -> Sound:
    spectrum = np.fft.rfft(sound)
    pitch = np.fft.rfftfreq(len(sound), 1 / RATE)
    spectrum[(pitch < 300) | (pitch > 3_400)] = 0
    return np.fft.irfft(spectrum, len(sound)).astype(np.float32)


def under(other: Callable[[int, float], Sound], decibels: float) -> Edit:
    def edit(sound: Sound) -> Sound:
        above = other(99, len(sound) / RATE)
        loud = np.sqrt((sound**2).mean() / (above**2).mean()) * 10 ** (-decibels / 20)
        return sound + above * np.float32(loud)

    return edit


def faster(speed: float) -> Edit:
    def edit(sound: Sound) -> Sound:
        return np.interp(np.arange(0, len(sound) - 1, speed), np.arange(len(sound)), sound).astype(np.float32)

    return edit


def padded(sound: Sound) -> Sound:
    return np.concatenate([np.zeros(3 * RATE, np.float32), sound, np.zeros(5 * RATE, np.float32)])


EDITS: dict[str, Edit] = {
    "as it is": lambda sound: sound,
    "mp3 at 64 kbit/s": coded("mp3", "libmp3lame", 64_000, 44_100),
    "opus at 24 kbit/s": coded("ogg", "libopus", 24_000),
    "aac at 48 kbit/s": coded("mp4", "aac", 48_000),
    "a mobile phone": coded("amr", "libopencore_amrnb", 7_950, 8_000),
    "a telephone's band": telephone,
    "a tenth as loud": lambda sound: sound * np.float32(0.1),
    "too loud": lambda sound: np.clip(sound * 4, -0.5, 0.5),
    "under noise at 10 dB": under(noise, 10),
    "under a voice at 10 dB": under(babble, 10),
    "silence around it": padded,
    "2 % faster": faster(1.02),
    "5 % faster": faster(1.05),
    "4 % slower": faster(0.96),
}


@pytest.mark.parametrize("name", EDITS)
def test_ten_seconds_are_found_however_they_were_altered(bank: AudioIndex, name: str) -> None:
    found = []
    for seed in (2, 5, 7, 12, 14, 16):
        begin = (seed * 5_077) % ((SECONDS - 11) * RATE)
        found.append((seed, search(bank, EDITS[name](known(seed)[begin : begin + 10 * RATE]))))
    assert all(hits in ([], [seed]) for seed, hits in found)
    assert sum(bool(hits) for _, hits in found) >= len(found) - 1


def test_strangers_are_not_found(bank: AudioIndex) -> None:
    assert [seed for seed in (*range(101, 113), *range(201, 209)) if search(bank, known(seed))] == []


def test_a_hit_says_where_it_agrees_in_both(bank: AudioIndex) -> None:
    sound = np.concatenate([babble(300, 6), known(3)[8 * RATE : 26 * RATE], babble(301, 6)])
    (hit,) = look_up(bank, sound)
    assert hit.ref == 3
    assert hit.segment is not None
    assert np.allclose(hit.segment, (6, 24, 8, 26), atol=1.5) if isinstance(hit.segment, tuple) else True
    places = (hit.segment.start, hit.segment.end, hit.segment.entry_start, hit.segment.entry_end)
    assert np.allclose(places, (6, 24, 8, 26), atol=1.5)
    assert 0.3 < hit.distance < 0.7
    assert "of this is" in hit.why
    assert "landmarks agree" in hit.why


def test_a_shared_jingle_is_no_match(bank: AudioIndex) -> None:
    jingle = tune(400, 2.5)
    index = AudioIndex()
    index.add([1], [pack(thinned(draw(np.concatenate([jingle, tune(401, 25), jingle]))))])  # type: ignore[arg-type]
    assert search(index, np.concatenate([jingle, babble(402, 25), jingle])) == []
    assert search(index, tune(401, 25)) == [1]


def steady() -> dict[str, Sound]:
    """Sounds that are alike at every moment, or again and again."""
    time = np.arange(30 * RATE) / RATE
    tones = {
        "a tone": np.sin(2 * np.pi * 440 * time),
        "a chord": sum(np.sin(2 * np.pi * pitch * time) for pitch in (220, 277, 330, 440, 880)),
        "a beat": (time % 0.5 < 0.02) * noise(5, 30),
        "a siren": np.sin(2 * np.pi * 800 * time + 100 * np.sin(2 * np.pi * time)),
        "noise": noise(6, 30),
    }
    return {name: (0.3 * sound).astype(np.float32) for name, sound in tones.items()}


def test_steady_and_repetitive_sounds_match_nothing_else(bank: AudioIndex) -> None:
    own = AudioIndex()
    drawn = {name: draw(sound) for name, sound in steady().items()}
    names = [name for name, each in drawn.items() if each is not None]
    own.add(range(1, len(names) + 1), [pack(thinned(drawn[name])) for name in names])  # type: ignore[arg-type]
    for number, name in enumerate(names):
        assert search(bank, steady()[name]) == []
        assert set(search(own, steady()[name] + noise(7, 30) * np.float32(0.01))) <= {number + 1}
    for seed in (1, 2, 11, 12):
        assert search(own, known(seed)) == []


@pytest.mark.parametrize(("repeats", "loud"), [(0.5, 1.0), (0.5, 2.0), (2.0, 1.0), (4.0, 2.0)])
def test_one_loop_under_strangers_is_no_match_and_copies_under_it_are_still_found(repeats: float, loud: float) -> None:
    def over(sound: Sound, late: float) -> Sound:
        drums = loop(3, SECONDS + late, repeats)[round(late * RATE) :][: len(sound)]
        return sound / sound.std() + drums / drums.std() * np.float32(loud)

    known_ones, strangers = (1, 2, 11, 12), (101, 102, 201, 202)
    index = AudioIndex()
    index.add(known_ones, [pack(thinned(draw(over(known(seed), 0.0)))) for seed in known_ones])  # type: ignore[arg-type]
    assert [seed for seed in strangers if search(index, over(known(seed), 1.37))] == []
    for seed in known_ones:
        again = over(known(seed), 0.0)
        assert search(index, coded("ogg", "libopus", 24_000)(again)) == [seed]
        assert search(index, again[9 * RATE : 21 * RATE]) == [seed]
        assert search(index, known(seed)) == [seed], "the same without the loop"


def test_excerpts_of_several_sounds_are_all_found(bank: AudioIndex) -> None:
    mixed = np.concatenate([known(seed)[5 * RATE : 17 * RATE] for seed in (1, 13, 6)])
    assert sorted(search(bank, mixed)) == [1, 6, 13]


def test_what_is_banked_can_be_searched_by_too(bank: AudioIndex) -> None:
    drawn = draw(known(4))
    assert drawn is not None
    short, long = pack(thinned(drawn)), pack(drawn)
    assert [hit.ref for hit in bank.search([Signal("audio", short)])[0]] == [4]
    both = bank.search([Signal("audio", short, part="file:0"), Signal("audio", long, part="file:0", variant=SEARCH)])
    assert [[hit.ref for hit in hits] for hits in both] == [[], [4]]


def test_a_value_that_is_none_finds_nothing_and_cannot_be_banked(bank: AudioIndex) -> None:
    for value in ("", "zz", "AAAA", kept(1)[:-4]):
        assert bank.search([Signal("audio", value, variant=SEARCH)]) == [[]]
        with pytest.raises(InvalidSignal):
            AudioIndex().add([1], [value])
    with pytest.raises(InvalidSignal, match="short form"):
        AudioIndex().add([1], [pack(draw(known(1)))])  # type: ignore[arg-type]


def test_copies_in_several_banks_are_all_found() -> None:
    index = AudioIndex()
    index.add(range(1, 41), [kept(3)] * 40)
    index.add([41], [kept(4)])
    assert sorted(search(index, known(3)[RATE : 14 * RATE])) == list(range(1, 41))


def test_sounds_stay_findable_while_segments_form_and_merge(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audio, "SMALLEST_HEAD", 2_000)
    monkeypatch.setattr(audio, "FEWEST_UNITS", 40)
    index = AudioIndex()
    for turn in range(30):
        for seed in (1, 2, 3, 11, 12):
            index.add([seed], [kept(seed)])
        assert search(index, known(2)[: 12 * RATE]) == [2]
        index.remove([1])
        index.add([100 + turn], [kept(5)])
        index.remove([100 + turn])
    index.settle()
    assert search(index, known(1)[: 12 * RATE]) == []
    assert search(index, known(5)[: 12 * RATE]) == []
    assert search(index, known(12)[: 12 * RATE]) == [12]
    assert len(index) == 4
    assert index._table.units < 400, "virtual time is used anew"


def test_readers_do_not_wait_for_writers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audio, "SMALLEST_HEAD", 2_000)
    monkeypatch.setattr(audio, "FEWEST_UNITS", 40)
    index, stop, faults = AudioIndex(), threading.Event(), []
    index.add([8], [kept(8)])

    def read() -> None:
        while not stop.is_set():
            if search(index, known(8)[5 * RATE : 16 * RATE]) != [8]:
                faults.append("a sound that was there was not found")

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for turn in range(6):
        for seed in (1, 2, 3, 4, 11, 12, 13):
            index.add([seed], [kept(seed)])
        index.remove(range(1, 4 + turn % 3))
    stop.set()
    for reader in readers:
        reader.join()
    assert not faults


def test_a_snapshot_gives_back_what_was_saved(tmp_path: Path) -> None:
    index = AudioIndex()
    index.add([*SONGS], [kept(seed) for seed in SONGS])
    index.remove([3])
    index.save(tmp_path / "index")
    again = AudioIndex()
    again.load(tmp_path / "index")
    assert len(again) == len(SONGS) - 1
    assert search(again, known(7)[: 12 * RATE]) == [7]
    assert search(again, known(3)[: 12 * RATE]) == []
    (tmp_path / "index" / "values.npy").write_bytes((tmp_path / "index" / "refs.npy").read_bytes())
    with pytest.raises(ValueError, match="snapshot"):
        AudioIndex().load(tmp_path / "index")


def test_an_empty_index_can_be_saved(tmp_path: Path) -> None:
    AudioIndex().save(tmp_path / "index")
    again = AudioIndex()
    again.load(tmp_path / "index")
    assert len(again) == 0
    assert search(again, known(1)) == []


def test_the_shared_videos_sound_alike(shared: Path) -> None:
    """One film in seven versions, of which some are a little shorter."""
    paths = sorted((shared / "media/videos").glob("chair-*.mp4"))
    index = AudioIndex()
    drawn = [draw(read_sound(path.read_bytes(), 600)) for path in paths]
    index.add([1], [pack(thinned(drawn[-1]))])  # type: ignore[arg-type]
    for each in drawn:
        assert each is not None
        assert [hit.ref for hit in index.search([Signal("audio", pack(each), variant=SEARCH)])[0]] == [1]
