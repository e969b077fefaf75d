"""The door of the console: who are you, may you, and did this come from one of our pages.

Each handler says `opt={"permission": Permission.X}`, or `opt={"open": True}` where there is no session yet. A handler
that says neither is refused to everybody: forgetting is safe.
"""

import asyncio
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from siyaj.model.errors import Forbidden, Unauthenticated
from siyaj.model.person import Locale, Permission
from siyaj.moderation.people.sessions import Visit
from siyaj.server.console import csrf, i18n
from siyaj.server.console.session import COOKIE, Connection, path_of, runtime_of, visit_of
from siyaj.storage import audit

LOCALE_COOKIE = "siyaj_language"


async def guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Raises Unauthenticated when nobody is signed in, Forbidden (audited) when they may not do this."""
    visit = await _recognise(connection)
    i18n.current.set(locale_of(connection))
    permission: Permission | None = handler.opt.get("permission")
    if not handler.opt.get("open"):
        if visit is None or not visit.signed_in:
            raise Unauthenticated("nobody is signed in")
        if permission is None or not visit.person.may(permission):
            await asyncio.to_thread(refuse, connection, visit, str(permission or ""))
            raise Forbidden("your roles do not allow this", hint=permission)
    if connection.scope["method"] not in ("GET", "HEAD"):  # type: ignore[typeddict-item]
        await csrf.check(connection)  # type: ignore[arg-type]


async def visitor(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
    """The door of pages that need no session at all: language, and forms from our own pages only."""
    i18n.current.set(locale_of(connection))
    if connection.scope["method"] not in ("GET", "HEAD"):  # type: ignore[typeddict-item]
        await csrf.check(connection)  # type: ignore[arg-type]


def refuse(connection: Connection, visit: Visit, permission: str) -> None:
    """Note in the audit log that somebody asked for what they may not have."""
    with runtime_of(connection).database.begin() as database:
        audit.write(
            database,
            visit.who,
            "console.refused",
            path_of(connection)[:200],
            method=connection.scope["method"],  # type: ignore[typeddict-item]
            permission=permission,
        )


def locale_of(connection: Connection) -> Locale:
    """The person's own choice; before that, the one of this browser, else what it asks for."""
    visit = visit_of(connection)
    if visit is not None:
        return visit.person.preferences.locale
    asked = connection.query_params.get("lang") or connection.cookies.get(LOCALE_COOKIE, "")
    return i18n.known(asked) or i18n.preferred(connection.headers.get("accept-language", ""))


async def _recognise(connection: Connection) -> Visit | None:
    secret = connection.cookies.get(COOKIE)
    visit = await asyncio.to_thread(runtime_of(connection).sessions.visit, secret) if secret else None
    connection.scope["state"]["visit"] = visit
    return visit
