"""Signing in and out."""

from litestar import Controller, Response, get, post

from siyaj.model.errors import RateLimited, SiyajError, Unauthenticated
from siyaj.model.person import Permission
from siyaj.server.console.i18n import gettext as _
from siyaj.server.console.page import redirect, render
from siyaj.server.console.session import (
    AnyRequest,
    TheForm,
    TheRuntime,
    TheVisit,
    address_of,
    agent_of,
    cookie,
    no_cookie,
)
from siyaj.storage.sessions import Stage


class LoginController(Controller):
    path = "/"

    @get("/login", opt={"open": True}, sync_to_thread=True)
    def page(self, request: AnyRequest, visit: TheVisit) -> Response[str]:
        if visit is not None and visit.signed_in:
            return redirect(request, "/console/")
        return render(request, "login.html", login="", problem="", next=_safe(request.query_params.get("next", "")))

    @post("/login", opt={"open": True}, sync_to_thread=True)
    def enter(self, request: AnyRequest, runtime: TheRuntime, form: TheForm, visit: TheVisit) -> Response[str]:
        login, following = str(form.get("login") or ""), _safe(str(form.get("next") or ""))
        address = address_of(request)
        try:
            person = runtime.people.authenticate(login, str(form.get("password") or ""), address)
        except (Unauthenticated, RateLimited) as error:
            return render(request, "login.html", status=401, login=login[:64], problem=_said(error), next=following)
        before = visit.session if visit else None
        agent = agent_of(request)
        secret = runtime.sessions.start(person, Stage.OPEN, agent=agent, address=address, before=before, how="password")
        return redirect(request, following or "/console/", cookies=[cookie(request, secret)])

    @post("/logout", opt={"permission": Permission.SEE_SELF}, sync_to_thread=True)
    def leave(self, request: AnyRequest, runtime: TheRuntime, visit: TheVisit) -> Response[str]:
        assert visit is not None
        runtime.sessions.end(visit.session.id, visit.person, who=visit.who)
        return redirect(request, "/console/login", cookies=[no_cookie(request)])


def _said(error: SiyajError) -> str:
    if isinstance(error, RateLimited):
        return _("Too many attempts. Wait a few minutes and try again.")
    return _("The login or the password is wrong.")


def _safe(path: str) -> str:
    """Return a path of the console to go on to, never another site's."""
    return path if path.startswith("/console/") and "\\" not in path and path.isprintable() else ""
