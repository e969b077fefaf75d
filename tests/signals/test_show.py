"""What a person is shown: drawn anew in the decoder box, as small and as grey as asked."""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from siyaj.model.errors import MediaTooLarge, UnreadableMedia
from siyaj.signals.box import MediaBox
from siyaj.signals.shown import View
from tests.signals.signal_pictures import blots, file


@pytest.fixture(scope="module")
def box() -> Iterator[MediaBox]:
    with MediaBox(workers=1, max_pixels=4_000_000) as opened:
        yield opened


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def coloured(width: int, height: int) -> bytes:
    return file(Image.new("RGB", (width, height), (200, 30, 30)))


def test_the_first_still_has_few_grey_pixels(box: MediaBox) -> None:
    shown = box.show(coloured(900, 600), View(48))
    picture = opened(shown.data)
    assert (picture.mode, picture.size) == ("L", (48, 32))
    assert (shown.width, shown.height, shown.seconds) == (48, 32, 0.0)


def test_colour_is_given_when_it_is_asked_for_and_nothing_is_enlarged(box: MediaBox) -> None:
    picture = opened(box.show(coloured(90, 60), View(1_600, grey=False)).data)
    assert (picture.mode, picture.size) == ("RGB", (90, 60))
    assert np.asarray(picture)[30, 45, 0] > 150


def test_what_somebody_put_into_a_file_does_not_reach_a_browser(box: MediaBox) -> None:
    buffer = io.BytesIO()
    blots(seed=3).save(buffer, "JPEG", comment=b"<script>", exif=_exif())
    data = buffer.getvalue()
    assert b"<script>" in data
    shown = box.show(data, View(640, grey=False)).data
    assert b"<script>" not in shown
    assert not opened(shown).getexif()


def _exif() -> Image.Exif:
    exif = Image.Exif()
    exif[0x010E] = "<script>"
    return exif


def test_frames_of_a_video_stand_in_rows_of_three(box: MediaBox, shared: Path) -> None:
    video = next((shared / "media/videos").glob("*.mp4")).read_bytes()
    one = box.show(video, View(48))
    several = box.show(video, View(120, frames=6))
    assert one.seconds > 0
    assert opened(one.data).mode == "L"
    assert several.width > 2 * 100


@pytest.mark.parametrize("data", [b"", b"plain words", b"\xff\xd8\xff broken"])
def test_what_cannot_be_shown_says_so(box: MediaBox, data: bytes) -> None:
    with pytest.raises(UnreadableMedia):
        box.show(data, View(48))


def test_a_picture_of_too_many_pixels_is_refused(box: MediaBox) -> None:
    with pytest.raises(MediaTooLarge):
        box.show(coloured(3_000, 2_000), View(48))
