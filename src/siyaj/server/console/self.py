"""`/console/self`: one's own password, second factor, sessions and preferences."""

import msgspec
from litestar import Controller, Response, get, post
from litestar.params import FromPath
from msgspec.structs import replace

from siyaj.model.errors import InvalidRequest, RateLimited, Unauthenticated
from siyaj.model.person import Permission, Person, Preferences
from siyaj.moderation.people.passwords import LEAST_PASSWORD
from siyaj.moderation.people.sessions import Visit
from siyaj.moderation.runtime import Runtime
from siyaj.server.console import words
from siyaj.server.console.i18n import N_
from siyaj.server.console.i18n import gettext as _
from siyaj.server.console.page import redirect, render
from siyaj.server.console.session import AnyRequest, TheForm, ThePerson, TheRuntime, TheVisit, address_of

_MINE = {"permission": Permission.SEE_SELF}
_DONE = {
    "preferences": N_("Your preferences are kept."),
    "password": N_("You have a new password. Your other sessions have ended."),
    "sessions": N_("Your other sessions have ended."),
}


class SelfController(Controller):
    path = "/self"

    @get("/", opt=_MINE, sync_to_thread=True)
    def show(self, request: AnyRequest, runtime: TheRuntime, visit: TheVisit) -> Response[str]:
        return _page(request, runtime, visit)

    @post("/preferences", opt=_MINE, sync_to_thread=True)
    def prefer(self, request: AnyRequest, runtime: TheRuntime, person: ThePerson, form: TheForm) -> Response[str]:
        given = {name: str(form.get(name, "")) for name in Preferences.__struct_fields__ if form.get(name) is not None}
        try:
            chosen = msgspec.convert({**msgspec.to_builtins(person.preferences), **given}, Preferences, strict=False)
        except msgspec.ValidationError as error:
            raise InvalidRequest(str(error)) from None
        runtime.people.prefer(person.id, chosen)
        return redirect(request, "/console/self?done=preferences")

    @post("/password", opt=_MINE, sync_to_thread=True)
    def change_password(
        self, request: AnyRequest, runtime: TheRuntime, visit: TheVisit, form: TheForm
    ) -> Response[str]:
        assert visit is not None
        fresh = str(form.get("password") or "")
        try:
            runtime.people.authenticate(visit.person.login, str(form.get("old") or ""), address_of(request))
            if fresh != str(form.get("again") or ""):
                return _page(request, runtime, visit, problem=_("The two passwords differ."))
            runtime.people.set_password(visit.person.id, fresh, who=visit.who, but=visit.session.id)
        except Unauthenticated:
            return _page(request, runtime, visit, problem=_("The old password is wrong."))
        except RateLimited:
            return _page(request, runtime, visit, problem=_("Too many attempts. Wait a few minutes and try again."))
        except InvalidRequest:
            problem = _("A password has at least %(count)s characters.") % {"count": LEAST_PASSWORD}
            return _page(request, runtime, visit, problem=problem)
        return redirect(request, "/console/self?done=password")

    @post("/totp", opt=_MINE, sync_to_thread=True)
    def renew_totp(self, request: AnyRequest, runtime: TheRuntime, visit: TheVisit, form: TheForm) -> Response[str]:
        """Whoever shows a code of the old one may set up a new one."""
        assert visit is not None
        try:
            runtime.people.check_code(visit.person.id, str(form.get("code") or ""), address_of(request))
        except (Unauthenticated, RateLimited):
            problem = _("The code is wrong, or was used already. Wait for the next one.")
            return _page(request, runtime, visit, problem=problem)
        runtime.sessions.remember(visit.session, replace(visit.session.memory, renewing=True))
        return redirect(request, "/console/login/enrol")

    @post("/sessions/others", opt=_MINE, sync_to_thread=True)
    def end_others(self, request: AnyRequest, runtime: TheRuntime, visit: TheVisit) -> Response[str]:
        assert visit is not None
        runtime.sessions.end_others(visit.session, visit.person, who=visit.who)
        return redirect(request, "/console/self?done=sessions")

    @post("/sessions/{session:str}/end", opt=_MINE, sync_to_thread=True)
    def end_one(
        self, request: AnyRequest, runtime: TheRuntime, visit: TheVisit, session: FromPath[str]
    ) -> Response[str]:
        assert visit is not None
        runtime.sessions.end(session, visit.person, who=visit.who)
        return redirect(request, "/console/self")


def _page(request: AnyRequest, runtime: Runtime, visit: Visit | None, problem: str = "") -> Response[str]:
    assert visit is not None
    person: Person = visit.person
    done = _DONE.get(request.query_params.get("done", ""), "")
    return render(
        request,
        "self/self.html",
        status=400 if problem else 200,
        problem=problem,
        done=_(done) if done else "",
        sessions=runtime.sessions.of_person(person),
        mine=visit.session.id,
        local=runtime.people.has_password(person.id),
        themes=words.THEMES,
        roles=words.ROLES,
        least=LEAST_PASSWORD,
    )
