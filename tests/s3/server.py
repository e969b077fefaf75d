"""An S3-compatible server (moto) on loopback, in an environment of its own: its needs and Siyaj's do not mix."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx

from tests.conftest import ROOT

FOLDER = ROOT / ".s3-venv"
CONSTRAINTS = Path(__file__).parent / "constraints.txt"
WANTED = ("moto[s3]", "flask", "flask-cors")
INSTALL_SECONDS = 300
START_SECONDS = 60


class CannotInstall(Exception):
    """The server is not here and could not be fetched. The message says why."""


def python() -> Path:
    """Return the interpreter of an environment that has the server; make it first where it is missing."""
    interpreter, stamp = FOLDER / "bin" / "python", FOLDER / ".installed"
    wanted = CONSTRAINTS.read_text(encoding="ascii")
    if not stamp.exists() or stamp.read_text(encoding="ascii") != wanted:
        _run([sys.executable, "-m", "venv", str(FOLDER)])
        pip = [str(interpreter), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        _run([*pip, "-c", str(CONSTRAINTS), *WANTED])
        stamp.write_text(wanted, encoding="ascii")
    return interpreter


class Server:
    """`start` and `stop` may be called again and again: it keeps its port, and forgets what it held."""

    def __init__(self, interpreter: Path, **environment: str) -> None:
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self.port = int(found.getsockname()[1])
        self.address = f"http://127.0.0.1:{self.port}"
        self._command = [str(interpreter), "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)]
        self._environment = {**os.environ, **environment}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            self._command, env=self._environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                httpx.get(f"{self.address}/moto-api/data.json", timeout=2)
                return
            except httpx.HTTPError:
                if self._process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError("the S3-compatible server does not start") from None
                time.sleep(0.05)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=20)
            self._process = None


def _run(command: list[str]) -> None:
    try:
        ended = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotInstall(f"{command[0]}: {error}") from None
    if ended.returncode:
        last = [line for line in ended.stderr.splitlines() if line.strip()][-1:]
        raise CannotInstall(f"`{' '.join(command[-3:])}` failed: {''.join(last)[:300]}")
