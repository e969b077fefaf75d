"""Fifty reviewers take, decide and drop cases at once on PostgreSQL: none is held twice, none is lost."""

import argparse
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import func, select

from benchmarks import _databases
from benchmarks._seed import DAY, Size, seed
from benchmarks.report import Row
from siyaj.model.action import ActionKind
from siyaj.model.case import Case
from siyaj.model.clock import now_us
from siyaj.model.decision import Draft, Exemption
from siyaj.model.errors import CaseHeld, SiyajError, StaleVersion
from siyaj.model.person import Person, Role
from siyaj.model.settings import Settings
from siyaj.moderation.runtime import Runtime
from siyaj.storage import tables

REVIEWERS = 50
LEASE_MINUTES = 0.02
"""1.2 s, so that dropped leases end within the run; a reviewer who still works renews."""
DRAFT = Draft(ActionKind.NONE, Exemption.NONE, reasons="Sample")
REACH = "none held twice, none lost"


class Floor:
    """Who works on what, as the reviewers themselves know it: the judge of the leases."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._holders: dict[str, tuple[str, float]] = {}
        self.twice = 0
        self.counts: Counter[str] = Counter()
        self.seconds: list[float] = []

    @contextmanager
    def working(self, case: Case, person: Person) -> Iterator[None]:
        """Somebody else is on the same case, and their lease runs: it is held twice."""
        with self._lock:
            other = self._holders.get(case.id)
            if other is not None and other[0] != person.id and time.monotonic() < other[1]:
                self.twice += 1
            assert case.held_until is not None
            # The lease began before the answer came: this bound is early rather than late, and blames nobody wrongly.
            self._holders[case.id] = (person.id, time.monotonic() + LEASE_MINUTES * 60 - 0.3)
        yield
        with self._lock:
            if self._holders.get(case.id, ("", 0.0))[0] == person.id:
                del self._holders[case.id]

    def count(self, what: str, seconds: float | None = None) -> None:
        with self._lock:
            self.counts[what] += 1
            if seconds is not None:
                self.seconds.append(seconds)


def run(arguments: argparse.Namespace) -> list[Row]:
    reviewers, seconds = (8, 4.0) if arguments.quick else (REVIEWERS, 60.0)
    with _databases.folder() as folder, _databases.postgres() as url:
        if url is None:
            return [Row("leases", "–", "–", "–", REACH, "PostgreSQL is not installed, and SIYAJ_TEST_POSTGRES not set")]
        return _measure(folder, url, reviewers, seconds, 10_000 if arguments.quick else 400_000)


def _measure(folder: Path, url: str, reviewers: int, seconds: float, cases: int) -> list[Row]:
    settings = Settings(data=str(folder), database=url, decoders=1, lease_minutes=LEASE_MINUTES, undo_seconds=0.0)
    with Runtime.open(settings) as runtime:
        seed(runtime.database, Size(cases, cases, 1_000), now_us() - DAY)
        before = _open(runtime)
        people = [
            runtime.people.create(f"r{number}", f"r{number}", [Role.LEAD], who="cli:bench")
            for number in range(reviewers)
        ]
        floor, stop = Floor(), time.monotonic() + seconds
        threads = [threading.Thread(target=_review, args=(runtime, person, floor, stop)) for person in people]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        after, decided, doubly = _open(runtime), floor.counts["decided"], _decided_twice(runtime)
    taken = sorted(floor.seconds)
    lost = before - after - decided
    where = f"{reviewers} reviewers, {seconds:.0f} s, {before:,} open cases"
    return [
        Row("cases held twice", str(floor.twice), "–", "–", "0", where),
        Row("cases decided twice", str(doubly), "–", "–", "0", f"{decided:,} decided"),
        Row(
            "cases lost", str(lost), "–", "–", "0", f"{floor.counts['dropped']} leases dropped, as by a closed browser"
        ),
        Row(
            "taking the next case",
            f"{len(taken) / seconds:,.0f}/s, p50 {_at(taken, 0.5):.0f} ms, p99 {_at(taken, 0.99):.0f} ms",
            "–",
            "–",
            "–",
            ", ".join(f"{count} {what}" for what, count in floor.counts.most_common()),
        ),
    ]


def _review(runtime: Runtime, person: Person, floor: Floor, stop: float) -> None:
    """Take the next case; mostly decide it, sometimes pass it on, sometimes walk away without a word."""
    chance = random.Random(person.id)
    while time.monotonic() < stop:
        try:
            began = time.perf_counter()
            case = runtime.cases.next(person)
            if case is None:
                return
            floor.count("taken", time.perf_counter() - began)
            with floor.working(case, person):
                time.sleep(chance.random() * 0.05)
                deed = chance.random()
                if deed < 0.05:
                    floor.count("dropped")
                    time.sleep(LEASE_MINUTES * 60)
                    continue
                if deed < 0.15:
                    runtime.cases.release(case.id, person, case.version)
                    floor.count("passed on")
                    continue
                if deed < 0.3:
                    case = runtime.cases.renew(case.id, person)
                runtime.decisions.decide(case.id, DRAFT, person, case.version)
                floor.count("decided")
        except (CaseHeld, StaleVersion):
            floor.count("refused: the lease had ended")
        except SiyajError as error:
            floor.count(f"failed: {error.code}")


def _open(runtime: Runtime) -> int:
    query = select(func.count()).select_from(tables.cases).where(tables.cases.c.state == "open")
    with runtime.database.read() as connection:
        return int(connection.execute(query).scalar_one())


def _decided_twice(runtime: Runtime) -> int:
    d = tables.decisions
    several = select(d.c.case_id).group_by(d.c.case_id).having(func.count() > 1)
    query = select(func.count()).select_from(several.subquery())
    with runtime.database.read() as connection:
        return int(connection.execute(query).scalar_one())


def _at(taken: list[float], share: float) -> float:
    return taken[min(len(taken) - 1, int(len(taken) * share))] * 1e3 if taken else 0.0
