"""Choosing the language: kept with the person, or in a cookie where nobody is signed in."""

import msgspec
from litestar import Controller, Response, post
from litestar.datastructures import Cookie

from siyaj.model.errors import InvalidRequest
from siyaj.server.console import i18n
from siyaj.server.console.guard import LOCALE_COOKIE
from siyaj.server.console.page import redirect
from siyaj.server.console.session import AnyRequest, TheForm, TheRuntime, TheVisit, must_be_secure

_YEAR = 31_536_000


class LanguageController(Controller):
    path = "/language"

    @post("/", opt={"open": True}, sync_to_thread=True)
    def choose(self, request: AnyRequest, runtime: TheRuntime, form: TheForm, visit: TheVisit) -> Response[str]:
        asked = i18n.known(str(form.get("locale") or ""))
        if asked is None:
            raise InvalidRequest("there is no such language", field="locale")
        if visit is not None and visit.signed_in:
            preferences = msgspec.structs.replace(visit.person.preferences, locale=asked)
            runtime.people.prefer(visit.person.id, preferences)
        secure = must_be_secure(request)
        kept = Cookie(LOCALE_COOKIE, value=asked, path="/", max_age=_YEAR, samesite="lax", httponly=True, secure=secure)
        return redirect(request, _page(str(form.get("next") or "")), cookies=[kept])


def _page(path: str) -> str:
    """Return the page one came from, if it is one of ours."""
    if path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable():
        return path
    return "/console/"
