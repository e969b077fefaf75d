"""A real Prosody with the module, beside a real Siyaj: both on loopback, both stopped at the end."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from siyaj.cli.demo import posts
from siyaj.model.action import ActionKind
from siyaj.model.decision import Draft, Exemption
from siyaj.model.person import Role
from siyaj.model.report import Subject, SubjectKind
from siyaj.model.settings import Settings
from siyaj.moderation.runtime import Runtime
from siyaj.storage import actions
from siyaj.storage.actions import NewAction
from xmpp_client import Client

HOST, ROOMS = "garden.test", "rooms.garden.test"
APPEALS = "https://appeals.garden.test/{verdict}"
MODULES = Path(__file__).resolve().parent.parent
CONFIG = """
pidfile = "{folder}/prosody.pid"
data_path = "{folder}/data"
plugin_paths = {{ "{modules}" }}
certificates = "{folder}"
daemonize = false
run_as_root = true
log = {{ info = "{folder}/prosody.log" }}
interfaces = {{ "127.0.0.1" }}
c2s_ports = {{ {port} }}
s2s_ports = {{ }}
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
authentication = "internal_plain"
allow_registration = true
modules_enabled = {{ "roster", "saslauth", "disco", "blocklist", "register_ibr", "ping", "siyaj" }}
modules_disabled = {{ "s2s", "tls" }}

siyaj_url = "{address}"
siyaj_key = "{key}"
siyaj_deadline = 1
siyaj_when_away_registration = "closed"

VirtualHost "{host}"

Component "{rooms}" "muc"
	modules_enabled = {{ "muc_mam", "siyaj" }}
	muc_room_locking = false
	muc_room_default_persistent = true
	muc_room_default_public = true
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Siyaj:
    """A `siyaj serve` as a process of its own: it can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        given = {name: value for name, value in os.environ.items() if not name.startswith("SIYAJ_")}
        self._environment = {**given, "SIYAJ_DECODERS": "1", "SIYAJ_APPEAL_URL": APPEALS, "SIYAJ_UNDO_SECONDS": "0"}
        self.process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True)
        keys = [json.loads(self.run("key", "create", name, "--json"))["key"] for name in ("amal", "basim")]
        self.clients = [
            httpx.Client(base_url=self.address, headers={"Authorization": f"Bearer {key}"}, timeout=30) for key in keys
        ]
        self.key = keys[0]
        self.run("endpoint", "add", "prosody", "--kind", "poll")

    def run(self, *arguments: str) -> str:
        command = [sys.executable, "-m", "siyaj.cli.main", *arguments, "--data", str(self.folder)]
        ended = subprocess.run(command, capture_output=True, text=True, check=False, env=self._environment)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    def start(self) -> None:
        with (self.folder / "serve.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "siyaj.cli.main", "serve", "--data", str(self.folder), "--port", str(self.port)],
                stdout=log,
                stderr=log,
                env=self._environment,
                start_new_session=True,
            )
        until = time.monotonic() + 120
        while time.monotonic() < until and self.process.poll() is None:
            try:
                if httpx.get(f"{self.address}/readyz", timeout=2).is_success:
                    return
            except httpx.TransportError:
                time.sleep(0.2)
        raise AssertionError((self.folder / "serve.log").read_text(errors="replace")[-3_000:])

    def kill(self) -> None:
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def hang(self) -> None:
        """Its connections stay open, and nothing is answered."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    def bank(self, statement: str) -> None:
        """Two people confirm a statement, so that it acts alone."""
        self.clients[0].post("/v1/banks", json={"name": "known"}).raise_for_status()
        made = self.clients[0].post("/v1/banks/known/entries", json={"text": statement, "opinion": "confirmed"})
        for entry in made.json()["entries"]:
            path = f"/v1/banks/known/entries/{entry['id']}/confirm"
            self.clients[1].post(path, json={}).raise_for_status()

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        answer = self.clients[0].get(path, params=query)
        answer.raise_for_status()
        told: dict[str, Any] = answer.json()
        return told

    def case_of(self, subject: str, seconds: float) -> dict[str, Any] | None:
        """Return the case about `kind:id`, waiting for it for so long."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if items := self.get("/v1/cases", subject=subject)["items"]:
                case: dict[str, Any] = items[0]
                return case
            time.sleep(0.05)
        return None


class Prosody:
    """A Prosody of this test's own, in a folder."""

    def __init__(self, folder: Path, siyaj: Siyaj) -> None:
        self.folder, self.port = folder, free_port()
        self.process: subprocess.Popen[bytes] | None = None
        (folder / "data").mkdir(parents=True)
        values = {"modules": MODULES, "address": siyaj.address, "key": siyaj.key, "host": HOST, "rooms": ROOMS}
        (folder / "prosody.cfg.lua").write_text(CONFIG.format(folder=folder, port=self.port, **values))

    def start(self) -> None:
        command = ["prosody", "-F", "--config", str(self.folder / "prosody.cfg.lua")]
        with (self.folder / "out.log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        until = time.monotonic() + 30
        while time.monotonic() < until and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise AssertionError(self.log() + (self.folder / "out.log").read_text())

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None

    def log(self) -> str:
        log = self.folder / "prosody.log"
        return log.read_text(errors="replace")[-6_000:] if log.exists() else ""


class Desk:
    """Where a person decides, on the same database as the server."""

    def __init__(self, siyaj: Siyaj) -> None:
        settings = Settings(data=str(siyaj.folder), decoders=1, undo_seconds=0)
        self.runtime = Runtime.open(settings)
        self.person = self.runtime.people.create("dana", "Dana", [Role.LEAD], who="test", password="a garden of words")

    def decide(self, case: str, action: ActionKind) -> None:
        taken = self.runtime.cases.take(case, self.person)
        policy = "" if action is ActionKind.NONE else "tvec"
        draft = Draft(action, Exemption.NONE, policy=policy, reasons="Looked at it.", deviation="It is a test.")
        assert self.runtime.decisions.decide(case, draft, self.person, taken.version) is not None

    def order(self, kind: ActionKind, subject: str) -> None:
        """Put an action into the outbox by itself, as a successful appeal does."""
        subject_kind, _, subject_id = subject.partition(":")
        its = Subject(SubjectKind(subject_kind), subject_id)
        new = NewAction("dec_test", None, its, kind, "tvec", {}, datetime.now(UTC))
        with self.runtime.database.begin() as connection:
            actions.enqueue(connection, [new])


class Trial(NamedTuple):
    siyaj: Siyaj
    prosody: Prosody
    desk: Desk

    def client(self, name: str) -> Client:
        """Register an account and log in."""
        return Client(f"{name}@{HOST}", self.prosody.port).start()


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    if shutil.which("prosody") is None:
        pytest.skip("Prosody is not installed (apt-get install prosody)")
    folder = tmp_path_factory.mktemp("xmpp")
    siyaj = Siyaj(folder / "siyaj")
    prosody = Prosody(folder / "prosody", siyaj)
    try:
        siyaj.start()
        siyaj.bank(posts.STATEMENT)
        prosody.start()
        desk = Desk(siyaj)
        yield Trial(siyaj, prosody, desk)
        desk.runtime.close()
    finally:
        prosody.stop()
        siyaj.kill()
