"""Forms can only be sent from our own pages: each carries a token that is bound to the session.

Before there is a session (log-in, public forms) it is bound to a random cookie. The browser's own word on where a
request comes from (Fetch Metadata, Origin) is asked as well: cookies are SameSite=Lax, and two locks are better.
"""

import secrets
from urllib.parse import urlsplit

from litestar.datastructures import Cookie

from siyaj.model.errors import Forbidden
from siyaj.server.console.session import AnyRequest, Connection, must_be_secure, runtime_of, visit_of

FIELD = "csrf"
HEADER = "x-csrf-token"
COOKIE = "siyaj_form"


def token(connection: Connection) -> str:
    """Return the token for the forms of a page."""
    return runtime_of(connection).keyring.token("csrf", _bound_to(connection))


def cookie(connection: Connection) -> Cookie | None:
    """Return the cookie that a page with a form must set, if there is no session and it is not set yet."""
    fresh = connection.scope["state"].get("form_cookie")
    if fresh is None:
        return None
    return Cookie(COOKIE, value=fresh, path="/", httponly=True, samesite="lax", secure=must_be_secure(connection))


async def check(request: AnyRequest) -> None:
    """Raises Forbidden for a request that changes something and did not come from one of our pages."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise Forbidden("this came from another site", hint="open the page here and send the form again")
    origin = request.headers.get("origin")
    if origin and origin != "null" and urlsplit(origin).netloc != request.headers.get("host", ""):
        raise Forbidden("this came from another site", hint="open the page here and send the form again")
    given = request.headers.get(HEADER) or str((await request.form()).get(FIELD) or "")
    subject = runtime_of(request).keyring.subject_of("csrf", given)
    if subject is None or subject != _bound_to(request):
        raise Forbidden("the form is too old", hint="open the page again and send it once more")


def _bound_to(connection: Connection) -> str:
    visit = visit_of(connection)
    if visit is not None:
        return visit.session.id
    state = connection.scope["state"]
    kept = connection.cookies.get(COOKIE, "")
    if len(kept) != 43:
        kept = state["form_cookie"] = state.get("form_cookie") or secrets.token_urlsafe(32)
    return kept
