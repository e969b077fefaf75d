"""An S3-compatible server (moto) on loopback, in an environment of its own: its needs and Siyaj's do not mix."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx

from tests.conftest import ROOT

sys.path.append(str(ROOT / "integrations" / "synapse"))
from trial.environment import CannotInstall, made

__all__ = ["CannotInstall", "Server", "python"]
FOLDER = ROOT / ".s3-venv"
CONSTRAINTS = Path(__file__).parent / "constraints.txt"
WANTED = ("moto[s3]", "flask", "flask-cors")
START_SECONDS = 60


def python() -> Path:
    """Return the interpreter of an environment that has the server; make it first where it is missing.

    Raises CannotInstall.
    """
    return made(FOLDER, CONSTRAINTS.read_text(encoding="ascii"), "-c", str(CONSTRAINTS), *WANTED)


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
