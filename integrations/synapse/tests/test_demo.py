"""`make demo-matrix` plays its campaign, serves on, and leaves nothing behind."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx

from trial.environment import HERE

SECONDS = 180


def test_it_plays_serves_on_and_stops(synapse: Path, tmp_path: Path) -> None:
    log = tmp_path / "demo.log"
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    environment["PYTHONPATH"] = os.pathsep.join([str(HERE), *filter(None, [os.environ.get("PYTHONPATH")])])
    with log.open("wb") as out:
        demo = subprocess.Popen([sys.executable, "-m", "trial"], stdout=out, stderr=out, env=environment)
    try:
        until = time.monotonic() + SECONDS
        while "Ctrl-C ends both" not in log.read_text(errors="replace"):
            assert demo.poll() is None, log.read_text(errors="replace")
            assert time.monotonic() < until, log.read_text(errors="replace")
            time.sleep(0.5)
        shown = log.read_text(errors="replace")
        assert " 0 not as they should be" in shown
        console = re.search(r"http://127\.0\.0\.1:\d+/console/", shown)
        assert console is not None
        assert httpx.get(console[0], follow_redirects=True, timeout=30).status_code == 200
    finally:
        demo.send_signal(signal.SIGTERM)
        assert demo.wait(timeout=90) == 0
    assert not [one for one in tmp_path.iterdir() if one.name.startswith("siyaj-matrix-")], "its folder is removed"
