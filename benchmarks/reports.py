"""Reports over HTTP: 200 a second on one core, each durable before its 202, and soon on the reviewers' screen."""

import argparse
import asyncio
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import httpx

from benchmarks import _databases
from benchmarks.report import Row

SIYAJ = str(Path(sys.executable).parent / "siyaj")
SERVER_CORE, CLIENT_CORE = 0, 1
SETTLE_SECONDS = 8.0
"""The decoders load their libraries on the same core once the server is ready."""
PER_SECOND = 200
CONNECTIONS = 32
LOGIN, PASSWORD = "bench", "seven calm gardens"


class Sent(NamedTuple):
    """What came back. Seconds are from the moment at which a report was due, so that waiting counts."""

    receipts: list[str]
    failures: int
    seconds: list[float]
    lasted: float


def run(arguments: argparse.Namespace) -> list[Row]:
    seconds, looks = (3.0, 5) if arguments.quick else (60.0, 40)
    with _databases.folder() as folder:
        key = json.loads(_siyaj(folder, "key", "create", "bench", "--json"))["key"]
        _siyaj(folder, "person", "create", LOGIN, "--role", "reviewer", typed=PASSWORD)
        server, port = _serve(folder)
        time.sleep(SETTLE_SECONDS)
        cores = os.sched_getaffinity(0)
        try:
            os.sched_setaffinity(0, {CLIENT_CORE} & cores or cores)
            sent = asyncio.run(_send(port, key, seconds))
            seen = asyncio.run(_until_seen(port, key, looks))
            asyncio.run(_send(port, key, 0.5))
        finally:
            server.send_signal(signal.SIGKILL)  # what was acknowledged must be there all the same
            server.wait()
            os.sched_setaffinity(0, cores)
        kept = _kept(folder)
    lost = len(set(sent.receipts) - kept)
    return [
        Row(
            f"reports, {PER_SECOND}/s for {seconds:.0f} s, one core",
            f"{len(sent.receipts) / sent.lasted:,.0f}/s, {_shown(sent.seconds)}",
            "–",
            "–",
            "200/s sustained",
            f"{sent.failures} failures; {lost} of {len(sent.receipts):,} receipts lost after SIGKILL",
        ),
        Row(
            "from the report to the queue page", _shown(seen), "–", "–", "≤ 1 s", f"{looks} times, page fetched at once"
        ),
    ]


async def _send(port: int, key: str, seconds: float) -> Sent:
    """Send at a fixed rate, whether or not answers come: what is late is counted as late."""
    limits = httpx.Limits(max_connections=CONNECTIONS)
    headers = {"Authorization": f"Bearer {key}"}
    base = f"http://127.0.0.1:{port}"
    async with httpx.AsyncClient(base_url=base, headers=headers, limits=limits, timeout=30) as client:
        began = time.perf_counter()
        tasks = [
            asyncio.create_task(_one(client, number, began + number / PER_SECOND))
            for number in range(int(PER_SECOND * seconds))
        ]
        answers = await asyncio.gather(*tasks)
        lasted = time.perf_counter() - began
    receipts = [receipt for receipt, _ in answers if receipt]
    return Sent(receipts, len(answers) - len(receipts), sorted(taken for _, taken in answers), lasted)


async def _one(client: httpx.AsyncClient, number: int, due: float) -> tuple[str, float]:
    await asyncio.sleep(max(0.0, due - time.perf_counter()))
    body = {
        "subject": {"kind": "item", "id": f"m-{number // 3}-{time.time_ns()}" if number % 3 else f"m-{number}"},
        "reason": "incitement",
        "text": "عيّنة: بلاغ نموذجي. Sample report.",
        "reporter": {"id": f"r-{number % 500}", "age_days": 300},
        "content": {"text": f"عيّنة: منشور نموذجي رقم {number}."},
    }
    try:
        answer = await client.post("/v1/reports", json=body)
        receipt = str(answer.json()["receipt"]) if answer.status_code == 202 else ""
    except httpx.HTTPError:
        receipt = ""
    return receipt, time.perf_counter() - due


async def _until_seen(port: int, key: str, times: int) -> list[float]:
    """Return the seconds from sending a report to the first queue page that shows its case."""
    base, taken = f"http://127.0.0.1:{port}", []
    async with httpx.AsyncClient(base_url=base, timeout=30) as client:
        await _sign_in(client)
        for number in range(times):
            name = f"seen-{number}-{time.time_ns()}"
            body = {"subject": {"kind": "item", "id": name}, "reason": "threat_to_life", "content": {"text": "عيّنة"}}
            began = time.perf_counter()
            await client.post("/v1/reports", json=body, headers={"Authorization": f"Bearer {key}"})
            while "data-row" not in (await client.get("/console/queue", params={"text": name})).text:
                await asyncio.sleep(0.01)
                if time.perf_counter() - began > 30:
                    raise RuntimeError("a report did not reach the queue in 30 s")
            taken.append(time.perf_counter() - began)
    return sorted(taken)


async def _sign_in(client: httpx.AsyncClient) -> None:
    page = await client.get("/console/login")
    token = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert token, page.text[:500]
    fields = {"csrf": token[1], "login": LOGIN, "password": PASSWORD}
    assert (await client.post("/console/login", data=fields)).status_code == 303


def _shown(taken: list[float]) -> str:
    middle, late = taken[len(taken) // 2], taken[min(len(taken) - 1, int(len(taken) * 0.99))]
    return f"p50 {middle * 1e3:.0f} ms, p99 {late * 1e3:.0f} ms"


def _siyaj(folder: Path, *arguments: str, typed: str = "") -> str:
    command = [SIYAJ, *arguments, "--data", str(folder)]
    return subprocess.run(command, check=True, capture_output=True, text=True, input=f"{typed}\n").stdout


def _serve(folder: Path) -> tuple[subprocess.Popen[bytes], int]:
    port = 8_798
    command = ["taskset", "-c", str(SERVER_CORE), SIYAJ, "serve", "--port", str(port), "--data", str(folder)]
    environment = {**os.environ, "SIYAJ_REQUIRE_TOTP": "false", "SIYAJ_RATE_PER_SECOND": "0"}
    server = subprocess.Popen(command, stderr=subprocess.DEVNULL, env=environment)
    until = time.monotonic() + 600
    while time.monotonic() < until:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=1).is_success:
                return server, port
        except httpx.TransportError:
            time.sleep(0.05)
    server.kill()
    raise RuntimeError("the server did not get ready")


def _kept(folder: Path) -> set[str]:
    with sqlite3.connect(folder / "siyaj.db") as connection:
        return {row[0] for row in connection.execute("SELECT receipt FROM reports")}
