"""`siyaj bank backfill`, killed and started again."""

import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path

from siyaj.cli.demo import pictures as drawn
from tests.cli.conftest import Run


def test_a_killed_run_is_started_again(siyaj: Run, tmp_path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    picture = drawn.landscape(1).resize((120, 90))
    for number in range(80):
        (folder / f"{number:03}.jpg").write_bytes(drawn.jpeg(picture, 10 + number))
    listed = tmp_path / "list.txt"
    listed.write_text("".join(f"{hashlib.md5(file.read_bytes()).hexdigest()}\n" for file in sorted(folder.iterdir())))
    siyaj("bank", "create", "known")
    assert siyaj("bank", "import", "known", listed, "--format", "md5").code == 0
    arguments = ["bank", "backfill", "known", str(folder), "--types=pdq", "--json"]
    environment = {**os.environ, "SIYAJ_DATA": str(tmp_path / "data"), "SIYAJ_DECODERS": "1"}
    command = [sys.executable, "-m", "siyaj.cli.main", *arguments]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)
    assert running.stdout is not None
    running.stdout.readline()
    running.send_signal(signal.SIGKILL)
    running.wait()
    (folder / "stranger.txt").write_text("it is in no entry")
    ended = siyaj(*arguments)
    outcomes = [line["outcome"] for line in ended.lines]
    assert ended.code == 0
    assert outcomes.count("complete") >= 64
    assert set(outcomes) <= {"complete", "added", "no_entry"}
    shown = siyaj("bank", "list", "known", "--limit", "200", "--json").lines
    assert {tuple(each["type"] for each in entry["signals"]) for entry in shown} == {("md5", "pdq")}
    assert siyaj("bank", "backfill", "known").code == 2
