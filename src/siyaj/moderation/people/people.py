"""People: who they are, what they may do, how they prove it: password (argon2id), code (TOTP, RFC 6238), lock-out."""

import hashlib
import re
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from siyaj.model.clock import now_us
from siyaj.model.errors import InvalidRequest, RateLimited, Unauthenticated
from siyaj.model.person import Person, Preferences, Role
from siyaj.moderation.people import passwords
from siyaj.moderation.people.passwords import lock_seconds, step_of
from siyaj.storage import audit, people, sessions
from siyaj.storage.database import Connection, Database
from siyaj.storage.keyring import Keyring
from siyaj.storage.people import Credentials

INVITATION_SECONDS = 3 * 86_400
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,63}")
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_SKILL = re.compile(r"[a-z0-9_.-]{1,40}")
_WRONG = "the login or the password is wrong"


class People:
    """Keeps people. `who` is who does it, for the audit log, which each change is written to."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._database = database
        self._keyring = keyring

    def get(self, key: str) -> Person:
        """Return a person by id or login. Raises NotFound."""
        with self._database.read() as connection:
            return people.get(connection, key)

    def listed(self) -> list[Person]:
        with self._database.read() as connection:
            return people.listed(connection)

    def has_password(self, key: str) -> bool:
        """False for somebody who enters by OpenID Connect only, or has not chosen one yet."""
        with self._database.read() as connection:
            return people.credentials(connection, key).password_hash is not None

    def create(
        self,
        login: str,
        name: str,
        roles: Sequence[Role],
        *,
        who: str,
        password: str | None = None,
        languages: Sequence[str] = (),
        skills: Sequence[str] = (),
        preferences: Preferences | None = None,
        oidc_subject: str | None = None,
    ) -> Person:
        """Raises InvalidRequest saying what does not fit, AlreadyExists when the login is taken."""
        _check_login(login)
        _check_person(name, roles, languages, skills)
        hashed = passwords.hashed(password) if password is not None else None
        with self._database.begin() as connection:
            made = people.create(
                connection,
                login=login,
                name=name.strip(),
                roles=roles,
                languages=languages,
                skills=skills,
                preferences=preferences,
                oidc_subject=oidc_subject,
            )
            if hashed is not None:
                people.change(connection, made.id, password_hash=hashed)
            audit.write(connection, who, "person.create", login, name=made.name, roles=made.roles)
            return made

    def authenticate(self, login: str, password: str, address: str = "") -> Person:
        """Return the person whose password this is. Raises Unauthenticated (the same for a wrong login, a wrong
        password and a disabled person), RateLimited while the account is locked."""
        with self._database.read() as connection:
            found = people.find(connection, login.strip().lower()) if not login.startswith("per_") else None
        if found is None or found.password_hash is None or found.person.disabled_at is not None:
            passwords.matches(None, password)  # takes as long as for somebody
            raise Unauthenticated(_WRONG)
        self._check_lock(found)
        if not passwords.matches(found.password_hash, password):
            self._failed(found.person, "password", address)
            raise Unauthenticated(_WRONG)
        if passwords.is_weak(found.password_hash):
            with self._database.begin() as connection:
                people.change(connection, found.person.id, password_hash=passwords.hashed(password))
        return found.person

    def check_code(self, key: str, code: str, address: str = "") -> None:
        """Raises Unauthenticated when the code is wrong or was used, RateLimited while the account is locked."""
        with self._database.read() as connection:
            found = people.credentials(connection, key)
        self._check_lock(found)
        secret = self._secret_of(found)
        step = step_of(secret, code) if secret else None
        with self._database.begin() as connection:
            if step is not None and people.spend_step(connection, found.person.id, step):
                people.change(connection, found.person.id, failures=0, locked_until=None)
                return
        self._failed(found.person, "code", address)
        raise Unauthenticated("the code is wrong, or was used already")

    def identified(self, subject: str, login: str) -> Person:
        """Return whom an OpenID Connect provider names; the first time, somebody without a password whose login it
        is. Raises Unauthenticated when there is nobody, or they are disabled."""
        with self._database.begin() as connection:
            known = people.find_oidc(connection, subject)
            if known is None:
                found = people.find(connection, login) if login and not login.startswith("per_") else None
                if found is None or found.password_hash is not None or found.person.oidc_subject is not None:
                    raise Unauthenticated(f"nobody here is {login[:64]!r} of that provider")
                known = found.person
                people.change(connection, known.id, oidc_subject=subject)
                audit.write(connection, "system", "person.oidc", known.login, bound_to=subject)
        if known.disabled_at is not None:
            raise Unauthenticated(f"{known.login!r} is disabled")
        return known

    def enrol(self, key: str, secret: str, code: str, *, who: str) -> None:
        """Make a secret a person's second factor, once they show a code of it. Raises Unauthenticated."""
        step = step_of(secret, code)
        if step is None:
            raise Unauthenticated("the code is wrong", hint="look whether the clock of the phone is right")
        with self._database.begin() as connection:
            person = people.get(connection, key)
            sealed = self._keyring.seal_small(secret.encode(), "totp", person.id)
            people.change(connection, person.id, totp_secret=sealed, totp_step=step, failures=0, locked_until=None)
            audit.write(connection, who, "person.totp", person.login)

    def reset_totp(self, key: str, *, who: str) -> Person:
        """Take the second factor away; it is set up anew at the next log-in. Ends the person's sessions."""

        def apply(connection: Connection, person: Person) -> None:
            people.change(connection, person.id, totp_secret=None, totp_step=None)
            sessions.end_all(connection, person.id)

        return self._change(key, "person.totp_reset", who, apply)

    def set_password(self, key: str, password: str, *, who: str, but: str = "") -> Person:
        """Also lifts a lock-out, and ends all sessions except `but`. Raises InvalidRequest for a bad password."""
        hashed = passwords.hashed(password)

        def apply(connection: Connection, person: Person) -> None:
            people.change(connection, person.id, password_hash=hashed, failures=0, locked_until=None)
            sessions.end_all(connection, person.id, but=but)

        return self._change(key, "person.password", who, apply)

    def edit(
        self, key: str, name: str, roles: Sequence[Role], languages: Sequence[str], skills: Sequence[str], *, who: str
    ) -> Person:
        """Change name, roles, languages and skills. Raises InvalidRequest; also for the last administrator's role."""
        _check_person(name, roles, languages, skills)

        def apply(connection: Connection, person: Person) -> None:
            if Role.ADMIN not in roles:
                _keep_an_admin(connection, person)
            people.change(
                connection,
                person.id,
                name=name.strip(),
                roles=" ".join(roles),
                languages=" ".join(languages),
                skills=" ".join(skills),
            )

        return self._change(key, "person.edit", who, apply, roles=list(roles), languages=list(languages))

    def disable(self, key: str, *, who: str) -> Person:
        """Nobody is deleted: their decisions stand under their name. Ends their sessions."""

        def apply(connection: Connection, person: Person) -> None:
            _keep_an_admin(connection, person)
            people.change(connection, person.id, disabled_at=now_us())
            sessions.end_all(connection, person.id)

        return self._change(key, "person.disable", who, apply)

    def enable(self, key: str, *, who: str) -> Person:
        def apply(connection: Connection, person: Person) -> None:
            people.change(connection, person.id, disabled_at=None, failures=0, locked_until=None)

        return self._change(key, "person.enable", who, apply)

    def prefer(self, key: str, preferences: Preferences) -> Person:
        """Keep what a person chose for themselves. Not a deed that is audited."""
        with self._database.begin() as connection:
            person = people.get(connection, key)
            people.change(connection, person.id, preferences=msgspec.json.encode(preferences).decode())
            return people.get(connection, person.id)

    def invite(self, key: str, *, who: str) -> str:
        """Return a token with which the person may set a password, once, within three days."""
        with self._database.begin() as connection:
            found = people.credentials(connection, key)
            audit.write(connection, who, "person.invite", found.person.login)
        until = int(time.time()) + INVITATION_SECONDS
        return self._keyring.token("invite", f"{found.person.id}:{until}:{_state_of(found)}")

    def invited(self, token: str) -> Person | None:
        """Return who a token invites; None when it is not ours, too old, or was used."""
        subject = self._keyring.subject_of("invite", token)
        if subject is None:
            return None
        person_id, until, state = subject.split(":")
        with self._database.read() as connection:
            found = people.find(connection, person_id)
        if found is None or found.person.disabled_at or int(until) < time.time() or _state_of(found) != state:
            return None
        return found.person

    def _change(
        self, key: str, what: str, who: str, apply: Callable[[Connection, Person], None], **detail: Any
    ) -> Person:
        with self._database.begin() as connection:
            person = people.get(connection, key)
            apply(connection, person)
            audit.write(connection, who, what, person.login, **detail)
            return people.get(connection, person.id)

    def _failed(self, person: Person, what: str, address: str) -> None:
        with self._database.begin() as connection:
            failures = people.add_failure(connection, person.id)
            seconds = lock_seconds(failures)
            if seconds:
                people.change(connection, person.id, locked_until=now_us() + seconds * 1_000_000)
            audit.write(
                connection, "system", "session.failed", person.login, factor=what, address=address, locked=seconds
            )

    def _check_lock(self, found: Credentials) -> None:
        until = found.person.locked_until
        if until is not None and until > datetime.now(UTC):
            raise RateLimited("too many log-ins failed; the account is locked for a while", hint="try again later")

    def _secret_of(self, found: Credentials) -> str | None:
        if found.totp_secret is None:
            return None
        return self._keyring.unseal_small(found.totp_secret, "totp", found.person.id).decode()


def _check_login(login: str) -> None:
    if not _LOGIN.fullmatch(login) or login.startswith("per_"):
        raise InvalidRequest("a login has 1 to 64 small Latin letters, digits, and . _ @ + -", field="login")


def _check_person(name: str, roles: Sequence[Role], languages: Sequence[str], skills: Sequence[str]) -> None:
    if not name.strip() or len(name) > 100 or not name.isprintable():
        raise InvalidRequest("a name has 1 to 100 printable characters", field="name")
    if not roles:
        raise InvalidRequest("a person needs at least one role", field="roles")
    if unfit := [one for one in languages if not _LANGUAGE.fullmatch(one)]:
        raise InvalidRequest(f"{unfit[0][:40]!r} is no language", field="languages", hint="e.g. ar en ku")
    if unfit := [one for one in skills if not _SKILL.fullmatch(one)]:
        raise InvalidRequest(f"{unfit[0][:40]!r} is no skill", field="skills", hint="small letters, digits, . _ -")


def _keep_an_admin(connection: Connection, person: Person) -> None:
    if Role.ADMIN not in person.roles:
        return
    others = [one for one in people.listed(connection) if one.id != person.id and one.disabled_at is None]
    if not any(Role.ADMIN in one.roles for one in others):
        raise InvalidRequest("this is the last administrator", hint="make another one first")


def _state_of(found: Credentials) -> str:
    """Changes when the password does: that is what makes an invitation serve once."""
    return hashlib.sha256((found.password_hash or "").encode()).hexdigest()[:16]
