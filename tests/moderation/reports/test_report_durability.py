"""Every receipt that was given is there after a kill in mid-traffic, with the files that came with the report."""

import json
import sqlite3
import threading
import time
from pathlib import Path

import httpx

from tests.moderation.checks.test_durability import Server, free_port, siyaj

__all__ = ["free_port"]


def test_kill_under_load_loses_no_report_and_no_file(tmp_path: Path, free_port: int) -> None:
    key = json.loads(siyaj(tmp_path, "key", "create", "load", "--json"))["key"]
    server = Server(tmp_path, free_port)
    given: list[set[str]] = [set() for _ in range(6)]

    def report_until_it_dies(worker: int) -> None:
        headers = {"Authorization": f"Bearer {key}"}
        with httpx.Client(base_url=server.address, headers=headers, timeout=10) as client:
            for number in range(100_000):
                about = {"subject": {"kind": "item", "id": f"m-{number % 7}"}, "reporter": {"id": f"u-{worker}"}}
                file = ("a.bin", f"{worker}-{number}".encode(), "application/octet-stream")
                try:
                    if worker % 2:
                        answer = client.post("/v1/reports", json=about)
                    else:
                        part = (None, json.dumps(about), "application/json")
                        answer = client.post("/v1/reports", files={"report": part, "file": file})
                except httpx.TransportError:
                    return
                if answer.status_code == 202:
                    given[worker].add(answer.json()["receipt"])

    workers = [threading.Thread(target=report_until_it_dies, args=(worker,)) for worker in range(6)]
    for worker in workers:
        worker.start()
    time.sleep(1.5)
    server.kill()
    for worker in workers:
        worker.join()
    receipts = set().union(*given)
    assert len(receipts) > 50
    with sqlite3.connect(tmp_path / "siyaj.db") as connection:
        kept = {row[0] for row in connection.execute("SELECT receipt FROM reports")}
        sealed = {row[0] for row in connection.execute("SELECT receipt FROM evidence")}
        cases = connection.execute("SELECT count(*), sum(reports) FROM cases").fetchone()
    assert receipts <= kept
    assert set().union(*given[::2]) <= sealed
    assert cases == (7, len(kept)), "one case a subject, and every report counted once"
    verified = json.loads(siyaj(tmp_path, "evidence", "verify", "--json"))
    assert verified["faults"] == []
    assert verified["checked"] >= len(set().union(*given[::2]))
