"""`/console/invitation/…`: who has the link chooses a password, once."""

from litestar import Controller, Response, get, post
from litestar.params import FromPath

from siyaj.model.errors import InvalidRequest, NotFound
from siyaj.model.person import Person
from siyaj.moderation.people.passwords import LEAST_PASSWORD
from siyaj.moderation.runtime import Runtime
from siyaj.server.console.i18n import gettext as _
from siyaj.server.console.page import redirect, render
from siyaj.server.console.session import AnyRequest, TheForm, TheRuntime, no_cookie


class InvitationController(Controller):
    path = "/invitation/{token:str}"

    @get("/", opt={"open": True}, sync_to_thread=True)
    def ask(self, request: AnyRequest, runtime: TheRuntime, token: FromPath[str]) -> Response[str]:
        return _page(request, _invited(runtime, token))

    @post("/", opt={"open": True}, sync_to_thread=True)
    def take(self, request: AnyRequest, runtime: TheRuntime, token: FromPath[str], form: TheForm) -> Response[str]:
        invited = _invited(runtime, token)
        fresh = str(form.get("password") or "")
        if fresh != str(form.get("again") or ""):
            return _page(request, invited, _("The two passwords differ."))
        try:
            runtime.people.set_password(invited.id, fresh, who=f"person:{invited.login}")
        except InvalidRequest:
            problem = _("A password has at least %(count)s characters.") % {"count": LEAST_PASSWORD}
            return _page(request, invited, problem)
        return redirect(request, "/console/login", cookies=[no_cookie(request)])


def _invited(runtime: Runtime, token: str) -> Person:
    """Raises NotFound: a link that is too old looks like one that never was."""
    invited = runtime.people.invited(token)
    if invited is None:
        raise NotFound("this invitation was used already, or is too old", hint="ask for another one")
    return invited


def _page(request: AnyRequest, invited: Person, problem: str = "") -> Response[str]:
    status = 400 if problem else 200
    return render(
        request, "login/invitation.html", status=status, invited=invited, problem=problem, least=LEAST_PASSWORD
    )
