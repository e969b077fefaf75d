"""`audio` as a signal type: the contract, sound files that may be hostile, and values that may be."""

import base64
import io
import struct
from functools import cache

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siyaj.matching.audio import AudioIndex
from siyaj.model.errors import InvalidSignal, UnreadableMedia
from siyaj.signals.audio import AUDIO, SEARCH, Audio
from siyaj.signals.audio_examples import as_file, babble, noise, tune
from siyaj.signals.audio_value import BANKED, EACH_SECOND, MAGIC, SECOND, pack, unpack
from siyaj.signals.audio_value import SEARCH as SEARCH_FORM
from siyaj.signals.base import Content, ContentKind
from siyaj.signals.box import MediaBox
from siyaj.signals.sound import RATE, read_sound, read_tracks
from siyaj.signals.testing import SignalTypeConformance
from siyaj.signals.video_examples import as_video, walk


class TestAudio(SignalTypeConformance):
    signal_type = Audio(index=AudioIndex)


def heard(data: bytes, kind: ContentKind = ContentKind.AUDIO) -> Content:
    return Content(kind, data)


@cache
def song() -> bytes:
    return as_file(tune(1, 12))


@cache
def value() -> str:
    return AUDIO.extract(heard(song()))[0].value


def test_a_sound_gives_what_a_bank_keeps_and_what_it_is_searched_by() -> None:
    kept, searched = AUDIO.extract(heard(song()))
    assert (kept.variant, searched.variant) == ("", SEARCH)
    assert (unpack(kept.value).form, unpack(searched.value).form) == (BANKED, SEARCH_FORM)
    assert len(unpack(kept.value).packed) < len(unpack(searched.value).packed)
    assert AUDIO.extract(Content(ContentKind.AUDIO, song(), banking=True)) == [kept]


def test_an_entry_keeps_only_the_short_form_and_little_of_a_minute() -> None:
    kept, searched = AUDIO.extract(heard(as_file(babble(1, 60))))
    assert AUDIO.parse(kept.value) == kept.value
    with pytest.raises(InvalidSignal, match="short form"):
        AUDIO.parse(searched.value)
    assert len(kept.value) < 10_000


@pytest.mark.parametrize("loud", [0.03, 0.1, 4.0])
def test_loudness_changes_nothing(loud: float) -> None:
    sound = tune(1, 12) * np.float32(loud)
    same = AUDIO.extract(heard(as_file(sound, "wav", "pcm_f32le")))[0].value
    plain = AUDIO.extract(heard(as_file(tune(1, 12), "wav", "pcm_f32le")))[0].value
    assert np.intersect1d(unpack(same).packed >> 4, unpack(plain).packed >> 4).size > 0.95 * len(unpack(plain).packed)


@pytest.mark.parametrize(
    "sound",
    [np.zeros(10 * RATE), noise(1, 10) * 1e-6, tune(1, 2), np.eye(1, 10 * RATE)[0], np.full(10 * RATE, 0.9)],
    ids=["silence", "hiss below hearing", "two seconds", "a click", "a constant"],
)
def test_what_holds_nothing_to_recognise_has_no_signal(sound: np.ndarray) -> None:
    assert AUDIO.extract(heard(as_file(sound.astype(np.float32), "wav", "pcm_f32le"))) == []


def test_a_video_without_sound_has_no_signal() -> None:
    assert AUDIO.extract(heard(as_video(walk(1, 2)), ContentKind.VIDEO)) == []


def test_a_channel_turned_over_does_not_cancel_the_sound() -> None:
    sound = tune(1, 12)
    data = as_file(np.stack([sound, -sound]))
    assert unpack(AUDIO.extract(heard(data))[0].value).steps == unpack(value()).steps
    shared = np.intersect1d(unpack(AUDIO.extract(heard(data))[0].value).packed, unpack(value()).packed)
    assert len(shared) > 0.9 * len(unpack(value()).packed)


@pytest.mark.parametrize(
    ("kind", "codec"), [("ogg", "libopus"), ("mp3", "libmp3lame"), ("mp4", "aac"), ("adts", "aac"), ("flac", "flac")]
)
def test_a_file_that_breaks_off_gives_what_is_there(kind: str, codec: str) -> None:
    data = as_file(babble(3, 20), kind, codec)
    if kind == "mp4":  # its index stands at the end
        with pytest.raises(UnreadableMedia):
            read_sound(data[: len(data) * 6 // 10], 100)
        return
    assert 9 < len(read_sound(data[: len(data) * 6 // 10], 100)) / RATE < 14


@pytest.mark.parametrize(("kind", "codec"), [("ogg", "libopus"), ("mp3", "libmp3lame"), ("mp4", "aac")])
def test_damaged_packets_cost_their_own_seconds(kind: str, codec: str) -> None:
    data = bytearray(as_file(babble(3, 20), kind, codec))
    random = np.random.default_rng(1)
    for place in random.integers(len(data) // 5, len(data) * 4 // 5, 12):
        data[place] ^= 0x55
    assert len(read_sound(bytes(data), 100)) / RATE > 8


def test_a_header_that_lies_about_its_length_is_not_believed() -> None:
    data = bytearray(song())
    at = data.index(b"data") + 4
    for said in (0xFFFFFFFF, 2**31 - 2):
        data[at : at + 4] = struct.pack("<I", said)
        assert abs(len(read_sound(bytes(data), 100)) - 12 * RATE) < RATE


def test_no_more_is_decoded_than_was_asked_for() -> None:
    assert len(read_sound(song(), 5)) == 5 * RATE


def test_numbers_that_are_none_are_silence() -> None:
    sound = tune(1, 12)
    sound[2_000:4_000] = np.nan
    sound[9_000:9_100] = np.inf
    sound[9_100:9_200] = 3e38
    assert np.isfinite(read_sound(as_file(sound, "wav", "pcm_f32le", rate=RATE), 100)).all()
    assert AUDIO.extract(heard(as_file(sound, "wav", "pcm_f32le", rate=RATE)))


@pytest.mark.parametrize("data", [b"", b"RIFF\x04\0\0\0WAVE", b"fLaC", b"OggS", b"ID3\x04\0\0\0\0\0\0", b"no sound"])
def test_what_is_no_sound_is_an_error_of_its_own(data: bytes) -> None:
    with pytest.raises(UnreadableMedia):
        AUDIO.extract(heard(data))


def test_a_song_sheet_that_names_files_is_not_followed() -> None:
    """A playlist or a concatenation script is no sound."""
    for data in (b"#EXTM3U\n/etc/passwd\n", b"ffconcat version 1.0\nfile /etc/passwd\n"):
        with pytest.raises(UnreadableMedia):
            read_sound(data, 10)


def test_it_is_drawn_in_the_box() -> None:
    with MediaBox(workers=1, seconds=30) as box:
        extraction = box.extract(song(), name="song.wav", types=frozenset({"audio"}))
        assert [signal.variant for signal in extraction.signals] == ["", SEARCH]
        assert extraction.missing == []
        assert box.extract(b"ID3" + bytes(2_000), types=frozenset({"audio"})).missing[0].type == "audio"


def test_a_value_says_what_went_in() -> None:
    assert pack(unpack(value())) == value()


@given(st.text(max_size=200))
def test_text_that_is_no_value_is_refused(text: str) -> None:
    with pytest.raises(InvalidSignal):
        AUDIO.parse(text)


@settings(deadline=None)
@given(st.data())
def test_damaged_values_are_refused_or_hold_what_the_kernels_rely_on(data: st.DataObject) -> None:
    raw = bytearray(base64.b64decode(value()))
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, 60))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(raw)))
    for changed in (bytes(raw), bytes(raw[:cut])):
        try:
            landmarks = unpack(base64.b64encode(changed).decode())
        except InvalidSignal:
            continue
        assert (np.diff(landmarks.times) >= 0).all()
        assert landmarks.times[-1] < landmarks.steps
        assert np.bincount(landmarks.times // SECOND).max() <= EACH_SECOND[landmarks.form]


def test_errors_say_what_is_wrong() -> None:
    raw = base64.b64decode(value())
    wrong = {
        "base64": "!" + value()[1:],
        "starts with": base64.b64encode(b"XX" + raw[2:]).decode(),
        "bytes, not": base64.b64encode(raw[:-1]).decode(),
        "at least": base64.b64encode(MAGIC).decode(),
        "at most": "A" * 4_000_000,
        "in order": base64.b64encode(raw[:12] + raw[-4:] + raw[16:-4] + raw[12:16]).decode(),
        "landmarks in": base64.b64encode(raw[:8] + struct.pack("<I", 1) + raw[12:]).decode(),
    }
    for said, bad in wrong.items():
        with pytest.raises(InvalidSignal, match=said):
            AUDIO.parse(bad)


def test_silence_before_and_rests_within_are_kept_in_time() -> None:
    first = unpack(value()).times[0]
    late = unpack(AUDIO.extract(heard(as_file(np.concatenate([np.zeros(4 * RATE, np.float32), tune(1, 12)]))))[0].value)
    assert abs(late.times[0] - first - 250) <= 5


def tracks(sounds: list[np.ndarray]) -> bytes:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="matroska") as container:
        streams = [container.add_stream("pcm_s16le", rate=RATE, layout="mono") for _ in sounds]
        for stream, sound in zip(streams, sounds, strict=True):
            frame = av.AudioFrame.from_ndarray((sound[None] * 30_000).astype(np.int16), format="s16", layout="mono")
            frame.sample_rate = RATE
            container.mux(stream.encode(frame))
    return buffer.getvalue()


def test_every_sound_track_of_a_file_is_listened_to() -> None:
    data = tracks([babble(4, 12), tune(1, 12), tune(6, 12)])
    drawn = AUDIO.extract(heard(data, ContentKind.VIDEO))
    assert [signal.variant for signal in drawn] == ["", SEARCH, "", f"{SEARCH}/2", "", f"{SEARCH}/3"]
    index = AudioIndex()
    index.add([1], [value()])
    assert [[hit.ref for hit in hits] for hits in index.search(drawn)] == [[], [], [], [1], [], []]
    kept = AUDIO.extract(Content(ContentKind.VIDEO, data, banking=True))
    other = AudioIndex()
    other.add([1, 2, 3], [signal.value for signal in kept])
    assert [hit.ref for hits in other.search(AUDIO.extract(heard(song()))) for hit in hits] == [2]


def test_many_tracks_take_no_longer_than_two() -> None:
    data = tracks([tune(seed, 12) for seed in range(10)])
    lengths = [len(sound) for sound in read_tracks(data, 6)]
    assert lengths == [round(1.5 * RATE)] * 8


def test_many_streams_are_no_harm() -> None:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="matroska") as container:
        streams = [container.add_stream("pcm_s16le", rate=8_000, layout="mono") for _ in range(40)]
        frame = av.AudioFrame.from_ndarray((tune(1, 12)[None] * 30_000).astype(np.int16), format="s16", layout="mono")
        frame.sample_rate = 8_000
        for stream in streams:
            container.mux(stream.encode(frame))
    assert AUDIO.extract(heard(buffer.getvalue(), ContentKind.VIDEO))
