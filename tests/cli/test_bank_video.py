"""A video takes its time to be added; whatever happens meanwhile, an entry is there whole or not at all."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from siyaj.signals.video_examples import as_video, walk
from tests.cli.conftest import Run


def decoders() -> set[int]:
    """Return the decoder processes that are there."""
    found = set()
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and b"siyaj.signals.box_worker" in (entry / "cmdline").read_bytes():
                found.add(int(entry.name))
        except OSError:
            continue
    return found


def test_a_kill_in_the_middle_of_a_long_video_leaves_nothing_half_written(siyaj: Run, tmp_path: Path) -> None:
    (tmp_path / "long.mp4").write_bytes(as_video(walk(1, 20.0) * 80))
    (tmp_path / "short.mp4").write_bytes(as_video(walk(2)))
    assert siyaj("bank", "create", "known").code == 0
    before = decoders()
    adding = subprocess.Popen(
        [sys.executable, "-m", "siyaj.cli.main", "bank", "add", "known", "long.mp4"],
        cwd=tmp_path,
        env={**os.environ, "SIYAJ_DATA": str(tmp_path / "data"), "SIYAJ_DECODERS": "1"},
    )
    until = time.monotonic() + 60
    while not (started := decoders() - before) and time.monotonic() < until:
        time.sleep(0.05)
    time.sleep(2.0)
    assert adding.poll() is None, "it was done before it could be killed"
    adding.send_signal(signal.SIGKILL)
    adding.wait(30)
    assert siyaj("bank", "list", "known", "--json").lines == []
    assert siyaj("bank", "add", "known", "short.mp4").code == 0
    (entry,) = siyaj("bank", "list", "known", "--json").lines
    assert {each["type"] for each in entry["signals"]} >= {"sha256", "video"}
    until = time.monotonic() + 60
    while started & decoders() and time.monotonic() < until:
        time.sleep(0.2)
    assert not started & decoders(), "a decoder went on after its process was killed"
