"""Mixed load on a moderated Matrix homeserver: does memory grow, is a report lost, is an action done twice?"""

import argparse
import os
import random
import shutil
import sqlite3
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.matrix import SYNAPSE
from benchmarks.report import Row
from siyaj.cli.demo import pictures, posts

ACCOUNTS, ROOMS, HANDS = 50, 6, 4
LOOK_SECONDS = 5.0
WARM = 1 / 3
"""Of the time, in which connections, caches and the allocator fill. The slope is of what follows."""
DATABASE_CACHE_MB = 1
SYNAPSE_CACHES = {"caches": {"global_factor": 0.1}, "event_cache_size": "1K"}
"""Both servers keep what they read, up to limits that no soak reaches. Here they reach them at once: what grows then is
lost memory."""
FILL, QUICK_FILL = 40_000, 2_000
"""Checks that are made before: the first tens of thousands fill the pages of all connections, 1 KB an event; the 34,000
after 42,000 took 1 MB."""
MINUTES, QUICK_MINUTES = float(os.environ.get("SIYAJ_SOAK_MINUTES") or 3), 1.0
"""Twenty are a trial; three fit into a run of all benchmarks."""


def run(arguments: argparse.Namespace) -> Iterator[Row]:
    sys.path.insert(0, str(SYNAPSE))
    folder = Path(tempfile.mkdtemp(prefix="siyaj-soak-"))
    try:
        yield from _soak(folder, *((QUICK_MINUTES, QUICK_FILL) if arguments.quick else (MINUTES, FILL)))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _soak(folder: Path, minutes: float, fill: int) -> Iterator[Row]:
    from trial.environment import CannotInstall, python
    from trial.homeserver import Homeserver
    from trial.reviewer import Reviewer
    from trial.siyaj import Siyaj

    try:
        python()
    except CannotInstall as error:
        yield Row("Synapse cannot be installed here", "–", "–", "–", "–", str(error))
        return
    database = f"sqlite:///{folder / 'siyaj' / 'siyaj.db'}?cache_mb={DATABASE_CACHE_MB}"
    siyaj = Siyaj(folder / "siyaj", SIYAJ_DATABASE=database)
    config = {"url": siyaj.address, "key": siyaj.new_key("soak"), "state": str(folder / "module.db")}
    homeserver = Homeserver(folder / "synapse", config, settings=SYNAPSE_CACHES)
    try:
        siyaj.start()
        siyaj.bank({"text": posts.STATEMENT}, pictures=(pictures.jpeg(pictures.landscape(100)),))
        _fill(siyaj, fill)
        homeserver.start()
        siyaj.connect(homeserver.address, homeserver.register("siyaj", admin=True).token)
        crowd = Crowd([homeserver.register(f"person{number}") for number in range(ACCOUNTS)])
        sizes = crowd.live(minutes * 60, lambda: (_held(homeserver), _held(siyaj)))
        with Reviewer.open(siyaj.folder, siyaj.address) as reviewer:
            arrived = _arrived(siyaj, len(crowd.reported))
            removed = _remove(siyaj, reviewer, crowd.reported[:20])
            redactions = _redactions(homeserver, removed)
            late = _redactions(homeserver, crowd.unchecked)
            dead = _given_up(siyaj)
            opened = homeserver.log().count("through unchecked")
    finally:
        homeserver.stop()
        siyaj.stop()
    counted = f"{min(redactions, default=0)}–{max(redactions, default=0)}"
    taken = f"{sum(one == 1 for one in late)} of {len(late)}"
    yield from _rows(crowd, sizes, opened)
    yield Row("reports that became cases", f"{arrived} of {len(crowd.reported)}", "–", "–", "all of them, each once")
    yield Row("redactions for each removed event", counted, "–", "–", "1", f"{len(removed)} removed")
    yield Row("known statements that passed unchecked, and were taken down then", taken, "–", "–", "all, each once")
    yield Row("actions that were given up on", str(dead), "–", "–", "0")
    yield _alone(folder / "alone", minutes)


def _alone(folder: Path, minutes: float) -> Row:
    """Let the same crowd live at a Synapse without our module: what it loses by itself."""
    from trial.homeserver import Homeserver

    homeserver = Homeserver(folder, None, settings=SYNAPSE_CACHES)
    try:
        homeserver.start()
        crowd = Crowd([homeserver.register(f"person{number}") for number in range(ACCOUNTS)])
        times, held = zip(*crowd.live(minutes * 60, lambda: (_held(homeserver),)), strict=True)
    finally:
        homeserver.stop()
    return _memory("Synapse without the module", times, held, crowd, "–")


def _fill(siyaj: Any, count: int) -> None:
    for first in range(0, count, 100):
        its = [
            {
                "id": f"before-{number}",
                "kind": "message",
                "text": f"{posts.NEWS} {number}",
                "account": {"id": f"@before{number % ACCOUNTS}:garden.test"},
                "channel": {"id": f"!before{number % ROOMS}:garden.test", "subscribers": ACCOUNTS},
            }
            for number in range(first, first + 100)
        ]
        siyaj.post("/v1/check/batch", {"events": its})


class Crowd:
    """People who write, show pictures, report, and sometimes try what is known."""

    def __init__(self, people: list[Any]) -> None:
        self._people = people
        self._rooms = [
            people[number].create_room(preset="public_chat", name=f"Room {number}") for number in range(ROOMS)
        ]
        for person in people[ROOMS:]:
            for room in self._rooms:
                person.join(room)
        self._picture = pictures.jpeg(pictures.landscape(600))
        self.sent = self.refused = 0
        self.reported: list[str] = []
        self.unchecked: list[str] = []
        """Known statements that passed, as their check took longer than its deadline."""
        self.wrong: list[str] = []
        self._lock = threading.Lock()

    def live(self, seconds: float, measure: Any) -> list[tuple[float, ...]]:
        """Return when (seconds since the beginning) and what `measure` said, again and again."""
        until = time.monotonic() + seconds
        hands = [threading.Thread(target=self._work, args=(until, number)) for number in range(HANDS)]
        for hand in hands:
            hand.start()
        sizes = []
        while time.monotonic() < until:
            time.sleep(LOOK_SECONDS)
            sizes.append((seconds - (until - time.monotonic()), *measure()))
        for hand in hands:
            hand.join()
        return sizes

    def _work(self, until: float, seed: int) -> None:
        from trial.client import Refused

        chance = random.Random(seed)
        mine = self._people[ROOMS + seed :: HANDS]  # a client serves one thread
        while time.monotonic() < until:
            person, room, what = chance.choice(mine), chance.choice(self._rooms), chance.random()
            try:
                self._do(person, room, what, chance)
            except Refused as refused:
                with self._lock:
                    self.refused += 1
                    if "org.siyaj.verdict" not in refused.answer:
                        self.wrong.append(str(refused))

    def _do(self, person: Any, room: str, what: float, chance: random.Random) -> None:
        if what < 0.03:
            passed = person.say(room, posts.STATEMENT)
            with self._lock:
                self.unchecked.append(passed)
        elif what < 0.08:
            mxc = person.upload(self._picture)
            person.send(room, "m.room.message", {"msgtype": "m.image", "body": "hills.jpg", "url": mxc})
        else:
            event = person.say(room, f"{posts.NEWS} {chance.random()}")
            if what < 0.13:
                person.report_event(room, event, "look")
                with self._lock:
                    self.reported.append(event)
        with self._lock:
            self.sent += 1


def _arrived(siyaj: Any, expected: int) -> int:
    """Return how many reported events have a case, waiting a while for the last."""
    until = time.monotonic() + 30
    while True:
        found, cursor = 0, ""
        while cursor is not None:
            page = siyaj.get("/v1/cases", limit=500, cursor=cursor)
            found += sum(case["reports"] for case in page["items"] if case["subject"]["kind"] == "item")
            cursor = page["next"]
        if found >= expected or time.monotonic() > until:
            return found
        time.sleep(0.5)


def _remove(siyaj: Any, reviewer: Any, events: list[str]) -> list[str]:
    for event in events:
        reviewer.decide(siyaj.case_of(f"item:{event}")["id"], "remove")
    return events


def _redactions(homeserver: Any, events: list[str]) -> list[int]:
    """Return how many redactions each event has, once all have one, and a while later: a second one would show."""
    until = time.monotonic() + 60
    while 0 in _counted(homeserver, events) and time.monotonic() < until:
        time.sleep(0.5)
    time.sleep(10)
    return _counted(homeserver, events)


def _given_up(siyaj: Any) -> int:
    told = siyaj.client.get("/metrics").text.partition('siyaj_deliveries{state="dead"} ')[2]
    return int(float(told.split()[0]))


def _counted(homeserver: Any, events: list[str]) -> list[int]:
    with sqlite3.connect(homeserver.folder / "homeserver.db") as db:
        query = "SELECT count(*) FROM redactions WHERE redacts = ?"
        return [int(db.execute(query, (event,)).fetchone()[0]) for event in events]


def _held(server: Any) -> float:
    """Return the megabytes that a server and its processes hold. Pages of files do not count: the system takes those
    back when it needs them, and a library is read in bit by bit."""
    return sum(_of_group(stat.parent, server.process.pid) for stat in Path("/proc").glob("[0-9]*/stat")) / 1024


def _of_group(process: Path, group: int) -> int:
    try:
        fields = (process / "stat").read_text(errors="replace").rpartition(")")[2].split()
        status = (process / "status").read_text(errors="replace")
    except OSError:  # it has ended meanwhile
        return 0
    return int(status.partition("RssAnon:")[2].split()[0]) if int(fields[2]) == group and "RssAnon:" in status else 0


def _rows(crowd: Crowd, sizes: list[tuple[float, ...]], opened: int) -> list[Row]:
    wrong = "; ".join(crowd.wrong[:3]) or "all as they should be"
    said = f"{crowd.refused} refused, {opened} let through unchecked at the deadline; {wrong}"
    rows = [Row("events sent", f"{crowd.sent:,}", "–", "–", "", said)]
    times, *held = zip(*sizes, strict=True)
    for name, its, reach in zip(("Synapse", "Siyaj"), held, ("none of ours", "no growth"), strict=True):
        rows.append(_memory(name, times, its, crowd, reach))
    return rows


def _memory(name: str, times: Sequence[float], held: Sequence[float], crowd: Crowd, reach: str) -> Row:
    slope, error = _slope(*_after_warming(times, held))
    each = ", ".join(f"{held[at]:.0f}" for at in np.linspace(0, len(held) - 1, 9).astype(int))
    ratio = f"{held[-1] / _after_warming(times, held)[1][0]:.3f}"
    lost = f"{slope:+.1f} ± {error:.1f} MB/h, {_per_event(slope, times[-1], crowd):+.2f} KB an event"
    note = f"{times[-1] / 60:.0f} minutes, each eighth: {each} MB"
    return Row(f"memory of {name}, slope after a third", lost, "–", ratio, reach, note)


def _after_warming(times: Sequence[float], held: Sequence[float]) -> tuple[Sequence[float], Sequence[float]]:
    first = sum(at < times[-1] * WARM for at in times)
    return times[first:], held[first:]


def _per_event(slope: float, seconds: float, crowd: Crowd) -> float:
    """Return kilobytes."""
    return slope * seconds / 3_600 / max(crowd.sent, 1) * 1_024


def _slope(seconds: Sequence[float], megabytes: Sequence[float]) -> tuple[float, float]:
    """Return (megabytes an hour, twice its standard error) of a straight line through the points."""
    hours, size = np.asarray(seconds) / 3_600, np.asarray(megabytes)
    if len(size) < 4:
        return 0.0, float("inf")
    line, covariance = np.polyfit(hours, size, 1, cov=True)
    return float(line[0]), 2 * float(np.sqrt(covariance[0, 0]))
