"""Sending a message at a Matrix homeserver with and without Siyaj's module, in turns, in one run."""

import argparse
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple, Self

from benchmarks.report import Row
from siyaj.cli.demo import posts

SYNAPSE = Path(__file__).resolve().parent.parent / "integrations" / "synapse"
TURN = 20
"""So many without, so many with, and again: what else the machine does falls on both. Both homeservers run on."""
WARM = 60
HELD = 20
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
        bare.start()
        moderated.start()
        added = _added(Sender.at(bare), Sender.at(moderated), count)
        bare.stop()
        asked = _asked(siyaj, count)
        held = _held(siyaj, moderated)
    finally:
        bare.stop()
        moderated.stop()
        siyaj.stop()
    return [added, asked, *held]


class Sender(NamedTuple):
    client: Any
    room: str

    @classmethod
    def at(cls, homeserver: Any, name: str = "sender") -> Self:
        client = homeserver.register(name)
        sender = cls(client, client.create_room(name="Benchmark"))
        for number in range(WARM):
            sender.send(number)
        return sender

    def send(self, number: int) -> float:
        """Return the milliseconds that it took."""
        return _timed(lambda: self.client.say(self.room, TEXT.format(number=number)))


def _added(bare: Sender, moderated: Sender, count: int) -> Row:
    without: list[float] = []
    with_module: list[float] = []
    for first in range(0, count, TURN):
        for sender, times in ((bare, without), (moderated, with_module)):
            times += [sender.send(number) for number in range(first, first + TURN)]
    added = statistics.median(with_module) - statistics.median(without)
    return Row(
        "send one message, median",
        f"{statistics.median(with_module):.1f} ms, p95 {_p95(with_module):.1f} ms",
        f"{statistics.median(without):.1f} ms, p95 {_p95(without):.1f} ms without the module",
        f"{added:+.1f} ms",
        "≤ 10 ms added",
        f"{len(with_module)} messages each, {TURN} and {TURN} in turns",
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


def _held(siyaj: Any, moderated: Any) -> list[Row]:
    """How long a send takes at most while Siyaj hangs (it accepts connections and answers nothing): as the module is
    shipped, and with its breaker off, so that each send waits."""
    rows = []
    (module,) = moderated.modules
    for failures, said in ((5, "after five failures nobody waits"), (1_000_000, "the breaker off: each one waits")):
        moderated.stop()
        module["config"]["breaker_failures"] = failures
        moderated.start()
        sender = Sender.at(moderated, f"patient{failures}")
        siyaj.hang()
        times = [sender.send(number) for number in range(HELD)]
        siyaj.resume()
        what = "the longest send while Siyaj hangs" + (", when each one waits" if failures > HELD else "")
        note = f"{HELD} messages, median {statistics.median(times):.1f} ms: {said}"
        rows.append(Row(what, f"{max(times):.0f} ms", "–", "–", "deadline 1,000 ms", note))
    return rows


def _timed(do: Any) -> float:
    began = time.perf_counter()
    do()
    return (time.perf_counter() - began) * 1_000


def _p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]
