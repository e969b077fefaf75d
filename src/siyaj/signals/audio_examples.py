"""Sounds, made here, that must match and that must not."""

import io
from functools import cache
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from siyaj.signals.base import Content, ContentKind, Examples
from siyaj.signals.sound import RATE

Sound = NDArray[np.float32]
"""(n,) mono at RATE."""


@cache
def examples() -> Examples:
    from siyaj.signals.audio import AUDIO  # noqa: PLC0415  (it imports this module)

    song, speech = tune(1, 14), babble(1, 14)
    kept = [
        AUDIO.extract(Content(ContentKind.AUDIO, as_file(sound), banking=True))[0].value for sound in (song, speech)
    ]
    around = np.concatenate([babble(5, 3), song, noise(5, 2) * np.float32(0.1)])
    return Examples(
        must_match=[
            (kept[0], _heard(song)),
            (kept[0], _heard(song[3 * RATE :] * np.float32(0.1), "ogg", "libopus", 24_000)),
            (kept[0], _heard(around, "mp3", "libmp3lame")),
            (kept[1], _heard(speech, "mp4", "aac", 32_000)),
            (
                kept[1],
                _heard(speech + noise(2, 14) * speech.std() * np.float32(0.3), "amr", "libopencore_amrnb", 7_950),
            ),
        ],
        must_not_match=[
            (kept[0], _heard(tune(2, 14))),
            (kept[0], _heard(song[: 2 * RATE])),
            (kept[1], _heard(babble(2, 14))),
            (kept[1], _heard(np.zeros(8 * RATE, dtype=np.float32))),
        ],
    )


def _heard(sound: Sound, kind: str = "wav", codec: str = "pcm_s16le", bits: int = 64_000) -> Content:
    rate = 8_000 if kind == "amr" else 48_000
    return Content(ContentKind.AUDIO, as_file(sound, kind, codec, bits, rate))


def tune(seed: int, seconds: float) -> Sound:
    """Return music: chords and a melody of plucked and blown tones over a beat, another for each seed."""
    random = np.random.default_rng(seed)
    count = round(seconds * RATE)
    out = np.zeros(count + 2 * RATE)
    beat = float(random.uniform(0.3, 0.6))
    scale = 110 * 2 ** (np.array([0, 2, 3, 5, 7, 8, 10, 12, 14, 15, 17, 19, 20, 22, 24, 27]) / 12)
    scale = scale * 2 ** random.uniform(0, 1)
    at = 0.0
    while at < seconds:
        voices = [(scale[random.integers(4, 16)] * 2, 1.0, random.uniform(0.5, 2.0) * beat)]
        if random.random() < 0.4:
            voices += [(scale[root], 0.4, 3 * beat) for root in random.choice(10, 3, replace=False)]
        for pitch, loud, lasts in voices:
            _ring(out, at, float(pitch), loud, float(lasts), random)
        if random.random() < 0.5:
            place = round(at * RATE)
            out[place : place + 400] += random.normal(0, 0.4, 400) * np.exp(-np.arange(400) / 80)
        at += beat * float(random.choice([0.5, 0.5, 1.0, 1.5]))
    return _level(out[:count])


def _ring(out: NDArray[np.float64], at: float, pitch: float, loud: float, lasts: float, random: Any) -> None:
    """Add a tone with overtones that fade, the higher the sooner."""
    place = round(at * RATE)
    time = np.arange(min(round((lasts + 0.3) * RATE), len(out) - place)) / RATE
    shape = np.minimum(1, time / 0.01) * np.exp(-2.5 * time / lasts)
    for overtone in range(1, 9):
        if pitch * overtone > 0.47 * RATE:
            break
        height = loud * random.uniform(0.2, 1) / overtone
        out[place : place + len(time)] += height * shape**overtone**0.5 * np.sin(2 * np.pi * pitch * overtone * time)


def babble(seed: int, seconds: float) -> Sound:
    """Return what has the rhythm and the formants of speech, and says nothing; another for each seed."""
    random = np.random.default_rng(seed)
    parts: list[NDArray[np.float64]] = []
    voice = float(random.uniform(90, 220))
    while sum(map(len, parts)) < seconds * RATE:
        lasts = round(random.uniform(0.08, 0.3) * RATE)
        if random.random() < 0.15:
            parts.append(random.normal(0, 1e-4, lasts))
        elif random.random() < 0.25:
            parts.append(np.diff(random.normal(0, 0.15, lasts + 1)) * np.hanning(lasts))
        else:
            parts.append(_vowel(random, voice, lasts))
    return _level(np.concatenate(parts)[: round(seconds * RATE)])


def _vowel(random: Any, voice: float, lasts: int) -> NDArray[np.float64]:
    pitch = voice * random.uniform(0.8, 1.3) * np.linspace(1, random.uniform(0.85, 1.15), lasts)
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    formants = random.uniform((300, 800, 2_200), (850, 2_200, 3_200))
    out = np.zeros(lasts)
    for overtone in range(1, int(0.47 * RATE / pitch.max())):
        away = (overtone * pitch.mean() - formants) / (60, 100, 160)
        out += (1 / (1 + away**2)).dot((1, 0.6, 0.3)) * np.sin(overtone * phase)
    return out * np.hanning(lasts)


def loop(seed: int, seconds: float, repeats: float) -> Sound:
    """Return drums and a bass that repeat exactly every `repeats` seconds, others for each seed."""
    random = np.random.default_rng(seed)
    count, lasts = round(repeats * RATE), 1_600
    once, time = np.zeros(count + lasts), np.arange(lasts) / RATE
    beats = max(4, round(8 * repeats))
    for beat in range(beats):
        pitch = 110 * 2 ** (float(random.integers(0, 24)) / 12)
        hits = (
            np.sin(2 * np.pi * (60 + 180 * np.exp(-30 * time)) * time) * np.exp(-12 * time),
            random.normal(0, 0.5, lasts) * np.exp(-25 * time),
            np.diff(random.normal(0, 0.5, lasts + 1)) * np.exp(-60 * time),
            sum(np.sin(2 * np.pi * pitch * tone * time) / tone for tone in range(1, 8)) * np.exp(-6 * time),
        )
        place = beat * count // beats
        once[place : place + lasts] += hits[random.integers(len(hits))]
    while len(once) > count:  # what rings on is heard at the beginning of the next
        rest = once[count:][:count]
        once[: len(rest)] += rest
        once = np.concatenate([once[:count], once[2 * count :]])
    return _level(np.resize(once, round(seconds * RATE)))


def noise(seed: int, seconds: float) -> Sound:
    return np.random.default_rng(seed).normal(0, 1, round(seconds * RATE)).astype(np.float32)


def _level(sound: NDArray[np.float64]) -> Sound:
    return (sound * (0.5 / max(1e-9, float(np.abs(sound).max())))).astype(np.float32)


def as_file(
    sound: NDArray[np.float32], kind: str = "wav", codec: str = "pcm_s16le", bits: int = 64_000, rate: int = 48_000
) -> bytes:
    """Encode sound at RATE, (n,) or (channels, n), at another rate."""
    channels = np.atleast_2d(sound).astype(np.float32)
    layout = "mono" if len(channels) == 1 else "stereo"
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=kind) as container:
        stream: Any = container.add_stream(codec, rate=rate)
        stream.codec_context.layout = layout
        if not codec.startswith("pcm"):
            stream.bit_rate = bits
        stream.codec_context.open()
        resampler = av.AudioResampler(stream.format.name, layout, rate, stream.codec_context.frame_size or 1_024)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(channels), format="fltp", layout=layout)
        frame.sample_rate = RATE
        for each in (*resampler.resample(frame), *resampler.resample(None)):
            container.mux(stream.encode(each))
        container.mux(stream.encode(None))
    return buffer.getvalue()
