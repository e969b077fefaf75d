"""Runs the real command line, as a user does."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest


class Ended(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


Run = Callable[..., Ended]


@pytest.fixture
def siyaj(tmp_path: Path) -> Run:
    """Run `siyaj …` on a data folder of this test's own."""

    def run(*arguments: str | Path, stdin: str = "", cwd: Path = tmp_path) -> Ended:
        ended = subprocess.run(
            [sys.executable, "-m", "siyaj.cli.main", *map(str, arguments)],
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            cwd=cwd,
            env={**os.environ, "SIYAJ_DATA": str(tmp_path / "data"), "SIYAJ_DECODERS": "2", "COLUMNS": "200"},
        )
        return Ended(ended.returncode, ended.stdout, ended.stderr)

    return run


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder of drawn pictures: `one.jpg`, an altered copy of it, two others, and files that are no pictures."""
    from siyaj.cli.demo import pictures as drawn

    folder = tmp_path / "pictures"
    (folder / "deep").mkdir(parents=True)
    one = drawn.landscape(1)
    (folder / "one.jpg").write_bytes(drawn.jpeg(one))
    (folder / "deep" / "copy.jpg").write_bytes(drawn.jpeg(drawn.mirrored(drawn.squeezed(one)), 40))
    (folder / "other.jpg").write_bytes(drawn.jpeg(drawn.landscape(2)))
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "text.jpg").write_text("this is no picture")
    (folder / "cut.jpg").write_bytes(drawn.jpeg(one)[:2_000])
    return folder
