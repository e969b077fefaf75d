"""The README is true: its commands are run as they stand there."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

from siyaj.cli.demo import pictures

ROOT = Path(__file__).parent.parent


def commands(page: str, heading: str) -> list[list[str]]:
    """The `siyaj …` lines of the first code block under a heading."""
    text = (ROOT / page).read_text(encoding="utf-8")
    block = re.search(rf"## {heading}\n.*?```\n(.*?)```", text, re.DOTALL)
    assert block is not None, heading
    lines = block.group(1).splitlines()
    return [shlex.split(line, comments=True) for line in lines if line.startswith("siyaj ")]


def run_all(tmp_path: Path, listed: list[list[str]]) -> None:
    for name in ("picture.jpg", "other.png", "news-version.jpg", "uploads/one.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(pictures.jpeg(pictures.landscape(len(name))))
    suspect = pictures.cropped(pictures.landscape(len("picture.jpg")))
    (tmp_path / "uploads" / "suspect.jpg").write_bytes(pictures.jpeg(suspect))
    (tmp_path / "statement.txt").write_text("a statement that is long enough to be recognised, word for word")
    (tmp_path / "shared-hashes.csv").write_text("type,value\nmd5,d41d8cd98f00b204e9800998ecf8427e\n")
    environment = {**os.environ, "SIYAJ_DATA": str(tmp_path / "data"), "SIYAJ_DECODERS": "1"}
    for command in listed:
        if command[1] == "serve":
            continue
        ended = subprocess.run(
            [sys.executable, "-m", "siyaj.cli.main", *command[1:]],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 0, (command, ended.stderr)


def test_the_readme_commands_work(tmp_path: Path) -> None:
    listed = commands("README.md", "Use it")
    assert len(listed) >= 6
    run_all(tmp_path, listed)


def test_the_quick_start_commands_work(tmp_path: Path) -> None:
    listed = commands("docs/quickstart.md", "Fill a bank") + commands("docs/quickstart.md", "Look")
    assert len(listed) >= 6
    run_all(tmp_path, listed)


def test_the_make_targets_of_the_readme_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"make (\w+)", (ROOT / "README.md").read_text(encoding="utf-8")):
        assert f"\n{target}:" in makefile or target == "and", target
