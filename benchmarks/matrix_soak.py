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
from pathlib import Path
from typing import Any

from benchmarks.matrix import SYNAPSE
from benchmarks.report import Row
from siyaj.cli.demo import pictures, posts

ACCOUNTS, ROOMS, HANDS = 50, 6, 4
MINUTES, QUICK_MINUTES = float(os.environ.get("SIYAJ_SOAK_MINUTES") or 3), 1.0
"""Twenty are a trial; three fit into a run of all benchmarks."""


def run(arguments: argparse.Namespace) -> list[Row]:
    sys.path.insert(0, str(SYNAPSE))
    folder = Path(tempfile.mkdtemp(prefix="siyaj-soak-"))
    try:
        return _soak(folder, QUICK_MINUTES if arguments.quick else MINUTES)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _soak(folder: Path, minutes: float) -> list[Row]:
    from trial.environment import CannotInstall, python
    from trial.homeserver import Homeserver
    from trial.reviewer import Reviewer
    from trial.siyaj import Siyaj

    try:
        python()
    except CannotInstall as error:
        return [Row("Synapse cannot be installed here", "–", "–", "–", "–", str(error))]
    siyaj = Siyaj(folder / "siyaj")
    config = {"url": siyaj.address, "key": siyaj.new_key("soak"), "state": str(folder / "module.db")}
    homeserver = Homeserver(folder / "synapse", config)
    try:
        siyaj.start()
        siyaj.bank({"text": posts.STATEMENT}, pictures=(pictures.jpeg(pictures.landscape(100)),))
        homeserver.start()
        siyaj.connect(homeserver.address, homeserver.register("siyaj", admin=True).token)
        crowd = Crowd([homeserver.register(f"person{number}") for number in range(ACCOUNTS)])
        sizes = crowd.live(minutes * 60, lambda: (_resident(homeserver), _resident(siyaj)))
        with Reviewer.open(siyaj.folder, siyaj.address) as reviewer:
            arrived = _arrived(siyaj, len(crowd.reported))
            removed = _remove(siyaj, reviewer, crowd.reported[:20])
            redactions = _redactions(homeserver, removed)
    finally:
        homeserver.stop()
        siyaj.stop()
    return _rows(crowd, sizes, arrived, removed, redactions)


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
        self.wrong: list[str] = []
        self._lock = threading.Lock()

    def live(self, seconds: float, measure: Any) -> list[tuple[int, int]]:
        """Return what `measure` said after a quarter of the time, and at the end."""
        until = time.monotonic() + seconds
        hands = [threading.Thread(target=self._work, args=(until, number)) for number in range(HANDS)]
        for hand in hands:
            hand.start()
        time.sleep(seconds / 4)
        early = measure()
        for hand in hands:
            hand.join()
        return [early, measure()]

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
            person.say(room, posts.STATEMENT)
            self.wrong.append("a known statement passed")
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
    time.sleep(10)
    return events


def _redactions(homeserver: Any, events: list[str]) -> list[int]:
    with sqlite3.connect(homeserver.folder / "homeserver.db") as db:
        query = "SELECT count(*) FROM redactions WHERE redacts = ?"
        return [int(db.execute(query, (event,)).fetchone()[0]) for event in events]


def _resident(server: Any) -> int:
    """Return the megabytes that a server's process holds."""
    status = Path(f"/proc/{server.process.pid}/status").read_text(encoding="ascii")
    return int(status.partition("VmRSS:")[2].split()[0]) // 1024


def _rows(
    crowd: Crowd, sizes: list[tuple[int, int]], arrived: int, removed: list[str], redactions: list[int]
) -> list[Row]:
    wrong = "; ".join(crowd.wrong[:3]) or "all as they should be"
    rows = []
    for which, (early, late) in zip(("Synapse", "Siyaj"), zip(*sizes, strict=True), strict=True):
        grown = f"{late / early:.2f}"
        rows.append(Row(f"memory of {which}, a quarter in → end", f"{early} → {late} MB", "–", grown, "no growth"))
    reported = len(crowd.reported)
    counted = f"{min(redactions, default=0)}–{max(redactions, default=0)}"
    return [
        Row("events sent", f"{crowd.sent:,}", "–", "–", "", f"{crowd.refused} refused; {wrong}"),
        *rows,
        Row("reports that became cases", f"{arrived} of {reported}", "–", "–", "all of them, each once"),
        Row("redactions for each removed event", counted, "–", "–", "1", f"{len(removed)} removed"),
    ]
