"""Who works in the demo's console, and a way in for each. All are invented."""

import time
from collections.abc import Sequence

import pyotp
from msgspec import Struct

from siyaj.model.person import Locale, Person, Preferences, Role
from siyaj.moderation.people.people import People

PASSWORD = "sample garden gate"  # noqa: S105  (a demo's, printed on the screen; the folder is removed afterwards)


class Seat(Struct):
    """A person to be, and what they prefer."""

    login: str
    name: str
    roles: Sequence[Role]
    locale: Locale
    languages: Sequence[str]
    skills: Sequence[str] = ()


SEATS = (
    Seat("nora", "نورة (عيّنة)", [Role.LEAD, Role.CURATOR, Role.ADMIN], Locale.AR, [], ["video"]),
    Seat("amal", "أمل (عيّنة)", [Role.REVIEWER], Locale.AR, ["ar"]),
    Seat("sam", "Sam (sample)", [Role.REVIEWER], Locale.EN, ["en", "ar"], ["video"]),
    Seat("basim", "باسم (عيّنة)", [Role.REVIEWER], Locale.AR, ["ar", "en"]),
    Seat("olive", "Olive (sample)", [Role.LEAD, Role.CURATOR, Role.AUDITOR], Locale.EN, []),
)


class LogIn(Struct):
    """How to sign in as somebody."""

    login: str
    roles: Sequence[str]
    locale: str
    password: str
    secret: str

    def code(self) -> str:
        """Return the code that an authenticator app would show now."""
        return pyotp.TOTP(self.secret).now()


def seat(people: People) -> tuple[dict[str, Person], list[LogIn]]:
    """Make them all; return them by login, and how to sign in."""
    known, doors = {}, []
    for one in SEATS:
        person = people.create(
            one.login,
            one.name,
            one.roles,
            who="cli:demo",
            password=PASSWORD,
            languages=one.languages,
            skills=one.skills,
            preferences=Preferences(locale=one.locale),
        )
        secret = pyotp.random_base32()
        # Enrolled with the code before this one: a code serves once, and the one that is shown must still serve.
        people.enrol(one.login, secret, pyotp.TOTP(secret).at(int(time.time()) - 30), who="cli:demo")
        known[one.login] = person
        doors.append(LogIn(one.login, [role.value for role in one.roles], one.locale.value, PASSWORD, secret))
    return known, doors
