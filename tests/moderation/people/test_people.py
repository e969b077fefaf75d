"""People prove who they are; too many wrong tries lock for a while; a code and an invitation serve once."""

import time
from pathlib import Path

import pyotp
import pytest

from siyaj.model.errors import AlreadyExists, InvalidRequest, NotFound, RateLimited, Unauthenticated
from siyaj.model.person import Locale, Preferences, Role
from siyaj.model.settings import Settings
from siyaj.moderation.people import passwords
from siyaj.moderation.people.passwords import FREE_FAILURES, lock_seconds
from siyaj.moderation.people.people import People
from siyaj.moderation.people.sessions import Sessions
from siyaj.storage import audit, people, sessions
from siyaj.storage.database import Database
from siyaj.storage.keyring import Keyring
from siyaj.storage.sessions import Stage

PASSWORD = "seven calm gardens"
WHO = "cli:test"


@pytest.fixture
def house(database: Database, tmp_path: Path) -> People:
    made = People(database, Keyring.open(tmp_path))
    made.create("root", "Root", [Role.ADMIN], who=WHO, password=PASSWORD)
    made.create("amal", "أمل", [Role.REVIEWER], who=WHO, password=PASSWORD, languages=["ar"])
    return made


@pytest.fixture
def started(database: Database) -> Sessions:
    return Sessions(database, Settings(session_hours=1, idle_minutes=10))


def deeds(database: Database, what: str) -> list[str]:
    with database.read() as connection:
        return [f"{row.who} {row.subject}" for row in audit.page(connection, what=what)]


def test_the_right_password_lets_in_and_others_do_not(house: People) -> None:
    assert house.authenticate("amal", PASSWORD).name == "أمل"
    assert house.authenticate(" AMAL ", PASSWORD).login == "amal"
    for login, password in (("amal", "wrong"), ("nobody", PASSWORD), ("", ""), (house.get("amal").id, PASSWORD)):
        with pytest.raises(Unauthenticated, match="the login or the password is wrong"):
            house.authenticate(login, password)


def test_a_password_is_stored_as_argon2id_only(house: People, database: Database) -> None:
    with database.read() as connection:
        kept = people.credentials(connection, "amal").password_hash
    assert kept is not None and kept.startswith("$argon2id$")
    assert passwords.matches(kept, PASSWORD) and not passwords.matches(None, PASSWORD)


def test_too_many_wrong_passwords_lock_even_for_the_right_one(house: People, database: Database) -> None:
    for _ in range(FREE_FAILURES):
        with pytest.raises(Unauthenticated):
            house.authenticate("amal", "wrong", "203.0.113.7")
    with pytest.raises(RateLimited):
        house.authenticate("amal", PASSWORD)
    assert house.authenticate("root", PASSWORD).login == "root"
    assert deeds(database, "session.failed") == ["system amal"] * FREE_FAILURES
    house.enable("amal", who=WHO)
    assert house.authenticate("amal", PASSWORD).login == "amal"


def test_locks_grow_and_end() -> None:
    assert [lock_seconds(n) for n in (1, 4, 5, 6, 7, 9, 50)] == [0, 0, 60, 120, 240, 900, 900]


def test_a_code_serves_once(house: People) -> None:
    secret = pyotp.random_base32()
    with pytest.raises(Unauthenticated):
        house.enrol("amal", secret, "000000", who=WHO)
    assert not house.get("amal").has_totp
    first = pyotp.TOTP(secret).now()
    house.enrol("amal", secret, first, who=WHO)
    assert house.get("amal").has_totp
    with pytest.raises(Unauthenticated):  # it proved the enrolment: used
        house.check_code("amal", first)
    later = pyotp.TOTP(secret).at(int(time.time()) + 30)
    house.check_code("amal", later)
    with pytest.raises(Unauthenticated):
        house.check_code("amal", later)


def test_a_code_may_be_typed_in_arabic_digits_and_with_a_space(house: People) -> None:
    secret = pyotp.random_base32()
    code = pyotp.TOTP(secret).now().translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    house.enrol("amal", secret, f"{code[:3]} {code[3:]}", who=WHO)


def test_wrong_codes_lock_as_well(house: People) -> None:
    secret = pyotp.random_base32()
    house.enrol("amal", secret, pyotp.TOTP(secret).now(), who=WHO)
    for _ in range(FREE_FAILURES):
        with pytest.raises(Unauthenticated):
            house.check_code("amal", "123")
    with pytest.raises(RateLimited):
        house.check_code("amal", pyotp.TOTP(secret).at(int(time.time()) + 30))


def test_the_secret_of_a_second_factor_is_sealed(house: People, database: Database) -> None:
    secret = pyotp.random_base32()
    house.enrol("amal", secret, pyotp.TOTP(secret).now(), who=WHO)
    with database.read() as connection:
        kept = people.credentials(connection, "amal").totp_secret
    assert kept is not None and secret.encode() not in kept


def test_an_invitation_serves_once(house: People) -> None:
    house.create("huda", "Huda", [Role.REVIEWER], who=WHO)
    token = house.invite("huda", who=WHO)
    invited = house.invited(token)
    assert invited is not None and invited.login == "huda"
    house.set_password("huda", PASSWORD, who=WHO)
    assert house.invited(token) is None
    assert house.invited("x.y") is None and house.invited("") is None


def test_an_invitation_grows_old(house: People, monkeypatch: pytest.MonkeyPatch) -> None:
    token = house.invite("amal", who=WHO)
    monkeypatch.setattr(time, "time", lambda now=time.time: now() + 4 * 86_400)
    assert house.invited(token) is None


def test_somebody_disabled_is_out_at_once(house: People, started: Sessions) -> None:
    secret = started.start(house.get("amal"), Stage.OPEN, agent="x", address="y")
    assert started.visit(secret) is not None
    house.disable("amal", who=WHO)
    assert started.visit(secret) is None
    with pytest.raises(Unauthenticated):
        house.authenticate("amal", PASSWORD)


def test_the_last_administrator_stays(house: People) -> None:
    with pytest.raises(InvalidRequest, match="last administrator"):
        house.disable("root", who=WHO)
    with pytest.raises(InvalidRequest, match="last administrator"):
        house.edit("root", "Root", [Role.LEAD], [], [], who=WHO)
    house.edit("amal", "Amal", [Role.ADMIN], [], [], who=WHO)
    assert house.disable("root", who=WHO).disabled_at is not None


@pytest.mark.parametrize(
    ("login", "name", "roles", "field"),
    [
        ("Amal", "A", [Role.LEAD], "login"),
        ("أمل", "A", [Role.LEAD], "login"),
        ("per_x", "A", [Role.LEAD], "login"),
        ("../x", "A", [Role.LEAD], "login"),
        ("x" * 65, "A", [Role.LEAD], "login"),
        ("a", " ", [Role.LEAD], "name"),
        ("a", "a\u202eb", [Role.LEAD], "name"),
        ("a", "A", [], "roles"),
    ],
)
def test_what_does_not_fit_is_named(house: People, login: str, name: str, roles: list[Role], field: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        house.create(login, name, roles, who=WHO)
    assert caught.value.field == field


def test_a_login_is_taken_once_and_short_passwords_are_refused(house: People) -> None:
    with pytest.raises(AlreadyExists):
        house.create("amal", "Another", [Role.LEAD], who=WHO)
    with pytest.raises(InvalidRequest, match="12 to 256"):
        house.set_password("amal", "short", who=WHO)
    with pytest.raises(NotFound):
        house.set_password("nobody", PASSWORD, who=WHO)


def test_a_provider_binds_only_somebody_without_a_password(house: People, database: Database) -> None:
    house.create("huda", "Huda", [Role.REVIEWER], who=WHO)
    assert house.identified("https://id.example 17", "huda").login == "huda"
    assert house.identified("https://id.example 17", "renamed").login == "huda"
    for subject, login in (("https://id.example 18", "huda"), ("https://id.example 19", "amal"), ("x 1", "nobody")):
        with pytest.raises(Unauthenticated):
            house.identified(subject, login)
    assert deeds(database, "person.oidc") == ["system huda"]
    house.disable("huda", who=WHO)
    with pytest.raises(Unauthenticated):
        house.identified("https://id.example 17", "huda")


def test_a_new_password_ends_other_sessions(house: People, started: Sessions) -> None:
    mine, other = (started.start(house.get("amal"), Stage.OPEN, agent="x", address="y") for _ in range(2))
    visit = started.visit(mine)
    assert visit is not None
    house.set_password("amal", "another calm garden", who=WHO, but=visit.session.id)
    assert started.visit(mine) is not None and started.visit(other) is None


def test_sessions_end_by_themselves(house: People, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    person = house.get("amal")
    for settings in (Settings(session_hours=0.000_000_1), Settings(idle_minutes=0.000_000_1)):
        short = Sessions(database, settings)
        secret = short.start(person, Stage.OPEN, agent="x", address="y")
        time.sleep(0.01)
        assert short.visit(secret) is None
        assert short.of_person(person) == []


def test_a_session_in_use_does_not_grow_idle(house: People, database: Database) -> None:
    short = Sessions(database, Settings(idle_minutes=0.01))
    secret = short.start(house.get("amal"), Stage.OPEN, agent="x", address="y")
    for _ in range(8):
        time.sleep(0.2)
        assert short.visit(secret) is not None
    time.sleep(0.7)
    assert short.visit(secret) is None


def test_each_step_of_a_log_in_has_a_secret_of_its_own(house: People, started: Sessions, database: Database) -> None:
    person = house.get("amal")
    first = started.start(person, Stage.CODE, agent="x", address="y")
    visit = started.visit(first)
    assert visit is not None and not visit.signed_in
    second = started.start(person, Stage.OPEN, agent="x", address="y", before=visit.session)
    assert started.visit(first) is None and started.visit(second) is not None
    with database.read() as connection:
        kept = sessions.of_person(connection, person.id)
    assert len(kept) == 1 and second not in str(kept)


def test_somebody_else_cannot_end_a_session(house: People, started: Sessions) -> None:
    secret = started.start(house.get("amal"), Stage.OPEN, agent="x", address="y")
    visit = started.visit(secret)
    assert visit is not None
    for id in (visit.session.id, "zz", "", visit.session.id[:-1] + "é"):
        with pytest.raises(NotFound):
            started.end(id, house.get("root"), who=WHO)
    started.end(visit.session.id, visit.person, who=WHO)
    assert started.visit(secret) is None


def test_preferences_are_kept(house: People) -> None:
    assert house.get("amal").preferences == Preferences()
    house.prefer("amal", Preferences(locale=Locale.EN, blur=30))
    assert house.get("amal").preferences == Preferences(locale=Locale.EN, blur=30)
