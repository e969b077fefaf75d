"""Synapse as large servers run it: PostgreSQL, Redis, and beside the main process a worker that serves clients and
media."""

import os
import subprocess
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import yaml

from trial.client import Client
from trial.environment import HERE, python
from trial.homeserver import Homeserver, await_health, free_port, stop_process

WORKER = "worker1"


class Clustered(Homeserver):
    """The main process, and one generic worker that alone serves media; `at_worker` is a client's way to the worker."""

    def __init__(self, folder: Path, module: dict[str, Any], postgres: str, redis_port: int) -> None:
        """`postgres` is the address of a database on a server that lets us make another one."""
        super().__init__(folder, module)
        self.name = f"{uuid.uuid4().hex[:8]}.garden.test"  # Redis is shared: channels are called by the server's name
        self._postgres = postgres
        self._database = f"synapse_{self.name.partition('.')[0]}"
        self._redis_port = redis_port
        self._replication_port, self._worker_replication_port, self._worker_port = (free_port() for _ in range(3))
        self.worker_address = f"http://127.0.0.1:{self._worker_port}"
        self.worker: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._run(f"CREATE DATABASE {self._database} ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
        super().start()
        config = self.folder / "worker.yaml"
        config.write_text(yaml.safe_dump(self._worker_config()), encoding="utf-8")
        main = str(self.folder / "homeserver.yaml")
        command = [str(python()), "-m", "synapse.app.generic_worker", "-c", main, "-c", str(config)]
        environment = {**os.environ, "PYTHONPATH": str(HERE), "PYTHONWARNINGS": "ignore"}
        with (self.folder / "output.log").open("ab") as log:
            self.worker = subprocess.Popen(
                command, stdout=log, stderr=log, env=environment, cwd=self.folder, start_new_session=True
            )
        if not await_health(self.worker_address, self.worker):
            raise RuntimeError(f"the worker did not start; the log ends:\n{self.log()[-3_000:]}")

    def stop(self) -> None:
        if self.worker is not None:
            stop_process(self.worker)
            self.worker = None
        super().stop()
        self._run(f"DROP DATABASE IF EXISTS {self._database} WITH (FORCE)")

    def at_worker(self, client: Client) -> Client:
        moved = Client(self.worker_address, client.user_id, client.token)
        self._clients.append(moved)
        return moved

    def _run(self, statement: str) -> None:
        with psycopg.connect(self._postgres, autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[call-overload]

    def _config(self) -> dict[str, Any]:
        config = super()._config()
        parts = urlsplit(self._postgres)
        where = {"host": parts.hostname, "port": parts.port or 5432, "user": parts.username}
        args = {**where, "password": parts.password, "dbname": self._database, "cp_min": 1, "cp_max": 5}
        replication = {"port": self._replication_port, "type": "http", "bind_addresses": ["127.0.0.1"]}
        for listener in config["listeners"]:
            listener["resources"] = [{"names": ["client"], "compress": False}]
        return {
            **config,
            "enable_media_repo": False,
            "media_instance_running_background_jobs": WORKER,
            "listeners": [*config["listeners"], {**replication, "resources": [{"names": ["replication"]}]}],
            "database": {"name": "psycopg2", "args": {key: value for key, value in args.items() if value}},
            "redis": {"enabled": True, "host": "127.0.0.1", "port": self._redis_port},
            "instance_map": {
                "main": {"host": "127.0.0.1", "port": self._replication_port},
                WORKER: {"host": "127.0.0.1", "port": self._worker_replication_port},
            },
            "stream_writers": {"quarantined_media_changes": WORKER},
            "worker_replication_secret": "shared-by-the-trial-alone",
        }

    def _worker_config(self) -> dict[str, Any]:
        resources = [{"names": ["client", "media"], "compress": False}]
        common = {"type": "http", "bind_addresses": ["127.0.0.1"]}
        replication = {"port": self._worker_replication_port, "resources": [{"names": ["replication"]}], **common}
        return {
            "worker_app": "synapse.app.generic_worker",
            "worker_name": WORKER,
            "enable_media_repo": True,
            "worker_listeners": [{"port": self._worker_port, "resources": resources, **common}, replication],
            "worker_log_config": str(self.folder / "log.yaml"),
        }
