"""Pages: Jinja2 templates with what each of them needs, answers, and the pages for errors."""

import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Response
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.exceptions import HTTPException
from litestar.types import Scope
from markupsafe import Markup

from siyaj.model.errors import InvalidRequest, NotFound, SiyajError, Unauthenticated
from siyaj.model.person import Locale, Permission
from siyaj.server.console import csrf, faults, guard, i18n, nav, show
from siyaj.server.console.session import AnyRequest, path_of, visit_of
from siyaj.server.problems import STATUS

HERE = Path(__file__).parent
FOLDERS = (HERE / "templates", HERE.parent / "public" / "templates")


def render(request: AnyRequest, template: str, *, status: int = 200, **context: Any) -> Response[str]:
    """Answer with a page. Templates see `person` (or None), `locale`, `dir`, `menu`, `csrf` and `context`."""
    visit = visit_of(request) if "visit" in request.scope["state"] else None
    person = visit.person if visit is not None and visit.signed_in else None
    locale, token = i18n.current.get(), csrf.token(request)
    text = (
        environment()
        .get_template(template)
        .render(
            request=request,
            path=path_of(request),
            person=person,
            locale=locale,
            dir=i18n.direction(locale),
            start=nav.start_of(person) if person else "/console/",
            menu=nav.of(person, path_of(request)) if person else [],
            csrf=token,
            csrf_field=lambda: Markup('<input type="hidden" name="{}" value="{}">').format(csrf.FIELD, token),
            **context,
        )
    )
    answer = Response(text, media_type="text/html", status_code=status)
    if form_cookie := csrf.cookie(request):
        answer.cookies.append(form_cookie)
    return answer


def redirect(request: AnyRequest, to: str, *, cookies: Iterable[Cookie] = ()) -> Response[str]:
    """Send the browser to another page of ours; htmx too, which would follow a redirect without showing it."""
    if request.headers.get("hx-request"):
        return Response("", headers={"hx-redirect": to}, cookies=list(cookies), media_type="text/html")
    return Response("", status_code=303, headers={"location": to}, cookies=list(cookies), media_type="text/html")


def answer_error(request: AnyRequest, error: SiyajError) -> Response[str]:
    """Litestar's handler for our errors on pages: to the log-in when nobody is signed in, else a page that says it."""
    if isinstance(error, Unauthenticated) and request.scope["path"].startswith("/console"):
        path = _wanted(request)
        return redirect(request, f"/console/login?next={quote(path)}" if path != "/console/" else "/console/login")
    _choose_language(request)
    return render(request, "error.html", status=STATUS[error.code], **faults.said(error, _request_id(request.scope)))


def _wanted(request: AnyRequest) -> str:
    """Return the page to come back to after the log-in: for a part of a page, the page that it is on."""
    if request.headers.get("hx-request"):
        return urlsplit(request.headers.get("hx-current-url", "")).path or "/console/"
    return path_of(request) if request.scope["method"] == "GET" else "/console/"


def answer_http(request: AnyRequest, error: HTTPException) -> Response[str]:
    """Litestar's handler for its own errors: no such page, a field that does not fit."""
    _choose_language(request)
    if error.status_code == 404:
        return answer_error(request, NotFound("there is no such page"))
    shown = faults.said(InvalidRequest(str(error.detail)), _request_id(request.scope))
    return render(request, "error.html", status=error.status_code, **shown)


def error_page(scope: Scope, error: SiyajError) -> bytes:
    """The gate's page, for what goes wrong before or outside of a handler. Knows neither session nor person."""
    locale = guard.locale_of(ASGIConnection(scope))
    token = i18n.current.set(locale)
    try:
        page = environment().get_template("error.html")
        shown: dict[str, Any] = {
            "person": None,
            "locale": locale,
            "dir": i18n.direction(locale),
            "menu": [],
            "start": "/console/",
            "csrf": "",
            "path": scope["path"],
        }
        return page.render(**shown, request=None, **faults.said(error, _request_id(scope))).encode()
    finally:
        i18n.current.reset(token)


def _choose_language(request: AnyRequest) -> None:
    """For an error where no guard ran: a path that is no route, a static file."""
    i18n.current.set(guard.locale_of(request))


def _request_id(scope: Scope) -> str:
    return str(scope.get("state", {}).get("request_id", ""))


@cache
def environment() -> Environment:
    """Return the templates. Every text is escaped; an unknown name is an error, not a gap."""
    made = Environment(
        loader=FileSystemLoader(FOLDERS),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.install_gettext_callables(i18n.gettext, i18n.ngettext, newstyle=True)  # type: ignore[attr-defined]
    made.globals.update(static=static, Permission=Permission, Locale=Locale, language_names=i18n.NAMES, now=show.now)
    made.filters.update(show.FILTERS)
    return made


def static(name: str) -> str:
    """Return the address of a static file; it changes with the content, so that browsers may keep it for ever."""
    return f"/static/{name}?v={static_files()[name][1]}"


@cache
def static_files() -> dict[str, tuple[bytes, str]]:
    """Return each static file's bytes and the beginning of its SHA-256."""
    found = {}
    for path in sorted((HERE / "static").iterdir()):
        data = path.read_bytes()
        found[path.name] = (data, hashlib.sha256(data).hexdigest()[:16])
    return found
