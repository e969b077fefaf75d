"""Signing in and out: a password, then a code; at the first time the second factor is set up."""

from litestar import Controller, Response, get, post

from siyaj.model.errors import RateLimited, SiyajError, Unauthenticated
from siyaj.model.person import Person
from siyaj.moderation.people.sessions import Visit
from siyaj.moderation.runtime import Runtime
from siyaj.server.console import nav
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
from siyaj.server.oidc import is_set_up
from siyaj.server.throttle import LogInThrottles
from siyaj.storage.sessions import Stage

_STEPS = {Stage.OPEN: "/console/", Stage.CODE: "/console/login/code", Stage.ENROL: "/console/login/enrol"}


class LoginController(Controller):
    path = "/"

    @get("/login", opt={"open": True}, sync_to_thread=True)
    def ask_password(self, request: AnyRequest, runtime: TheRuntime, visit: TheVisit) -> Response[str]:
        if visit is not None and visit.signed_in:
            return redirect(request, nav.start_of(visit.person))
        return _password_page(request, runtime, following=safe(request.query_params.get("next", "")))

    @post("/login", opt={"open": True}, sync_to_thread=True)
    def take_password(self, request: AnyRequest, runtime: TheRuntime, form: TheForm, visit: TheVisit) -> Response[str]:
        login, following = str(form.get("login") or ""), safe(str(form.get("next") or ""))
        throttles: LogInThrottles = request.app.state["throttles"]
        known_as = login.strip().lower()[:64]
        try:
            throttles.addresses.check(address_of(request))
            throttles.logins.check(known_as)
            person = runtime.people.authenticate(login, str(form.get("password") or ""), address_of(request))
        except (Unauthenticated, RateLimited) as error:
            throttles.addresses.failed(address_of(request))
            throttles.logins.failed(known_as)
            return _password_page(request, runtime, login=login[:64], problem=_said(error), following=following)
        throttles.logins.forget(known_as)
        return enter(request, runtime, person, _next_stage(runtime, person), visit, how="password", following=following)

    @get("/login/code", opt={"open": True}, sync_to_thread=True)
    def ask_code(self, request: AnyRequest, visit: TheVisit) -> Response[str]:
        _at(visit, Stage.CODE)
        return render(request, "login/code.html", problem="")

    @post("/login/code", opt={"open": True}, sync_to_thread=True)
    def take_code(self, request: AnyRequest, runtime: TheRuntime, form: TheForm, visit: TheVisit) -> Response[str]:
        known = _at(visit, Stage.CODE)
        try:
            runtime.people.check_code(known.person.id, str(form.get("code") or ""), address_of(request))
        except (Unauthenticated, RateLimited) as error:
            problem = _said(error, _("The code is wrong, or was used already. Wait for the next one."))
            return render(request, "login/code.html", status=401, problem=problem)
        following = known.session.memory.next
        return enter(request, runtime, known.person, Stage.OPEN, visit, how="password and code", following=following)

    @post("/logout", opt={"open": True}, sync_to_thread=True)
    def leave(self, request: AnyRequest, runtime: TheRuntime, visit: TheVisit) -> Response[str]:
        if visit is not None:
            runtime.sessions.end(visit.session.id, visit.person, who=visit.who)
        return redirect(request, "/console/login", cookies=[no_cookie(request)])


def enter(
    request: AnyRequest,
    runtime: Runtime,
    person: Person,
    stage: Stage,
    before: Visit | None,
    *,
    how: str,
    following: str = "",
) -> Response[str]:
    """Start a session, and send the browser to the next step of the log-in or, at the end, to where it wanted."""
    secret = runtime.sessions.start(
        person,
        stage,
        agent=agent_of(request),
        address=address_of(request),
        before=before.session if before else None,
        how=how,
        following=following,
    )
    to = (following or nav.start_of(person)) if stage is Stage.OPEN else _STEPS[stage]
    return redirect(request, to, cookies=[cookie(request, secret)])


def safe(path: str) -> str:
    """Return a page of the console to go on to, never another site's; empty when it is none."""
    fits = path.startswith("/console/") and "\\" not in path and path.isprintable() and len(path) <= 500
    return path if fits else ""


def _password_page(
    request: AnyRequest, runtime: Runtime, *, login: str = "", problem: str = "", following: str = ""
) -> Response[str]:
    status = 401 if problem else 200
    with_oidc = is_set_up(runtime.settings)
    return render(
        request, "login/password.html", status=status, login=login, problem=problem, next=following, oidc=with_oidc
    )


def _next_stage(runtime: Runtime, person: Person) -> Stage:
    if person.has_totp:
        return Stage.CODE
    return Stage.ENROL if runtime.settings.require_totp else Stage.OPEN


def _at(visit: Visit | None, stage: Stage) -> Visit:
    """Raises Unauthenticated (which leads to the beginning) when the log-in has not come to this step."""
    if visit is None or visit.session.memory.stage is not stage:
        raise Unauthenticated("nobody is signed in")
    return visit


def _said(error: SiyajError, wrong: str = "") -> str:
    if isinstance(error, RateLimited):
        return _("Too many attempts. Wait a few minutes and try again.")
    return wrong or _("The login or the password is wrong.")
