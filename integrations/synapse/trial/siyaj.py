"""A real `siyaj serve` beside the homeserver, as a process of its own: so it can be killed, or made to hang."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

from trial.homeserver import free_port

READY_SECONDS = 300.0
"""The first start after an installation compiles for a minute or two on a slow machine."""


class Siyaj:
    """One server and its folder. `start`, `stop`, `kill`, `hang` and `resume` may follow each other."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        given = {name: value for name, value in os.environ.items() if not name.startswith("SIYAJ_")}
        own = {"SIYAJ_DECODERS": "1", "SIYAJ_UNDO_SECONDS": "0", "SIYAJ_PUBLIC_URL": self.address}
        self._environment = {**given, **own, **settings}
        self.process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        self.keys = [self.new_key(name) for name in ("amal", "basim")]
        self.client = httpx.Client(base_url=self.address, headers=self._as(self.keys[0]), timeout=60)

    def run(self, *arguments: str, given: str = "") -> str:
        """Run a `siyaj` command on this folder; return what it printed. `given` is its standard input."""
        command = [sys.executable, "-m", "siyaj.cli.main", *arguments, "--data", str(self.folder)]
        ended = subprocess.run(command, input=given, capture_output=True, text=True, check=False, env=self._environment)
        if ended.returncode:
            raise RuntimeError(f"`siyaj {' '.join(arguments)}` failed: {ended.stderr}")
        return ended.stdout

    def new_key(self, name: str) -> str:
        return str(json.loads(self.run("key", "create", name, "--json"))["key"])

    @staticmethod
    def _as(key: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {key}"}

    def start(self) -> None:
        with (self.folder / "serve.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "siyaj.cli.main", "serve", "--data", str(self.folder), "--port", str(self.port)],
                stdout=log,
                stderr=log,
                env=self._environment,
                start_new_session=True,
            )
        until = time.monotonic() + READY_SECONDS
        while time.monotonic() < until and self.process.poll() is None:
            try:
                if httpx.get(f"{self.address}/readyz", timeout=2).is_success:
                    return
            except httpx.TransportError:
                time.sleep(0.2)
        self.kill()
        raise RuntimeError(f"Siyaj did not start:\n{(self.folder / 'serve.log').read_text(errors='replace')[-3_000:]}")

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            try:
                self.process.wait(timeout=40)
            except subprocess.TimeoutExpired:
                self.kill()
            self.process = None
        self.client.close()

    def kill(self) -> None:
        """As the machine's power would: nothing is put in order."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def connect(self, homeserver: str, token: str) -> None:
        """Decisions act at this homeserver, as the administrator whose token this is."""
        file = self.folder / "admin.token"
        file.write_text(token, encoding="ascii")
        file.chmod(0o600)
        more = ("--kind", "synapse", "--allow-private", "--token-file", str(file))
        self.run("endpoint", "add", "matrix", homeserver, *more)

    def hang(self) -> None:
        """Its connections stay open and nothing is answered."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    def bank(self, *entries: dict[str, Any], pictures: tuple[bytes, ...] = ()) -> None:
        """Fill the bank `known`; two people confirm each entry, so that it acts alone."""
        self.client.post("/v1/banks", json={"name": "known"})
        made: list[dict[str, Any]] = []
        for entry in entries:
            made += self.post("/v1/banks/known/entries", {**entry, "opinion": "confirmed"})["entries"]
        for number, picture in enumerate(pictures):
            part = ("entry.json", json.dumps({"opinion": "confirmed"}).encode(), "application/json")
            answer = self.client.post(
                "/v1/banks/known/entries", files={"entry": part, "file": (f"{number}.jpg", picture, "image/jpeg")}
            )
            answer.raise_for_status()
            made += answer.json()["entries"]
        with httpx.Client(base_url=self.address, headers=self._as(self.keys[1]), timeout=60) as second:
            for entry in made:
                second.post(f"/v1/banks/known/entries/{entry['id']}/confirm", json={}).raise_for_status()

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = self.client.post(path, json=body)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        answer = self.client.get(path, params=query)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def case_of(self, subject: str, seconds: float = 5.0) -> dict[str, Any] | None:
        """Return the case about `kind:id`, waiting for it for so long."""
        until = time.monotonic() + seconds
        while True:
            if items := self.get("/v1/cases", subject=subject)["items"]:
                case: dict[str, Any] = items[0]
                return case
            if time.monotonic() > until:
                return None
            time.sleep(0.1)
