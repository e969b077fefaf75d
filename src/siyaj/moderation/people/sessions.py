"""Sessions: who is signed in, since when, and until when. Kept here, not in the cookie, so that they can be ended."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from siyaj.model.errors import NotFound
from siyaj.model.person import Person
from siyaj.model.settings import Settings
from siyaj.storage import audit, people, sessions
from siyaj.storage.database import Database
from siyaj.storage.sessions import Memory, Session, Stage

UNFINISHED_SECONDS = 600
"""A log-in that lacks its second factor is forgotten after so long."""
_TOUCH_SECONDS = 60
"""How stale `seen_at` may be: a page need not write to the database each time it is read."""


class Visit(NamedTuple):
    """A request of somebody who is signed in, or halfway so: see `session.memory.stage`."""

    session: Session
    person: Person

    @property
    def who(self) -> str:
        """As the audit log names them."""
        return f"person:{self.person.login}"

    @property
    def signed_in(self) -> bool:
        return self.session.memory.stage is Stage.OPEN


class Sessions:
    """Starts, recognises and ends sessions."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._hours = timedelta(hours=settings.session_hours)
        self._idle = timedelta(minutes=settings.idle_minutes)
        self._stale = min(timedelta(seconds=_TOUCH_SECONDS), self._idle / 4)

    def start(
        self,
        person: Person,
        stage: Stage,
        *,
        agent: str,
        address: str,
        before: Session | None = None,
        how: str = "",
        following: str = "",
    ) -> str:
        """Return the secret for the cookie. `before` ends: each step of a log-in gets a fresh secret, so that one
        that was planted or seen earlier is worth nothing. `following` is the page to go on to afterwards."""
        lasts = self._hours if stage is Stage.OPEN else timedelta(seconds=UNFINISHED_SECONDS)
        with self._database.begin() as connection:
            sessions.sweep(connection)
            if before is not None:
                sessions.end(connection, before.id, before.person_id)
            _, secret = sessions.create(
                connection,
                person.id,
                lasts_us=lasts // timedelta(microseconds=1),
                agent=agent,
                address=address,
                memory=Memory(stage, following),
            )
            if stage is Stage.OPEN:
                people.change(connection, person.id, failures=0, locked_until=None)
                audit.write(
                    connection, f"person:{person.login}", "session.start", person.login, how=how, address=address
                )
        return secret

    def visit(self, secret: str) -> Visit | None:
        """Return who comes with this cookie; None when the session is unknown, over, idle, or of a disabled person."""
        now = datetime.now(UTC)
        with self._database.read() as connection:
            session = sessions.find(connection, secret)
            if session is None or session.expires_at <= now or session.seen_at + self._idle <= now:
                return None
            person = people.get(connection, session.person_id)
        if person.disabled_at is not None:
            return None
        if now - session.seen_at > self._stale:
            with self._database.begin() as connection:
                sessions.touch(connection, session.id)
        return Visit(session, person)

    def of_person(self, person: Person) -> list[Session]:
        """Return the sessions that may still be used, the one last used first."""
        idle_since = datetime.now(UTC) - self._idle
        with self._database.read() as connection:
            return [one for one in sessions.of_person(connection, person.id) if one.seen_at > idle_since]

    def remember(self, session: Session, memory: Memory) -> None:
        with self._database.begin() as connection:
            sessions.remember(connection, session.id, memory)

    def end(self, id: str, person: Person, *, who: str) -> None:
        """Raises NotFound when the person has no such session."""
        with self._database.begin() as connection:
            if not (len(id) == 64 and set(id) <= set("0123456789abcdef") and sessions.end(connection, id, person.id)):
                raise NotFound("there is no such session")
            audit.write(connection, who, "session.end", person.login)

    def end_others(self, session: Session, person: Person, *, who: str) -> int:
        """End all sessions of a person but this one; return how many."""
        with self._database.begin() as connection:
            gone = sessions.end_all(connection, person.id, but=session.id)
            audit.write(connection, who, "session.end", person.login, sessions=gone)
        return gone
