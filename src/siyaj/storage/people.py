"""People who work in the console: their rows. What a password or a code means is known upstairs, not here."""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Row, select, update

from siyaj.model.clock import now_us, to_datetime
from siyaj.model.errors import NotFound
from siyaj.model.ids import new_id
from siyaj.model.person import Person, Preferences, Role
from siyaj.storage.tables import people


class Credentials(Struct):
    """What is needed to let a person in. Never shown. `totp_step` is the last time step whose code was used."""

    person: Person
    password_hash: str | None
    totp_secret: bytes | None
    totp_step: int | None
    failures: int


def create(
    connection: Connection,
    *,
    login: str,
    name: str,
    roles: Sequence[Role],
    languages: Sequence[str] = (),
    skills: Sequence[str] = (),
    preferences: Preferences | None = None,
    oidc_subject: str | None = None,
) -> Person:
    """Raises AlreadyExists when the login is taken."""
    id = new_id("per")
    row = {
        "id": id,
        "login": login,
        "name": name,
        "roles": " ".join(roles),
        "languages": " ".join(languages),
        "skills": " ".join(skills),
        "preferences": msgspec.json.encode(preferences or Preferences()).decode(),
        "created_at": now_us(),
        "oidc_subject": oidc_subject,
    }
    connection.execute(people.insert(), row)
    return get(connection, id)


def get(connection: Connection, key: str) -> Person:
    """Return a person by id or login. Raises NotFound."""
    return credentials(connection, key).person


def find(connection: Connection, key: str) -> Credentials | None:
    """Return a person with what lets them in, by id or login."""
    column = people.c.id if key.startswith("per_") else people.c.login
    row = connection.execute(select(people).where(column == key)).one_or_none()
    return _credentials(row) if row else None


def credentials(connection: Connection, key: str) -> Credentials:
    """As `find`. Raises NotFound."""
    found = find(connection, key)
    if found is None:
        raise NotFound(f"there is no person {key[:100]!r}", hint="`siyaj person list` shows them")
    return found


def find_oidc(connection: Connection, subject: str) -> Person | None:
    row = connection.execute(select(people).where(people.c.oidc_subject == subject)).one_or_none()
    return _credentials(row).person if row else None


def listed(connection: Connection) -> list[Person]:
    """Return everybody, disabled ones too, by login."""
    return [_credentials(row).person for row in connection.execute(select(people).order_by(people.c.login))]


def change(connection: Connection, id: str, **columns: Any) -> None:
    """Set columns of one row, by its id."""
    connection.execute(update(people).where(people.c.id == id).values(**columns))


def spend_step(connection: Connection, id: str, step: int) -> bool:
    """Note that the code of a time step was used; False when it, or a later one, was used before (RFC 6238, 5.2)."""
    fresh = people.c.totp_step.is_(None) | (people.c.totp_step < step)
    done = connection.execute(update(people).where(people.c.id == id, fresh).values(totp_step=step))
    return done.rowcount == 1


def add_failure(connection: Connection, id: str) -> int:
    """Count a failed log-in; return how many there were in a row."""
    grown = update(people).where(people.c.id == id).values(failures=people.c.failures + 1).returning(people.c.failures)
    return int(connection.execute(grown).scalar_one())


def _credentials(row: Row[Any]) -> Credentials:
    person = Person(
        id=row.id,
        login=row.login,
        name=row.name,
        roles=[Role(role) for role in row.roles.split()],
        languages=row.languages.split(),
        skills=row.skills.split(),
        preferences=msgspec.json.decode(row.preferences, type=Preferences),
        created_at=to_datetime(row.created_at),
        disabled_at=to_datetime(row.disabled_at) if row.disabled_at is not None else None,
        locked_until=to_datetime(row.locked_until) if row.locked_until is not None else None,
        has_totp=row.totp_secret is not None,
        oidc_subject=row.oidc_subject,
    )
    secret = bytes(row.totp_secret) if row.totp_secret is not None else None
    return Credentials(person, row.password_hash, secret, row.totp_step, row.failures)
