"""Sending a message at a Matrix homeserver with and without Siyaj's module, in turns, in one run."""

import argparse
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.report import Row
from siyaj.cli.demo import posts

SYNAPSE = Path(__file__).resolve().parent.parent / "integrations" / "synapse"
ROUNDS = 2
"""Without, with, without, with: what else the machine does falls on both."""
WARM = 30
TEXT = "صباح الخير جميعا، موعدنا عند البئر القديمة بعد صلاة العصر إن شاء الله، وهذه الرسالة رقم {number}."


def run(arguments: argparse.Namespace) -> list[Row]:
    sys.path.insert(0, str(SYNAPSE))
    folder = Path(tempfile.mkdtemp(prefix="siyaj-bench-matrix-"))
    try:
        return _measure(folder, 60 if arguments.quick else 500)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _measure(folder: Path, count: int) -> list[Row]:
    from trial.environment import CannotInstall, python
    from trial.homeserver import Homeserver
    from trial.siyaj import Siyaj

    try:
        python()
    except CannotInstall as error:
        return [Row("Synapse cannot be installed here", "–", "–", "–", "–", str(error))]
    siyaj = Siyaj(folder / "siyaj")
    config = {"url": siyaj.address, "key": siyaj.new_key("bench"), "state": str(folder / "module.db")}
    bare, moderated = Homeserver(folder / "bare", None), Homeserver(folder / "moderated", config)
    try:
        siyaj.start()
        siyaj.bank({"text": posts.STATEMENT})
        without: list[float] = []
        with_module: list[float] = []
        for number in range(ROUNDS):
            without += _sends(bare, f"sender{number}", count // ROUNDS)
            with_module += _sends(moderated, f"sender{number}", count // ROUNDS)
        asked = _asked(siyaj, count)
        held = _held(siyaj, moderated, max(12, count // 20))
    finally:
        bare.stop()
        moderated.stop()
        siyaj.stop()
    return [_added(without, with_module), asked, *held]


def _added(without: list[float], with_module: list[float]) -> Row:
    added = statistics.median(with_module) - statistics.median(without)
    return Row(
        "send one message, median",
        f"{statistics.median(with_module):.1f} ms, p95 {_p95(with_module):.1f} ms",
        f"{statistics.median(without):.1f} ms, p95 {_p95(without):.1f} ms without the module",
        f"{added:+.1f} ms",
        "≤ 10 ms added",
        f"{len(with_module)} messages each, in {ROUNDS} turns",
    )


def _asked(siyaj: Any, count: int) -> Row:
    """What of it is Siyaj's: a check of text, a link and a hash, from connection to answer, durable."""
    event = {
        "kind": "message",
        "links": ["https://example.org/page"],
        "hashes": [{"type": "sha256", "value": "7" * 64}],
    }
    its = [{**event, "id": f"bench-{number}", "text": TEXT.format(number=number)} for number in range(WARM + count)]
    times = [_timed(lambda body=body: siyaj.post("/v1/check", body)) for body in its][WARM:]
    took = f"{_p95(times):.1f} ms, median {statistics.median(times):.1f} ms, longest {max(times):.0f} ms"
    return Row(
        "a check of text and hashes by HTTP, p95", took, "–", "–", "≤ 300 ms p95, 1 s at most", f"{count} checks"
    )


def _held(siyaj: Any, moderated: Any, count: int) -> list[Row]:
    """How long a send takes at most while Siyaj hangs: it accepts connections and answers nothing."""
    moderated.start()
    sender = moderated.register("patient")
    room = sender.create_room()
    siyaj.hang()
    times = [_timed(lambda number=number: sender.say(room, TEXT.format(number=number))) for number in range(count)]
    siyaj.resume()
    moderated.stop()
    said = f"{count} messages, median {statistics.median(times):.1f} ms: after five failures nobody waits"
    return [Row("the longest send while Siyaj hangs", f"{max(times):.0f} ms", "–", "–", "deadline 1,000 ms", said)]


def _sends(homeserver: Any, name: str, count: int) -> list[float]:
    """Start it, send so many messages one after the other, stop it; return the times in milliseconds."""
    homeserver.start()
    try:
        sender = homeserver.register(name)
        room = sender.create_room(name="Benchmark")
        for number in range(WARM):
            sender.say(room, TEXT.format(number=number))
        return [_timed(lambda number=number: sender.say(room, TEXT.format(number=number))) for number in range(count)]
    finally:
        homeserver.stop()


def _timed(do: Any) -> float:
    began = time.perf_counter()
    do()
    return (time.perf_counter() - began) * 1_000


def _p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]
