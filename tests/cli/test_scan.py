"""`siyaj hash`, `bank` and `scan` on files, as in the README."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.cli.conftest import Run


def test_scan_finds_copies_and_nothing_else_and_says_why(siyaj: Run, pictures: Path) -> None:
    siyaj("bank", "create", "known")
    added = siyaj("bank", "add", "known", pictures / "one.jpg", "--json")
    assert added.code == 0
    assert added.lines[0]["created"]
    ended = siyaj("scan", pictures, "--json")
    found = {Path(line["path"]).name: line for line in ended.lines}
    assert {name for name, line in found.items() if line["matches"]} == {"one.jpg", "copy.jpg"}
    copy = found["copy.jpg"]
    assert copy["action"] == "hold"
    assert [(m["bank"], m["signal"]) for m in copy["matches"]] == [("known", "pdq")]
    assert "bits differ" in copy["matches"][0]["why"]
    assert found["other.jpg"]["action"] == "allow"
    assert found["other.jpg"]["error"] is None


def test_scan_names_each_file_that_cannot_be_read_and_ends_with_1(siyaj: Run, pictures: Path) -> None:
    ended = siyaj("scan", pictures, "--json")
    failed = {Path(line["path"]).name: line["error"]["code"] for line in ended.lines if line["error"]}
    assert failed == dict.fromkeys(("empty.jpg", "text.jpg", "cut.jpg"), "unreadable_media")
    assert ended.code == 1
    assert {line["action"] for line in ended.lines if line["error"]} == {"hold"}


def test_scan_takes_file_names_that_are_no_utf8(siyaj: Run, tmp_path: Path) -> None:
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / os.fsdecode(b"\xff\xfe \x1b[31m.txt")).write_bytes(b"hello")
    ended = siyaj("scan", tmp_path / "odd", "--json")
    assert ended.code == 0
    assert len(ended.lines) == 1
    shown = siyaj("scan", tmp_path / "odd", "--all")
    assert "\x1b[31m" not in shown.out


def test_scan_of_a_missing_path_is_a_wrong_call(siyaj: Run, tmp_path: Path) -> None:
    ended = siyaj("scan", tmp_path / "nowhere")
    assert ended.code == 2
    assert "nowhere" in ended.err


def test_scan_can_be_limited_to_a_bank(siyaj: Run, pictures: Path) -> None:
    siyaj("bank", "create", "known")
    siyaj("bank", "create", "other")
    siyaj("bank", "add", "known", pictures / "one.jpg")
    ended = siyaj("scan", pictures / "one.jpg", "--bank", "other", "--json")
    assert ended.lines[0]["matches"] == []
    assert siyaj("scan", pictures, "--bank", "nope").code == 2


def test_an_interrupted_scan_goes_on_where_it_stopped(siyaj: Run, tmp_path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(400):
        (folder / f"{number:03}.bin").write_bytes(os.urandom(200))
    environment = {**os.environ, "SIYAJ_DATA": str(tmp_path / "data"), "SIYAJ_DECODERS": "1"}
    command = [sys.executable, "-m", "siyaj.cli.main", "scan", str(folder), "--json"]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)
    assert running.stdout is not None
    for _ in range(100):
        running.stdout.readline()
    running.send_signal(signal.SIGKILL)
    running.wait()
    time.sleep(0.1)
    ended = siyaj("scan", folder, "--json", "--resume")
    assert ended.code == 0
    assert [Path(line["path"]).name for line in ended.lines] == [f"{number:03}.bin" for number in range(400)]


def test_hash_prints_signals_and_errors(siyaj: Run, pictures: Path) -> None:
    ended = siyaj("hash", pictures / "one.jpg", pictures / "text.jpg", "--json")
    assert ended.code == 1
    one, text = ended.lines
    assert {signal["type"] for signal in one["signals"]} >= {"sha256", "md5", "pdq"}
    assert one["error"] is None
    assert text["error"]["code"] == "unreadable_media"
    assert "pdq" not in {signal["type"] for signal in text["signals"]}


def test_hash_dihedral_has_all_eight(siyaj: Run, pictures: Path) -> None:
    ended = siyaj("hash", pictures / "one.jpg", "--dihedral", "--json")
    variants = [signal.get("variant", "") for signal in ended.lines[0]["signals"] if signal["type"] == "pdq"]
    assert len(set(variants)) == 8
