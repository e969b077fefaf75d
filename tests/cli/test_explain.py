"""`siyaj explain`: a picture of why."""

from pathlib import Path

from PIL import Image

from siyaj.cli.demo import pictures as drawn
from siyaj.cli.demo import videos
from tests.cli.conftest import Run


def banked(siyaj: Run, tmp_path: Path) -> None:
    (tmp_path / "one.jpg").write_bytes(drawn.jpeg(drawn.landscape(1)))
    (tmp_path / "film.mp4").write_bytes(videos.mp4(videos.flight(3)))
    siyaj("bank", "create", "known")
    assert siyaj("bank", "add", "known", "one.jpg", "film.mp4").code == 0


def test_a_crop_and_a_cut_video_are_shown_beside_what_is_banked(siyaj: Run, tmp_path: Path) -> None:
    banked(siyaj, tmp_path)
    (tmp_path / "crop.jpg").write_bytes(drawn.jpeg(drawn.mirrored(drawn.cropped(drawn.landscape(1)))))
    (tmp_path / "cut.mp4").write_bytes(videos.mp4(videos.flight(3)[30:]))
    for name, signal, word in (("crop.jpg", "local", "mirrored"), ("cut.mp4", "video", "0:03")):
        ended = siyaj("explain", name, "--bank", "known", "-o", f"{name}.png", "--json")
        assert ended.code == 0, ended.err
        (line,) = ended.lines
        assert line["match"]["signal"] == signal
        assert word in line["match"]["why"]
        assert line["picture"] == f"{name}.png"
        assert Image.open(tmp_path / f"{name}.png").width > 600
    shown = siyaj("explain", "crop.jpg")
    assert "known entry 1, local" in shown.out
    assert (tmp_path / "explanation.png").exists()


def test_what_cannot_be_shown_says_why(siyaj: Run, tmp_path: Path) -> None:
    banked(siyaj, tmp_path)
    (tmp_path / "other.jpg").write_bytes(drawn.jpeg(drawn.landscape(2)))
    nothing = siyaj("explain", "other.jpg")
    assert (nothing.code, nothing.err.strip()) == (1, "nothing in it matches a bank")
    assert siyaj("explain", "nowhere.jpg").code == 2
    assert siyaj("explain", "one.jpg", "-o", "nowhere/a.png").code == 2
    assert siyaj("explain", "one.jpg", "--bank", "nowhere").code == 2
    siyaj("bank", "create", "hashes")
    value = siyaj("hash", "other.jpg", "--json").lines[0]["signals"]
    siyaj("bank", "add", "hashes", "--hash", "pdq:" + next(each["value"] for each in value if each["type"] == "pdq"))
    ended = siyaj("explain", "other.jpg")
    assert ended.code == 1
    assert "holds hashes only" in ended.out
    assert "backfill" not in ended.err
