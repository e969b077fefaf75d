"""Starts a real Siyaj for the demo: `siyaj serve` as a process of its own, on a data folder of its own."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from siyaj.cli.session import say
from siyaj.model.errors import SiyajError

READY_SECONDS = 600.0
"""After an installation a busy machine of one core compiles for minutes."""
PATIENCE_SECONDS = 5.0


def siyaj(data: Path, *arguments: str) -> str:
    """Run a `siyaj` command on this data folder and return what it printed."""
    command = [sys.executable, "-m", "siyaj.cli.main", *arguments, "--data", str(data)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, env=_environment())  # noqa: S603
    if ended.returncode:
        raise SiyajError(f"`siyaj {' '.join(arguments)}` failed: {ended.stderr.strip()}")
    return ended.stdout


def create_key(data: Path, name: str) -> str:
    """Return a fresh API key."""
    return str(json.loads(siyaj(data, "key", "create", name, "--json"))["key"])


@contextmanager
def serving(data: Path, port: int) -> Iterator[str]:
    """Serve until the block ends; yields the address."""
    log = (data / "serve.log").open("wb")
    server = subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "siyaj.cli.main", "serve", "--data", str(data), "--port", str(port)],
        stdout=log,
        stderr=log,
        env=_environment(),
        start_new_session=True,  # Ctrl-C reaches the demo, which then ends the server in order
    )
    try:
        address = f"http://127.0.0.1:{port}"
        _await_ready(address, server, data / "serve.log")
        yield address
    finally:
        server.terminate()
        try:
            server.wait(timeout=30)
        except subprocess.TimeoutExpired:
            server.kill()
        log.close()


def _await_ready(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    began, told = time.monotonic(), False
    while time.monotonic() < began + READY_SECONDS and server.poll() is None:
        try:
            if httpx.get(f"{address}/readyz", timeout=2).is_success:
                return
        except httpx.TransportError:
            pass
        if not told and time.monotonic() > began + PATIENCE_SECONDS:
            say("[dim]the server compiles what it runs, once after an installation: a minute or two …[/]")
            told = True
        time.sleep(0.1)
    raise SiyajError(f"the server did not get ready; its log ends:\n{log.read_text(errors='replace')[-2_000:]}")


def _environment() -> dict[str, str]:
    """The demo stands alone: settings of a real Siyaj on this machine do not reach it."""
    return {name: value for name, value in os.environ.items() if not name.startswith("SIYAJ_")}
