"""Starts a real Synapse on loopback: SQLite, a generated configuration, no other machine involved."""

import hashlib
import hmac
import os
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx
import yaml

from trial.client import Client
from trial.environment import HERE, python
from trial.federation import Federation

SERVER_NAME = "garden.test"
_SECRET = "shared-by-the-trial-alone"
READY_SECONDS = 90.0
_FREELY = {"per_second": 10_000, "burst_count": 10_000}


class Homeserver:
    """One Synapse and its folder. `start` and `stop` may follow each other; the folder stays."""

    def __init__(
        self,
        folder: Path,
        module: dict[str, Any] | None,
        *more: dict[str, Any],
        notices: bool = True,
        federation: Federation | None = None,
        settings: dict[str, Any] | None = None,
    ) -> None:
        """`module` is the configuration of Siyaj's module; None starts Synapse without it. `more` are other modules.
        `settings` stand in its configuration beside ours.
        With a `federation` it speaks to other servers on this machine, and its name is `localhost:PORT`."""
        self._notices = notices
        self._settings = settings or {}
        self._federation = federation
        self._federation_port = free_port() if federation else 0
        self.name = f"localhost:{self._federation_port}" if federation else SERVER_NAME
        self.folder = folder
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        ours = [{"module": "siyaj_synapse.SiyajModule", "config": module}] if module else []
        self.modules = [*ours, *more]
        self.process: subprocess.Popen[bytes] | None = None
        self._clients: list[Client] = []

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        config = self.folder / "homeserver.yaml"
        config.write_text(yaml.safe_dump(self._config()), encoding="utf-8")
        command = [str(python()), "-m", "synapse.app.homeserver", "-c", str(config)]
        environment = {**os.environ, "PYTHONPATH": str(HERE), "PYTHONWARNINGS": "ignore"}
        if not (self.folder / "signing.key").exists():
            subprocess.run([*command, "--generate-keys"], check=True, env=environment, capture_output=True)
        with (self.folder / "output.log").open("ab") as log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=log, env=environment, cwd=self.folder, start_new_session=True
            )
        if not await_health(self.address, self.process):
            self.stop()
            raise RuntimeError(f"Synapse did not start; its log ends:\n{self.log()[-3_000:]}")

    def stop(self) -> None:
        """Stop in order; nothing is left running."""
        if self.process is not None:
            stop_process(self.process)
            self.process = None
        for client in self._clients:
            client.close()
        self._clients.clear()

    def log(self) -> str:
        return "".join(
            (self.folder / name).read_text(errors="replace")
            for name in ("output.log", "homeserver.log")
            if (self.folder / name).exists()
        )

    def counted(self, name: str, **labels: str) -> float:
        """Return one of the counts that Synapse serves, 0 where there is none."""
        wanted = ",".join(f'{key}="{value}"' for key, value in sorted(labels.items()))
        line = f"{name}{{{wanted}}} " if wanted else f"{name} "
        told = httpx.get(f"{self.address}/_synapse/metrics", timeout=30).text
        return next((float(one.removeprefix(line)) for one in told.splitlines() if one.startswith(line)), 0.0)

    def register(self, name: str, *, admin: bool = False) -> Client:
        """Make an account and log it in."""
        url = f"{self.address}/_synapse/admin/v1/register"
        nonce = httpx.get(url, timeout=30).json()["nonce"]
        password = f"password of {name}"
        said = b"\0".join(part.encode() for part in (nonce, name, password, "admin" if admin else "notadmin"))
        mac = hmac.new(_SECRET.encode(), said, hashlib.sha1).hexdigest()
        body = {"nonce": nonce, "username": name, "password": password, "admin": admin, "mac": mac}
        answer = httpx.post(url, json=body, timeout=30)
        answer.raise_for_status()
        return self._client(answer.json())

    def log_in(self, name: str) -> Client:
        """Log a known account in, e.g. after a restart."""
        user = {"type": "m.id.user", "user": name}
        body = {"type": "m.login.password", "identifier": user, "password": f"password of {name}"}
        answer = httpx.post(f"{self.address}/_matrix/client/v3/login", json=body, timeout=30)
        answer.raise_for_status()
        return self._client(answer.json())

    def _client(self, answer: dict[str, Any]) -> Client:
        client = Client(self.address, answer["user_id"], answer["access_token"])
        self._clients.append(client)
        return client

    def _config(self) -> dict[str, Any]:
        resources = [{"names": ["client", "media", "metrics"], "compress": False}]
        federated = self._federation.config(self._federation_port) if self._federation else {}
        own = {"port": self.port, "type": "http", "bind_addresses": ["127.0.0.1"], "resources": resources}
        return {
            **federated,
            "server_name": self.name,
            "public_baseurl": self.address,
            "pid_file": str(self.folder / "homeserver.pid"),
            "enable_metrics": True,
            "listeners": [own, *federated.get("listeners", [])],
            "database": {"name": "sqlite3", "args": {"database": str(self.folder / "homeserver.db")}},
            "media_store_path": str(self.folder / "media"),
            "signing_key_path": str(self.folder / "signing.key"),
            "log_config": self._log_config(),
            "registration_shared_secret": _SECRET,
            "enable_registration": True,
            "enable_registration_without_verification": True,
            "report_stats": False,
            "trusted_key_servers": [],
            "suppress_key_server_warning": True,
            "max_upload_size": "100M",
            "url_preview_enabled": False,
            "room_list_publication_rules": [{"action": "allow"}],
            "modules": self.modules,
            **({"server_notices": _NOTICES} if self._notices else {}),
            **_LIMITS,
            **self._settings,
        }

    def _log_config(self) -> str:
        path = self.folder / "log.yaml"
        handler = {"class": "logging.FileHandler", "filename": str(self.folder / "homeserver.log"), "formatter": "one"}
        shown = {"one": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}}
        config = {
            "version": 1,
            "formatters": shown,
            "handlers": {"file": handler},
            "root": {"level": "WARNING", "handlers": ["file"]},
            "disable_existing_loggers": False,
        }
        path.write_text(yaml.safe_dump(config), encoding="utf-8")
        return str(path)


_NOTICES = {"system_mxid_localpart": "notices", "system_mxid_display_name": "Siyaj", "auto_join": True}

_LIMITS: dict[str, Any] = {
    "rc_message": _FREELY,
    "rc_registration": _FREELY,
    "rc_reports": _FREELY,
    "rc_room_creation": _FREELY,
    "rc_admin_redaction": _FREELY,
    "rc_login": {"address": _FREELY, "account": _FREELY, "failed_attempts": _FREELY},
    "rc_joins": {"local": _FREELY, "remote": _FREELY},
    "rc_joins_per_room": _FREELY,
    "rc_invites": {"per_room": _FREELY, "per_user": _FREELY, "per_issuer": _FREELY},
    "rc_media_create": _FREELY,
}
"""A trial sends faster than a person: Synapse's own limits would be what is tested."""


def await_health(address: str, process: subprocess.Popen[bytes]) -> bool:
    """Wait until a process of Synapse answers; False: it ended, or took too long."""
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            if httpx.get(f"{address}/health", timeout=2).is_success:
                return True
        except httpx.TransportError:
            time.sleep(0.2)
    return False


def stop_process(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
