"""People and cases to test with."""

from siyaj.model.clock import now_us, to_datetime
from siyaj.model.ids import new_id
from siyaj.model.person import Person, Preferences, Role
from siyaj.storage import cases
from siyaj.storage.cases import NewCase
from siyaj.storage.database import Database
from siyaj.storage.tables import people


def person(login: str, *roles: Role, languages: str = "", skills: str = "") -> Person:
    return Person(
        f"per_{login}",
        login,
        login.title(),
        list(roles) or [Role.REVIEWER],
        languages.split(),
        skills.split(),
        Preferences(),
        to_datetime(now_us()),
    )


def employ(database: Database, *hired: Person) -> None:
    """Give people their rows, so that they can be mentioned and handed cases."""
    with database.begin() as connection:
        for one in hired:
            row = {
                "id": one.id,
                "login": one.login,
                "name": one.name,
                "roles": " ".join(one.roles),
                "created_at": 0,
                "languages": " ".join(one.languages),
                "skills": " ".join(one.skills),
            }
            connection.execute(people.insert(), row)


def new_case(database: Database, subject: str = "item:m-1", priority: int = 50, **fields: object) -> str:
    kind, _, subject_id = subject.partition(":")
    now = now_us()
    given = {"policy": "tvec", "reasons": [], "opened_at": now, "deadline": now + 86_400_000_000, **fields}
    new = NewCase(new_id("case"), kind, subject_id, priority=priority, **given)  # type: ignore[arg-type]
    with database.begin() as connection:
        cases.insert_many(connection, [new])
    return new.id
