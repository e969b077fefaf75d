"""Cases and who works on them: leases that never overlap, and a version that tells a stale screen from a fresh one.

Every change is one transaction with its audit row. The version grows with what people do; what merely arrives (one
more report, one more verdict) and a renewed lease leave it.
"""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from siyaj.model.case import Case, CaseOrigin, CaseState, Level, Note, SecondOpinion
from siyaj.model.decision import Draft, Opinion
from siyaj.model.errors import CaseHeld, Forbidden, InvalidRequest, NotFound, StaleVersion
from siyaj.model.person import Permission, Person
from siyaj.model.queue import QueueFilter
from siyaj.model.settings import Settings
from siyaj.moderation.casework import drafts
from siyaj.moderation.patience import patiently
from siyaj.policy.evaluate import Policy
from siyaj.storage import audit, cases, leases, notes, opinions, queue
from siyaj.storage.database import Connection, Database
from siyaj.storage.leases import Suits
from siyaj.storage.queue import Place

MOST_OF_A_NOTE = 10_000
STRAYS_SECONDS = 15.0
"""How long it takes at most until cases that nobody here can read are offered to all."""
_MENTION = re.compile(r"(?<![\w@])@([\w.-]*\w)")


class Cases:
    """Hands out cases and keeps them. Safe for many threads and processes."""

    def __init__(self, database: Database, policy: Policy, settings: Settings) -> None:
        self._database = database
        self._policy = policy
        self._strays: tuple[float, tuple[set[str], set[str]] | None] = (0.0, None)
        self._lease_us = int(settings.lease_minutes * 60_000_000)

    def get(self, case: str) -> Case:
        """Raises NotFound."""
        with self._database.read() as connection:
            return found(connection, case)

    def queue(self, chosen: QueueFilter, after: Place | None = None, limit: int = 50) -> list[tuple[Place, Case]]:
        """Return a page of cases, each with the place to go on from."""
        with self._database.read() as connection:
            return queue.page(connection, chosen, after, limit)

    def next(self, person: Person) -> Case | None:
        """Lease the most urgent case that suits the person's languages, skills and roles, and that they did not pass
        on. Who holds one already gets that one. Raises Forbidden."""
        with noting_refusals(self._database, person, "case.next", "queue"):
            _require(person, Permission.DECIDE)
        wanted = self._suits(person)

        def write(connection: Connection) -> Case | None:
            taken = leases.next_for(connection, wanted, self._lease_us)
            if taken is not None:
                audit.write(connection, who(person), "case.take", taken.id)
            return taken

        return patiently(self._database, write)

    def waiting(self, person: Person) -> int:
        """Return how many cases wait that suit the person, at most 1,000."""
        wanted = self._suits(person)
        with self._database.read() as connection:
            return leases.waiting(connection, wanted, self._lease_us)

    def take(self, case: str, person: Person) -> Case:
        """Lease this case. Raises NotFound, CaseHeld, Forbidden, StaleVersion when it is closed."""

        def write(connection: Connection) -> Case:
            before = found(connection, case, lock=True)
            may_decide(connection, before, person)
            _open(before)
            if not leases.take(connection, case, person.id, self._lease_us):
                raise CaseHeld("somebody else holds this case", hint="take another one")
            taken = found(connection, case)
            if taken.version != before.version:
                audit.write(connection, who(person), "case.take", case)
            return taken

        with noting_refusals(self._database, person, "case.take", case):
            return patiently(self._database, write)

    def renew(self, case: str, person: Person) -> Case:
        """Keep the lease while the screen is open. Raises NotFound, CaseHeld, StaleVersion when it is closed."""

        def write(connection: Connection) -> Case:
            if not leases.renew(connection, case, person.id, self._lease_us):
                _open(found(connection, case))
                raise CaseHeld("the lease of this case is not yours any more", hint="take the case again")
            return found(connection, case)

        return patiently(self._database, write)

    def release(self, case: str, person: Person, version: int, why: str = "") -> Case:
        """Pass the case on: for a shift it is not offered to this person again."""

        def write(connection: Connection) -> None:
            leases.change(connection, case, holder=None, held_until=None, **_unassigned(connection, case, person))
            leases.skip(connection, case, person.id, why)
            audit.write(connection, who(person), "case.release", case, why=why)

        return self._change(case, person, version, write)

    def hand_over(self, case: str, person: Person, version: int, to: str) -> Case:
        """Give the case to a colleague by login: it is offered to them first, and to nobody else. Raises NotFound."""

        def write(connection: Connection) -> None:
            login = to.removeprefix("@")
            colleague = notes.people_called(connection, [login]).get(login)
            if colleague is None:
                raise NotFound(f"nobody called {to!r} works here", field="to")
            leases.change(connection, case, holder=None, held_until=None, assignee=colleague)
            audit.write(connection, who(person), "case.hand_over", case, to=login)

        return self._change(case, person, version, write)

    def escalate(self, case: str, person: Person, version: int, why: str) -> Case:
        """Leave the case to a lead. The reason becomes a note."""

        def write(connection: Connection) -> None:
            values = {"holder": None, "held_until": None, "assignee": None, "level": Level.LEAD.value}
            leases.change(connection, case, **values)
            if why.strip():
                notes.add(connection, case, person.id, why.strip(), [])
            audit.write(connection, who(person), "case.escalate", case, why=why)

        return self._change(case, person, version, write)

    def ask_second_opinion(self, case: str, person: Person, version: int, draft: Draft) -> Case:
        """Say what one would decide, and let somebody else decide without seeing it. Raises InvalidRequest."""

        def write(connection: Connection) -> None:
            there = found(connection, case)
            if there.second_opinion is not SecondOpinion.NONE:
                raise InvalidRequest("a second opinion was asked for already", field="case")
            drafts.refuse(draft, there, self._policy)
            number = opinions.last_round(connection, case).number + 1
            opinions.add(connection, case, number, person.id, draft)
            values = {"holder": None, "held_until": None, "assignee": None}
            leases.change(connection, case, second_opinion=SecondOpinion.ASKED.value, **values)
            leases.skip(connection, case, person.id, barred=True)
            audit.write(connection, who(person), "case.ask_second_opinion", case)

        return self._change(case, person, version, write)

    def opinions(self, case: str, person: Person) -> Sequence[Opinion]:
        """Return the opinions that a person may see: one's own, and all of them once both stand."""
        with self._database.read() as connection:
            there = found(connection, case)
            given = opinions.last_round(connection, case).opinions
        blind = there.second_opinion is SecondOpinion.ASKED
        return [each for each in given if each.person == person.id or not blind]

    def note(self, case: str, person: Person, text: str) -> Note:
        """Write a note; `@login` mentions a colleague. No lease is needed. Raises NotFound, InvalidRequest."""
        if not text.strip() or len(text) > MOST_OF_A_NOTE or "\0" in text:
            raise InvalidRequest(f"a note has 1 to {MOST_OF_A_NOTE} characters", field="text")

        def write(connection: Connection) -> Note:
            found(connection, case)
            mentioned = notes.people_called(connection, sorted(set(_MENTION.findall(text))))
            note = notes.add(connection, case, person.id, text.strip(), sorted(mentioned.values()))
            audit.write(connection, who(person), "case.note", case, mentions=sorted(mentioned))
            return note

        return patiently(self._database, write)

    def notes(self, case: str) -> Sequence[Note]:
        with self._database.read() as connection:
            return notes.of_case(connection, case)

    def mentions(self, person: Person) -> Sequence[Note]:
        """Return the notes that mention a person and that they did not see yet, newest first."""
        with self._database.read() as connection:
            return notes.unread(connection, person.id)

    def seen(self, case: str, person: Person) -> None:
        """Note that a person has read a case's notes."""
        with self._database.begin() as connection:
            notes.read(connection, case, person.id)

    def _suits(self, person: Person) -> Suits:
        languages, skills = self._strays_now()
        return Suits(
            person=person.id,
            languages=sorted({"", *person.languages, *languages}) if person.languages else None,
            skills=sorted({"", *person.skills, *skills}),
            escalated=person.may(Permission.DECIDE_ESCALATED),
            appeals=person.may(Permission.DECIDE_APPEALS),
        )

    def _strays_now(self) -> tuple[set[str], set[str]]:
        """Remembered for a moment: it reads all that is open."""
        read_at, found = self._strays
        if found is None or time.monotonic() - read_at > STRAYS_SECONDS:
            with self._database.read() as connection:
                found = leases.strays(connection)
            self._strays = (time.monotonic(), found)
        return found

    def _change(self, case: str, person: Person, version: int, write: Callable[[Connection], None]) -> Case:
        """Do what changes a case that the person holds; return it as it is then."""

        def change(connection: Connection) -> Case:
            held(connection, case, person, version)
            write(connection)
            return found(connection, case)

        with noting_refusals(self._database, person, "case.change", case):
            return patiently(self._database, change)


@contextmanager
def noting_refusals(database: Database, person: Person, deed: str, subject: str) -> Iterator[None]:
    """Note in the audit log what somebody tried and may not do; it is refused all the same."""
    try:
        yield
    except Forbidden as error:
        with database.begin() as connection:
            audit.write(connection, who(person), "refused", subject, deed=deed, why=error.message)
        raise


def found(connection: Connection, case: str, *, lock: bool = False) -> Case:
    """Raises NotFound."""
    there = cases.get(connection, case, lock=lock)
    if there is None:
        raise NotFound(f"there is no case {case[:80]!r}")
    return there


def held(connection: Connection, case: str, person: Person, version: int) -> Case:
    """Return the case, locked, if it is as the person saw it and they hold its lease.

    Raises NotFound, StaleVersion, CaseHeld, Forbidden.
    """
    there = found(connection, case, lock=True)
    _open(there)
    holder = leases.holder(connection, case)
    if holder is not None and holder != person.id:
        raise CaseHeld("somebody else holds this case", hint="take another one")
    if there.version != version:
        raise StaleVersion(
            f"the case is at version {there.version} by now; version {version} was seen", hint="read it again"
        )
    if holder is None:
        raise CaseHeld("you do not hold this case, or your lease has ended", hint="take the case again")
    may_decide(connection, there, person)
    if notes.has_left(connection, person.id):
        raise Forbidden("this person does not work here any more")
    return there


def may_decide(connection: Connection, case: Case, person: Person) -> None:
    """Raises Forbidden unless the person may decide this case."""
    _require(person, Permission.DECIDE)
    if case.level is Level.LEAD:
        _require(person, Permission.DECIDE_ESCALATED)
    if case.origin is CaseOrigin.APPEAL:
        _require(person, Permission.DECIDE_APPEALS)
    if leases.is_barred(connection, case.id, person.id):
        raise Forbidden("somebody who did not decide before must decide this case")


def who(person: Person) -> str:
    """Return how the audit log names a person, or a key that acts as one."""
    return f"key:{person.login}" if person.id.startswith("key:") else f"person:{person.login}"


def _require(person: Person, permission: Permission) -> None:
    if not person.may(permission):
        scope = "cases:decide" if permission is Permission.DECIDE else "appeals:decide"
        hint = f"a key needs the scope {scope}" if person.id.startswith("key:") else None
        raise Forbidden(f"this needs the permission {permission.value!r}", hint=hint)


def _open(case: Case) -> None:
    if case.state is not CaseState.OPEN:
        raise StaleVersion("the case was closed meanwhile", hint="read it again")


def _unassigned(connection: Connection, case: str, person: Person) -> dict[str, Any]:
    """Who passes on what was handed over to them gives it back to all."""
    return {"assignee": None} if found(connection, case).assignee == person.id else {}
