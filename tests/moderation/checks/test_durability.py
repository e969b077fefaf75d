"""Nothing that was acknowledged is lost: the server is killed under load, and what it answered is counted."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest


def siyaj(data: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "siyaj.cli.main", *arguments, "--data", str(data)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


class Server:
    """A real `siyaj serve` as a process of its own."""

    def __init__(self, data: Path, port: int) -> None:
        self.address = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "siyaj.cli.main", "serve", "--data", str(data), "--port", str(port)],
            stderr=subprocess.PIPE,
            env={**os.environ, "SIYAJ_DECODERS": "1"},
        )
        until = time.monotonic() + 300
        while time.monotonic() < until:
            try:
                if httpx.get(f"{self.address}/readyz").is_success:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
        raise AssertionError("the server did not get ready")

    def kill(self) -> None:
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_kill_under_load_loses_no_answered_verdict(tmp_path: Path, free_port: int) -> None:
    key = json.loads(siyaj(tmp_path, "key", "create", "load", "--json"))["key"]
    server = Server(tmp_path, free_port)
    answered: list[list[tuple[str, str]]] = [[] for _ in range(8)]

    def post_until_it_dies(worker: int) -> None:
        headers = {"Authorization": f"Bearer {key}"}
        with httpx.Client(base_url=server.address, headers=headers, timeout=10) as client:
            for number in range(100_000):
                event = {"id": f"{worker}-{number}", "kind": "message", "text": f"hello {number}"}
                try:
                    answer = client.post("/v1/check", json=event)
                except httpx.TransportError:
                    return
                if answer.status_code == 200:
                    answered[worker].append((event["id"], answer.json()["id"]))

    workers = [threading.Thread(target=post_until_it_dies, args=(worker,)) for worker in range(8)]
    for worker in workers:
        worker.start()
    time.sleep(1.5)
    server.kill()
    for worker in workers:
        worker.join()
    acknowledged = {pair for its in answered for pair in its}
    assert len(acknowledged) > 100
    with sqlite3.connect(tmp_path / "siyaj.db") as connection:
        kept = set(connection.execute("SELECT event_id, id FROM verdicts"))
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert acknowledged <= kept

    again = Server(tmp_path, free_port)
    try:
        event, verdict = next(iter(acknowledged))
        number = event.partition("-")[2]
        answer = httpx.post(
            f"{again.address}/v1/check",
            json={"id": event, "kind": "message", "text": f"hello {number}"},
            headers={"Authorization": f"Bearer {key}"},
        )
        assert answer.json()["id"] == verdict, "a retry after the crash gets the first answer"
    finally:
        again.kill()


def test_a_locked_database_is_503_and_nothing_is_acknowledged(tmp_path: Path, free_port: int) -> None:
    key = json.loads(siyaj(tmp_path, "key", "create", "lock", "--json"))["key"]
    server = Server(tmp_path, free_port)
    try:
        headers = {"Authorization": f"Bearer {key}"}
        event = {"id": "m-1", "kind": "message", "text": "hello"}
        assert httpx.post(f"{server.address}/v1/check", json=event, headers=headers).status_code == 200
        blocker = sqlite3.connect(tmp_path / "siyaj.db", isolation_level=None)
        blocker.execute("BEGIN IMMEDIATE")
        refused = httpx.post(f"{server.address}/v1/check", json={**event, "id": "m-2"}, headers=headers, timeout=30)
        assert refused.status_code == 503
        assert refused.headers["retry-after"]
        assert refused.json()["code"] == "storage_unavailable"
        blocker.execute("ROLLBACK")
        blocker.close()
        assert httpx.post(f"{server.address}/v1/check", json={**event, "id": "m-2"}, headers=headers).status_code == 200
    finally:
        server.kill()


@pytest.mark.skipif(os.geteuid() != 0 or not Path("/proc/mounts").exists(), reason="mounting needs root")
def test_a_full_disk_is_503_and_what_was_acknowledged_stays(tmp_path: Path, free_port: int) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(disk)]
    mounted = subprocess.run(mount, capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("this machine does not let a test mount a small disk")
    try:
        key = json.loads(siyaj(disk, "key", "create", "full", "--json"))["key"]
        server = Server(disk, free_port)
        try:
            headers = {"Authorization": f"Bearer {key}"}
            kept, status = [], 200
            with httpx.Client(base_url=server.address, headers=headers, timeout=30) as client:
                for number in range(2_000):
                    event = {"id": f"m-{number}", "kind": "message", "text": "x" * 20_000 + str(number)}
                    answer = client.post("/v1/check", json=event)
                    status = answer.status_code
                    if status != 200:
                        assert (status, answer.json()["code"]) == (503, "storage_unavailable")
                        break
                    kept.append(answer.json()["id"])
                assert status == 503, "the disk was never full"
                found = client.get(f"/v1/verdicts/{kept[-1]}")
                assert found.status_code == 200, "what was acknowledged can still be read"
        finally:
            server.kill()
        with sqlite3.connect(disk / "siyaj.db") as connection:
            rows = {row[0] for row in connection.execute("SELECT id FROM verdicts")}
        assert set(kept) <= rows
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=False)
