"""`POST /v1/check` with one PDQ hash against a bank of 1M, durable, server on one core."""

import argparse
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from benchmarks._load import Load, load, post
from benchmarks.report import Row

SIYAJ = str(Path(sys.executable).parent / "siyaj")
SERVER_CORE, CLIENT_CORE = 0, 1
SETTLE_SECONDS = 8.0
"""The decoders, which these events do not need, load their libraries on the same core once the server is ready."""


def run(arguments: argparse.Namespace) -> list[Row]:
    size = 20_000 if arguments.quick else 1_000_000
    seconds = 3.0 if arguments.quick else 15.0
    data = Path(tempfile.mkdtemp(prefix="siyaj-bench-"))
    try:
        return _measure(data, size, seconds)
    finally:
        shutil.rmtree(data, ignore_errors=True)


def _measure(data: Path, size: int, seconds: float) -> list[Row]:
    hashes = [secrets.token_hex(32) for _ in range(size)]
    listed = data / "hashes.csv"
    listed.write_text("type,value\n" + "".join(f"pdq,{value}\n" for value in hashes))
    _siyaj(data, "bank", "create", "known")
    began = time.perf_counter()
    _siyaj(data, "bank", "import", "known", str(listed))
    imported = time.perf_counter() - began
    key = json.loads(_siyaj(data, "key", "create", "bench", "--json"))["key"]
    rows = [Row(f"bank import, {size:,} hashes", f"{imported:.1f} s", "–", "–", "seconds")]
    for attempt in ("first start", "start after that"):
        server, port, ready = _serve(data)
        rows.append(Row(f"{attempt}, {size:,} banked", f"{ready:.2f} s", "–", "–", "< 3 s after the first time"))
        if attempt != "first start":
            time.sleep(SETTLE_SECONDS)
            rows += _loads(port, key, hashes, seconds, data)
        server.terminate()
        server.wait(timeout=60)
    return rows


def _loads(port: int, key: str, hashes: list[str], seconds: float, data: Path) -> list[Row]:
    single = load(port, _singles(key, hashes), connections=16, seconds=seconds, core=CLIENT_CORE)
    batch = load(port, _batches(key, hashes), connections=4, seconds=seconds, core=CLIENT_CORE)
    recorded = _recorded(data)
    kept = f"{recorded:,} recorded of {single.answers + 100 * batch.answers:,} answered"
    return [
        Row(
            "one hash, 16 connections",
            f"{single.per_second:,.0f}/s, {_latencies(single)}",
            "–",
            "–",
            "≥ 5,000/s, p99 ≤ 20 ms",
            f"{single.failures} failures; {kept}",
        ),
        Row(
            "batch of 100, 4 connections",
            f"{100 * batch.per_second:,.0f} events/s, {_latencies(batch)}",
            "–",
            "–",
            "≥ 20,000 events/s",
            f"{batch.failures} failures",
        ),
    ]


def _latencies(one: Load) -> str:
    return f"p50 {one.percentile(0.5) * 1e3:.1f} ms, p99 {one.percentile(0.99) * 1e3:.1f} ms"


def _event(number: int, hashes: list[str]) -> dict[str, object]:
    """Every tenth event carries a banked hash; the others are unknown."""
    value = hashes[number % len(hashes)] if number % 10 == 0 else secrets.token_hex(32)
    hash_input = {"type": "pdq", "value": value, "quality": 100}
    return {"id": f"{number}-{secrets.token_hex(4)}", "kind": "media", "hashes": [hash_input]}


def _singles(key: str, hashes: list[str]) -> Iterator[bytes]:
    number = 0
    while True:
        number += 1
        yield post("/v1/check", json.dumps(_event(number, hashes)).encode(), key)


def _batches(key: str, hashes: list[str]) -> Iterator[bytes]:
    """Batches are made beforehand, and only their ids change: making them costs more than answering them."""
    number = 0
    while True:
        events = []
        for _ in range(100):
            number += 1
            events.append(_event(number, hashes))
        yield post("/v1/check/batch", json.dumps({"events": events}).encode(), key)


def _siyaj(data: Path, *arguments: str) -> str:
    command = [SIYAJ, *arguments, "--data", str(data / "siyaj")]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _serve(data: Path) -> tuple[subprocess.Popen[bytes], int, float]:
    """Start a server on its core; return it with its port and the seconds until it was ready."""
    port = 8_799
    began = time.perf_counter()
    server = subprocess.Popen(
        ["taskset", "-c", str(SERVER_CORE), SIYAJ, "serve", "--port", str(port), "--data", str(data / "siyaj")],
        stderr=subprocess.DEVNULL,
        env={**os.environ, "SIYAJ_RATE_PER_SECOND": "0"},
    )
    while time.perf_counter() - began < 600:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=1) as answer:
                if answer.status == 200:
                    return server, port, time.perf_counter() - began
        except OSError:
            time.sleep(0.02)
    server.kill()
    raise RuntimeError("the server did not get ready")


def _recorded(data: Path) -> int:
    import sqlite3

    with sqlite3.connect(data / "siyaj" / "siyaj.db") as connection:
        return int(connection.execute("SELECT count(*) FROM verdicts").fetchone()[0])
