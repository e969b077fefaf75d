"""How a key acts where people do: as a person of its own, who may do what its scopes say."""

from typing import Any

from litestar import Request
from litestar.datastructures import State

from siyaj.model.errors import InvalidRequest
from siyaj.model.person import Person, Preferences, Role
from siyaj.server.gate import caller_of
from siyaj.storage.keys import Key

_ROLES = {"cases:decide": Role.REVIEWER, "appeals:decide": Role.LEAD}
"""What a key needs to decide at all, and to decide what was escalated or appealed."""
LONGEST_CURSOR = 60


def person_of(request: Request[Any, Any, State]) -> Person:
    """Return the person that the calling key acts as: reads every language, has no skills."""
    return as_person(caller_of(request.scope).key)


def as_person(key: Key) -> Person:
    roles = [role for scope, role in _ROLES.items() if scope in key.scopes]
    return Person(f"key:{key.id}", key.name, key.name, roles or [Role.SERVICE], [], [], Preferences(), key.created_at)


def place(cursor: str) -> tuple[int, int] | None:
    """Return the two numbers of a cursor. Raises InvalidRequest."""
    if not cursor:
        return None
    first, _, second = cursor.partition(".")
    if not all(part.isascii() and part.isdigit() and len(part) < 19 for part in (first, second)):
        raise InvalidRequest(f"{cursor[:50]!r} is no cursor", field="cursor", hint="take `next` of the page before")
    return int(first), int(second)


def number(cursor: str) -> int | None:
    """Return the number of a cursor that is one. Raises InvalidRequest."""
    found = place(f"0.{cursor}") if cursor else None
    return found[1] if found else None


def plain(**texts: str) -> None:
    """Raises InvalidRequest for a text that no database holds."""
    for name, text in texts.items():
        if "\0" in text:
            raise InvalidRequest("a text must not hold a NUL character", field=name)
