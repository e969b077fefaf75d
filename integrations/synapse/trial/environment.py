"""Servers of others in environments of their own: they and Siyaj never share one."""

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
ROOT = HERE.parent.parent
FOLDER = ROOT / ".synapse-venv"
PINNED = ("matrix-synapse==1.163.2", "synapse-http-antispam==0.3.0")
"""The homeserver, and the module of others that Siyaj's preset serves."""
FOR_WORKERS = ("txredisapi==1.5.0", "hiredis==3.5.0", "psycopg2-binary==2.9.13")
"""What Synapse needs beside, to run as several processes."""
INSTALL_SECONDS = 600


class CannotInstall(Exception):
    """The server is not here and could not be fetched. The message says why."""


def python() -> Path:
    """Return the interpreter of an environment that has Synapse; make it first where it is missing.

    Raises CannotInstall. `SIYAJ_SYNAPSE_PYTHON` names one that is there already.
    """
    if given := os.environ.get("SIYAJ_SYNAPSE_PYTHON"):
        return Path(given)
    return made(FOLDER, " ".join(PINNED), "-c", str(HERE / "constraints.txt"), *PINNED)


def python_for_workers() -> Path:
    """The same, with what workers need. Raises CannotInstall."""
    interpreter = python()
    ended = subprocess.run([str(interpreter), "-c", "import txredisapi, psycopg2"], capture_output=True, check=False)
    if ended.returncode:
        _pip(interpreter, *FOR_WORKERS)
    return interpreter


def made(folder: Path, version: str, *wanted: str) -> Path:
    """Return the interpreter of an environment in `folder` with what pip is asked for; make it where it is missing, or
    was made for another `version`. Raises CannotInstall."""
    interpreter, stamp = folder / "bin" / "python", folder / ".installed"
    if not stamp.exists() or stamp.read_text(encoding="ascii") != version:
        _run([sys.executable, "-m", "venv", str(folder)])
        _pip(interpreter, *wanted)
        stamp.write_text(version, encoding="ascii")
    return interpreter


def _pip(interpreter: Path, *arguments: str) -> None:
    _run([str(interpreter), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments])


def _run(command: list[str]) -> None:
    try:
        ended = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotInstall(f"{command[0]}: {error}") from None
    if ended.returncode:
        last = [line for line in ended.stderr.splitlines() if line.strip()][-1:]
        raise CannotInstall(f"`{' '.join(command[-3:])}` failed: {''.join(last)[:300]}")
