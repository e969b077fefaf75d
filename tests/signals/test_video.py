import io
import json
import os
import re
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from siyaj.matching.video import VideoIndex
from siyaj.model.errors import InvalidSignal, MediaTooLarge, UnreadableMedia
from siyaj.model.signal import Signal
from siyaj.signals import video_file
from siyaj.signals.base import Content, ContentKind
from siyaj.signals.files import extract_file
from siyaj.signals.limits import MAX_PIXELS
from siyaj.signals.local import LOCAL
from siyaj.signals.testing import SignalTypeConformance
from siyaj.signals.video import SEARCH, VIDEO, hash_video
from siyaj.signals.video_examples import RATE, as_video, walk
from siyaj.signals.video_value import BANKED, pack, read_vpdq, unpack, write_vpdq

SHARED = Path(os.environ.get("SIYAJ_SHARED", Path(__file__).parents[3] / "shared")) / "media" / "videos"
GOLDEN = Path(__file__).with_name("vpdq_hashes.json")


class TestVideo(SignalTypeConformance):
    signal_type = VIDEO


def video(data: bytes, *, banking: bool = False) -> list[Signal]:
    return VIDEO.extract(Content(ContentKind.VIDEO, data, banking=banking))


def found(banked: bytes, searched: bytes) -> bool:
    index = VideoIndex()
    kept = [signal.value for signal in video(banked, banking=True)]
    index.add(range(1, len(kept) + 1), kept)
    return any(index.search(video(searched)))


@pytest.mark.skipif(not SHARED.exists(), reason="the sample videos in ../shared are not here")
@pytest.mark.parametrize("name", ["chair-orig-22-sd-bar", "chair-19-sd-bar", "chair-22-with-large-logo-bar"])
def test_the_list_is_that_of_the_vpdq_package(name: str) -> None:
    """The hashes of vpdq 0.2.5 for the same files; without a decoder of the same version some bits differ."""
    theirs = json.loads(GOLDEN.read_text(encoding="utf-8"))[name]
    ours = hash_video((SHARED / f"{name}.mp4").read_bytes())
    assert [[one.frame_number, one.timestamp] for one in ours] == [[each[0], each[3]] for each in theirs]
    bits = [(int(one.hex, 16) ^ int(each[2], 16)).bit_count() for one, each in zip(ours, theirs, strict=True)]
    assert np.median(bits) <= 2
    assert max(bits) <= 10
    assert all(abs(one.quality - each[1]) <= 1 for one, each in zip(ours, theirs, strict=True))


@pytest.mark.parametrize(
    ("kind", "codec"), [("matroska", "mpeg4"), ("avi", "mpeg4"), ("mp4", "libx264"), ("mpegts", "mpeg2video")]
)
def test_containers_and_codecs_are_read(kind: str, codec: str) -> None:
    frames = walk(1)
    data = as_video(frames, 25.0 if codec == "mpeg2video" else RATE, kind=kind, codec=codec)
    assert {signal.type for signal in extract_file(data, part="file:0").signals} == {"md5", "sha256", "video"}
    assert found(as_video(frames), data)


def animation(kind: str, frames: list[np.ndarray], duration: int = 100, profile: bytes | None = None) -> bytes:
    buffer = io.BytesIO()
    first, *rest = [Image.fromarray(pixels) for pixels in frames]
    first.save(buffer, kind, save_all=True, append_images=rest, duration=duration, icc_profile=profile)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_times_of_an_animation_are_its_own(kind: str) -> None:
    (signal,) = video(animation(kind, walk(1)[::4], duration=400))
    frames = unpack(signal.value)
    assert frames.duration == pytest.approx(8.0)
    assert len(np.unique(frames.times)) >= 4
    assert not (frames.times % 400).any()


def test_an_animation_moves_also_without_the_usual_marks_in_front() -> None:
    frames = walk(1)[::4]
    without_control = re.sub(rb"\x21\xf9\x04.{4}\0", b"", animation("GIF", frames), flags=re.DOTALL)
    profile = np.random.default_rng(1).bytes(20_000)
    for data in (
        without_control,
        animation("PNG", frames, profile=profile),
        animation("WEBP", frames, profile=profile),
    ):
        assert "video" in {signal.type for signal in extract_file(data, part="file:0").signals}


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_animated_pictures_go_the_same_way(kind: str) -> None:
    frames = walk(1)[::2]
    data = animation(kind, frames)
    extraction = extract_file(data, part="file:0")
    assert not extraction.missing
    (signal,) = (one for one in extraction.signals if one.type == "video")
    assert signal.variant == SEARCH
    index = VideoIndex()
    index.add([1], [video(as_video(walk(1)), banking=True)[0].value])
    assert any(index.search([signal]))


def test_a_still_picture_has_no_video_signal() -> None:
    for kind in ("GIF", "WEBP", "PNG"):
        buffer = io.BytesIO()
        Image.fromarray(walk(1)[0]).save(buffer, kind)
        extraction = extract_file(buffer.getvalue(), part="file:0")
        assert "video" not in {signal.type for signal in extraction.signals}
        assert not extraction.missing


@pytest.mark.parametrize("keep", [0.05, 0.3, 0.6, 0.95])
def test_a_video_that_breaks_off_is_read_as_far_as_it_goes_or_refused(keep: float) -> None:
    for kind in ("mp4", "matroska", "avi", "mpegts"):
        codec = "mpeg2video" if kind == "mpegts" else "mpeg4"
        data = as_video(walk(1), 25.0, kind=kind, codec=codec)
        try:
            drawn = video(data[: int(len(data) * keep)])
        except UnreadableMedia as error:
            assert len(error.message) > 20
        else:
            assert all(unpack(signal.value).duration <= 9 for signal in drawn)


def test_damage_in_the_middle_costs_its_own_frames() -> None:
    data = bytearray(as_video(walk(1), kind="matroska"))
    middle = len(data) // 2
    data[middle : middle + 2_000] = bytes(2_000)
    assert found(as_video(walk(1)), bytes(data))


def test_a_video_of_one_pixel_gives_no_signal() -> None:
    tiny = [np.full((2, 2, 3), shade, dtype=np.uint8) for shade in range(40)]
    assert video(as_video(tiny)) == []
    assert hash_video(as_video(tiny)) == []


def test_a_video_without_anything_in_it_gives_no_signal() -> None:
    assert video(as_video([np.zeros((120, 160, 3), dtype=np.uint8)] * 30)) == []


def sound(kind: str = "mp4") -> bytes:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=kind) as container:
        stream = container.add_stream("aac", rate=8_000)
        samples = np.random.default_rng(1).normal(0, 0.1, (1, 16_000)).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
        frame.sample_rate = 8_000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return buffer.getvalue()


def test_a_file_with_sound_only_has_no_video_signal() -> None:
    assert video(sound()) == []


def test_a_video_that_no_decoder_knows_is_refused_and_not_taken_for_sound() -> None:
    data = as_video(walk(1), codec="libx264").replace(b"avc1", b"zzzz")
    (missing,) = (one for one in extract_file(data, part="file:0").missing if one.type == "video")
    assert "not known here" in missing.message


def together(films: list[list[np.ndarray]], kind: str = "mp4", covers: int = 0) -> bytes:
    """Put films, and pictures attached to them, into one file as streams."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=kind) as container:
        streams = [container.add_stream("mpeg4", rate=round(RATE)) for _ in films]
        for stream, frames in zip(streams, films, strict=True):
            stream.height, stream.width = frames[0].shape[:2]  # type: ignore[union-attr]
            stream.pix_fmt, stream.bit_rate = "yuv420p", 1_500_000  # type: ignore[union-attr]
            stream.codec_context.gop_size = 10
        attached = [container.add_stream("mjpeg", rate=1) for _ in range(covers)]
        for cover in attached:
            cover.height, cover.width, cover.pix_fmt = 120, 160, "yuvj420p"  # type: ignore[union-attr]
            cover.disposition = av.stream.Disposition.attached_pic
        for stream, frames in zip(streams, films, strict=True):
            for pixels in frames:
                container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))  # type: ignore[union-attr,arg-type]
            container.mux(stream.encode(None))  # type: ignore[union-attr]
        for cover in attached:
            picture = av.VideoFrame.from_ndarray(walk(9, 1)[0][:120, :160].copy(), format="rgb24")
            container.mux([*cover.encode(picture), *cover.encode(None)])  # type: ignore[union-attr,arg-type]
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["mp4", "matroska", "mpegts"])
def test_a_film_in_the_second_stream_of_a_file_is_found(kind: str) -> None:
    hidden = together([walk(2), walk(1)], kind)
    assert [signal.variant for signal in video(hidden)] == [SEARCH, f"{SEARCH}/2"]
    for film in (1, 2):
        assert found(as_video(walk(film)), hidden)
        assert found(hidden, as_video(walk(film)))
    assert not found(as_video(walk(3)), hidden)
    assert [one.hex for one in hash_video(hidden)] == [one.hex for one in hash_video(together([walk(2)], kind))]


def test_frames_of_every_film_of_a_file_are_looked_at() -> None:
    drawn = LOCAL.extract(Content(ContentKind.VIDEO, together([walk(2), walk(1)])))
    assert {signal.variant.partition("/")[2] for signal in drawn} == {"", "2"}
    assert len(LOCAL.extract(Content(ContentKind.VIDEO, together([walk(2), walk(1)]), banking=True))) > 1


def test_a_film_that_cannot_be_decoded_does_not_hide_the_other() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (90, 120, 3), dtype=np.uint8)
    data = bytearray(together([[noise] * 20, walk(1)], "matroska"))
    assert found(as_video(walk(1)), bytes(data))


def test_an_attached_picture_is_no_film() -> None:
    data = together([walk(1)], "mp4", covers=1)
    with av.open(io.BytesIO(data)) as container:
        assert len(container.streams.video) == 2
    assert [signal.variant for signal in video(data)] == [SEARCH]


def test_a_file_with_more_films_than_a_player_offers_is_refused() -> None:
    films = [walk(seed, 1) for seed in range(10)]
    assert len(video(together(films[:8], "matroska"))) == 8
    with pytest.raises(MediaTooLarge, match="10 films"):
        video(together(films, "matroska"))


def test_a_file_with_too_many_streams_is_refused() -> None:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="matroska") as container:
        streams = [container.add_stream("mpeg4", rate=10) for _ in range(100)]
        for stream in streams:
            stream.width, stream.height, stream.pix_fmt = 16, 16, "yuv420p"  # type: ignore[union-attr]
        for stream in streams:
            frame = av.VideoFrame.from_ndarray(np.zeros((16, 16, 3), dtype=np.uint8), format="rgb24")
            container.mux(stream.encode(frame))  # type: ignore[union-attr,arg-type]
    with pytest.raises(MediaTooLarge, match="streams"):
        video(buffer.getvalue())


def test_a_video_of_too_many_pixels_is_refused_before_it_is_decoded() -> None:
    data = as_video(walk(1))
    token = MAX_PIXELS.set(10_000)
    try:
        with pytest.raises(MediaTooLarge, match="240 × 180"):
            video(data)
    finally:
        MAX_PIXELS.reset(token)


def test_a_video_of_too_many_frames_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video_file, "MOST_PACKETS", 50)
    with pytest.raises(MediaTooLarge, match="more than 50 frames"):
        video(as_video(walk(1)))


def test_a_week_of_one_picture_takes_a_handful_of_frames() -> None:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="matroska") as container:
        stream = container.add_stream("mpeg4", rate=1)
        stream.width, stream.height, stream.pix_fmt = 240, 180, "yuv420p"  # type: ignore[union-attr]
        still = walk(1)[0]
        for hour in range(168):
            frame = av.VideoFrame.from_ndarray(still, format="rgb24")
            frame.pts = hour * 3_600
            container.mux(stream.encode(frame))  # type: ignore[union-attr,arg-type]
        container.mux(stream.encode(None))  # type: ignore[union-attr]
    (signal,) = video(buffer.getvalue())
    frames = unpack(signal.value)
    assert frames.duration > 600_000
    assert len(np.unique(frames.times)) <= 240


def test_variable_frame_rates_keep_their_times() -> None:
    buffer = io.BytesIO()
    frames = walk(1)
    with av.open(buffer, "w", format="matroska") as container:
        stream = container.add_stream("mpeg4", rate=1_000)
        stream.width, stream.height, stream.pix_fmt = 240, 180, "yuv420p"  # type: ignore[union-attr]
        stream.codec_context.gop_size = 5  # type: ignore[union-attr]
        at = 0
        for number, pixels in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts = at
            at += 50 if number < 40 else 200
            container.mux(stream.encode(frame))  # type: ignore[union-attr,arg-type]
        container.mux(stream.encode(None))  # type: ignore[union-attr]
    (signal,) = video(buffer.getvalue())
    assert unpack(signal.value).times.max() == pytest.approx(at - 200, abs=1_200)


def test_a_playlist_cannot_make_it_open_another_file(tmp_path: Path) -> None:
    other = tmp_path / "other.mp4"
    other.write_bytes(as_video(walk(1)))
    for playlist in (
        f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:8,\n{other}\n#EXT-X-ENDLIST\n",
        f"ffconcat version 1.0\nfile '{other}'\n",
    ):
        with pytest.raises(UnreadableMedia):
            video(playlist.encode())


def test_a_vpdq_list_becomes_a_value_and_a_list_again() -> None:
    (kept,) = video(as_video(walk(1)), banking=True)
    text = write_vpdq(unpack(kept.value))
    listed = json.loads(text)
    assert len(listed) == 8
    assert listed[1].split(",")[2] == "1.000"
    value = VIDEO.parse(text)
    assert write_vpdq(unpack(value)) == text
    index = VideoIndex()
    index.add([1], [value])
    assert any(index.search(video(as_video(walk(1)))))


@pytest.mark.parametrize(
    "text",
    [
        '["{h},100,0.0", "{h},90,1.0"]',
        '{{"0": {{"hash": "{h}", "quality": 100, "timestamp": 0.0}},'
        ' "30": {{"hash": "{h}", "quality": 90, "timestamp": 1.0}}}}',
        "0,100,{h},0.000\n30,90,{h},1.000\n",
    ],
)
def test_the_ways_in_which_vpdq_lists_are_written_are_read(text: str) -> None:
    frames = read_vpdq(text.format(h="0f" * 32))
    assert frames.form == BANKED
    assert frames.times.tolist() == [0, 1_000]
    assert frames.qualities.tolist() == [100, 90]


@pytest.mark.parametrize(
    "text", ["[]", "[1]", '["zz,1,2"]', '["' + "0f" * 32 + ',101,0"]', '["' + "0f" * 32 + ',1,nan"]', "{", '{"a":1}']
)
def test_a_list_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InvalidSignal):
        VIDEO.parse(text)


def test_values_are_checked_before_they_are_used() -> None:
    (kept,) = video(as_video(walk(1)), banking=True)
    assert pack(unpack(kept.value)) == kept.value
    for broken in (kept.value[:-4], kept.value + "AAAA", "AAAA", "U1Y=" * 9, kept.value.replace("U1YB", "U1YC", 1)):
        with pytest.raises(InvalidSignal):
            unpack(broken)
    with pytest.raises(InvalidSignal, match="dense form"):
        VIDEO.parse(video(as_video(walk(1)))[0].value)
