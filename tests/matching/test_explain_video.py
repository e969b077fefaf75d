"""Two rows of frames: what a reviewer sees of a video that matches."""

import io

import numpy as np
from PIL import Image

from siyaj.matching.explain_video import Shown, explain_videos, frames_of, stills_of
from siyaj.matching.video import VideoIndex
from siyaj.model.match import Segment
from siyaj.signals.base import Content, ContentKind
from siyaj.signals.local import LOCAL
from siyaj.signals.video import VIDEO
from siyaj.signals.video_examples import as_video, walk


def picture(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)


def test_frames_of_both_videos_stand_above_each_other() -> None:
    banked, searched = as_video(walk(1, 16.0)), as_video(walk(1, 16.0)[40:])
    index = VideoIndex()
    index.add([1], [VIDEO.extract(Content(ContentKind.VIDEO, banked, banking=True))[0].value])
    (query,) = VIDEO.extract(Content(ContentKind.VIDEO, searched))
    ((hit,),) = index.search([query])
    kept = [signal.value for signal in LOCAL.extract(Content(ContentKind.VIDEO, banked, banking=True))]
    assert hit.segment is not None
    shown = picture(explain_videos(stills_of(query.value), frames_of(kept), hit.segment, blurred=False))
    assert (np.abs(shown.max(axis=2) - shown.min(axis=2)) > 60).mean() < 0.05  # grey but for the outlines
    upper, lower = shown[14:150, 100:280, 0].ravel(), shown[188:324, 100:280, 0].ravel()
    assert np.corrcoef(upper, lower)[0, 1] > 0.5


def test_what_is_outside_the_segment_is_dark_and_without_a_partner() -> None:
    white = np.full((48, 64), 255, dtype=np.uint8)
    frames = [Shown(float(at), white) for at in range(4)]
    shown = picture(explain_videos(frames, frames, Segment(2.0, 3.0, 0.0, 1.0)))
    assert shown[80, 96 + 96].max() < 100
    assert shown[80, 96 + 2 * 202 + 96].min() > 200
    assert shown[250, 96 + 96].max() < 100


def test_a_list_without_pictures_leaves_its_places_empty() -> None:
    frames = [Shown(0.0, np.full((48, 64), 255, dtype=np.uint8))]
    assert picture(explain_videos(frames, [], Segment(0.0, 1.0, 0.0, 1.0))).shape[2] == 3
    assert picture(explain_videos([], [], Segment(0.0, 1.0, 0.0, 1.0))).shape[2] == 3
