"""Altered copies and excerpts of sound: recall by edit, unrelated sounds, cost."""

import argparse
import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks.report import Row
from siyaj.matching.audio import AudioIndex
from siyaj.model.signal import Signal
from siyaj.signals.audio import SEARCH, draw, thinned
from siyaj.signals.audio_examples import Sound, as_file, babble, loop, noise, tune
from siyaj.signals.audio_value import pack
from siyaj.signals.sound import RATE, read_sound

SUFFIXES = {".mp3", ".ogg", ".opus", ".m4a", ".wav", ".flac", ".mp4", ".webm", ".mkv"}
EXCERPT = 10
Edit = Callable[[Sound], Sound]


def coded(kind: str, codec: str, bits: int, rate: int = 48_000) -> Edit:
    return lambda sound: read_sound(as_file(sound, kind, codec, bits, rate), 1_000)


def telephone(sound: Sound) -> Sound:
    spectrum = np.fft.rfft(sound)
    pitch = np.fft.rfftfreq(len(sound), 1 / RATE)
    spectrum[(pitch < 300) | (pitch > 3_400)] = 0
    return np.fft.irfft(spectrum, len(sound)).astype(np.float32)


def under(other: Callable[[int, float], Sound], decibels: float) -> Edit:
    def edit(sound: Sound) -> Sound:
        above = other(99, len(sound) / RATE)[: len(sound)]
        loud = np.sqrt((sound**2).mean() / max(float((above**2).mean()), 1e-12)) * 10 ** (-decibels / 20)
        return sound + np.pad(above, (0, len(sound) - len(above))) * np.float32(loud)

    return edit


def faster(speed: float) -> Edit:
    return lambda sound: np.interp(np.arange(0, len(sound) - 1, speed), np.arange(len(sound)), sound).astype(np.float32)


SOUND_EDITS: dict[str, Edit] = {
    "as it is": lambda sound: sound,
    "mp3 at 64 kbit/s": coded("mp3", "libmp3lame", 64_000, 44_100),
    "opus at 24 kbit/s": coded("ogg", "libopus", 24_000),
    "aac at 48 kbit/s": coded("mp4", "aac", 48_000),
    "telephone band": telephone,
    "a tenth as loud": lambda sound: sound * np.float32(0.1),
    "clipped": lambda sound: np.clip(sound * 4, -0.5, 0.5),
    "noise at 10 dB": under(noise, 10),
    "a voice at 10 dB": under(babble, 10),
    "a loop as loud": under(lambda seed, seconds: loop(seed, seconds, 0.5), 0),
    "3 % faster": faster(1.03),
    "5 % slower": faster(0.95),
}


def run(arguments: argparse.Namespace) -> list[Row]:
    count = 10 if arguments.quick else 60
    folder = Path(os.environ.get("SIYAJ_SOUNDS") or arguments.shared / "media" / "videos")
    known = [*_made(count, 0), *_read(folder)]
    index, took = _bank(known)
    minutes = sum(len(sound) for sound in known) / RATE / 60
    said = f"{EXCERPT} s of each of {len(known)} sounds, {count} of them made"
    rows = [_recall(index, known, name, edit, said) for name, edit in SOUND_EDITS.items()]
    strangers = _made(4 * count, 5_000)
    wrong = sum(bool(_search(index, sound)) for sound in strangers)
    pairs = f"{len(strangers) * len(known):,} pairs"
    rows.append(Row("false matches", f"{wrong} of {len(strangers)}", "–", "–", "0", pairs))
    rows += [_under_a_loop(repeats, count // 3) for repeats in (0.5, 2.0, 4.0)]
    each = [_timed(index, sound[: EXCERPT * RATE]) for sound in known[:20]]
    rows.append(Row("drawing for a bank", f"{took / minutes * 1e3:.0f} ms a minute", "–", "–", "–", "without decoding"))
    rows.append(Row("a look-up of 10 s", f"{np.median(each) * 1e3:.0f} ms", "–", "–", "–", "drawing and searching"))
    rows.append(
        Row("memory", f"{index.nbytes / minutes / 1024:.0f} KB a minute", "–", "–", "≤ 32 KB", f"{minutes:.0f} minutes")
    )
    return rows


def _made(count: int, seed: int) -> list[Sound]:
    return [(tune if number % 2 else babble)(seed + number, 30) for number in range(count)]


def _under_a_loop(repeats: float, count: int) -> Row:
    """Put one loop, as loud as they are, under banked sounds and under others: how many of these are found?"""
    edit = under(lambda seed, seconds: loop(seed, seconds, repeats), 0)
    index, _ = _bank([edit(sound) for sound in _made(count, 9_000)])
    strangers = [edit(sound) for sound in _made(count, 12_000)]
    wrong = [len(_search(index, sound)) for sound in strangers]
    pairs = f"{sum(wrong)} of {count * count:,} pairs"
    name = f"false matches, one loop of {repeats:g} s under both"
    return Row(name, f"{sum(map(bool, wrong))} of {count}", "–", "–", "0", pairs)


def _read(folder: Path) -> Iterator[Sound]:
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in SUFFIXES:
            yield read_sound(path.read_bytes(), 600)
            if folder.name == "videos":
                return  # its seven versions are one film


def _bank(known: Sequence[Sound]) -> tuple[AudioIndex, float]:
    index, began = AudioIndex(), time.perf_counter()
    for number, sound in enumerate(known):
        drawn = draw(sound)
        if drawn is not None:
            index.add([number + 1], [pack(thinned(drawn))])
    return index, time.perf_counter() - began


def _recall(index: AudioIndex, known: Sequence[Sound], name: str, edit: Edit, said: str) -> Row:
    found = wrong = 0
    for number, sound in enumerate(known):
        begin = (number * 5_077) % max(1, len(sound) - EXCERPT * RATE)
        refs = _search(index, edit(sound[begin : begin + EXCERPT * RATE]))
        found += number + 1 in refs
        wrong += len(refs - {number + 1})
    return Row(f"recall, {name}", f"{found / len(known):.3f}", "–", "–", "≥ 0.95", f"{wrong} others found; {said}")


def _search(index: AudioIndex, sound: Sound) -> set[int]:
    drawn = draw(sound)
    return {hit.ref for hit in index.search([Signal("audio", pack(drawn), variant=SEARCH)])[0]} if drawn else set()


def _timed(index: AudioIndex, sound: Sound) -> float:
    began = time.perf_counter()
    _search(index, sound)
    return time.perf_counter() - began
