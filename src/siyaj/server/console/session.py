"""The cookie of a session, and what a request says of itself."""

from typing import Any
from urllib.parse import urlsplit

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie, FormMultiDict
from litestar.di import NamedDependency

from siyaj.model.person import Person
from siyaj.moderation.people.sessions import Visit
from siyaj.moderation.runtime import Runtime

COOKIE = "siyaj_session"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")

Connection = ASGIConnection[Any, Any, Any, Any]
AnyRequest = Request[Any, Any, Any]

ThePerson = NamedDependency[Person]
"""Who is signed in; for handlers that name a permission."""
TheVisit = NamedDependency[Visit | None]
TheRuntime = NamedDependency[Runtime]
TheForm = NamedDependency[FormMultiDict]
"""What a form sent."""


def runtime_of(connection: Connection) -> Runtime:
    runtime: Runtime = connection.app.state["runtime"]
    return runtime


def visit_of(connection: Connection) -> Visit | None:
    """Return who is signed in, or halfway so; the guard looked."""
    visit: Visit | None = connection.scope["state"].get("visit")
    return visit


def path_of(connection: Connection) -> str:
    """Return the path of a page as links name it: Litestar takes the last slash away."""
    path: str = connection.scope["path"]
    return "/console/" if path == "/console" else path


def cookie(connection: Connection, secret: str) -> Cookie:
    """Return the cookie for a session: until the browser closes; how long the session lasts is known here only."""
    return Cookie(
        COOKIE, value=secret, path="/console", httponly=True, samesite="lax", secure=must_be_secure(connection)
    )


def no_cookie(connection: Connection) -> Cookie:
    return Cookie(
        COOKIE, value="", path="/console", max_age=0, httponly=True, samesite="lax", secure=must_be_secure(connection)
    )


def must_be_secure(connection: Connection) -> bool:
    """Cookies go over TLS only, except on this very machine, without TLS: to try things out."""
    if runtime_of(connection).settings.public_url.startswith("https://"):
        return True
    host = urlsplit(f"//{connection.headers.get('host', '')}").hostname
    return not (connection.scope["scheme"] == "http" and host in _LOOPBACK)


def address_of(connection: Connection) -> str:
    """Return where a request came from; behind a proxy on this machine, what the proxy says (its last hop)."""
    host = connection.client.host if connection.client else ""
    if host in ("127.0.0.1", "::1"):
        forwarded = connection.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
        return forwarded[:100] or host
    return host


def agent_of(connection: Connection) -> str:
    return connection.headers.get("user-agent", "")[:300]
