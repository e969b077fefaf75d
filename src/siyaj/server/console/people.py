"""`/console/people`: who works here, what they may do, how they get in."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from litestar import Controller, Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath
from litestar.response import Stream

from siyaj.model.errors import AlreadyExists, InvalidRequest, UserError
from siyaj.model.person import PERMISSIONS, Permission, Person, Role
from siyaj.moderation.runtime import Runtime
from siyaj.moderation.sessions import Visit
from siyaj.server.console import words
from siyaj.server.console.export import sheet
from siyaj.server.console.i18n import N_
from siyaj.server.console.i18n import gettext as _
from siyaj.server.console.page import redirect, render
from siyaj.server.console.session import AnyRequest, TheForm, TheRuntime, TheVisit
from siyaj.storage import audit
from siyaj.storage.audit import AuditRow

_SEE = {"permission": Permission.SEE_PEOPLE}
_KEEP = {"permission": Permission.KEEP_PEOPLE}
_DONE = {
    "created": N_("Created. Now let them in: with a link, or with a password that you give them."),
    "edit": N_("The changes are kept."),
    "totp": N_("They set up a second factor at the next log-in."),
    "password": N_("The password is set. All their sessions have ended."),
    "disable": N_("Disabled. All their sessions have ended; what they decided stays under their name."),
    "enable": N_("They may sign in again."),
    "session": N_("The session has ended."),
}


_COLUMNS = ("login", "name", "roles", "languages", "skills", "second_factor", "created_at", "disabled_at")
_SORTS: dict[str, Callable[[Person], Any]] = {
    "name": lambda one: (one.name.casefold(), one.login),
    "role": lambda one: (min(list(Role).index(role) for role in one.roles), one.login),
    "state": lambda one: (one.disabled_at is not None, one.has_totp, one.login),
}


class PeopleController(Controller):
    path = "/people"

    @get("/", opt=_SEE, sync_to_thread=True)
    def everybody(self, request: AnyRequest, runtime: TheRuntime) -> Response[str]:
        asked = request.query_params
        return render(request, "people/list.html", people=_chosen(runtime, asked), roles=words.ROLES, asked=asked)

    @get("/export.csv", opt=_SEE, sync_to_thread=True)
    def export(self, request: AnyRequest, runtime: TheRuntime) -> Stream:
        rows = [
            (
                one.login,
                one.name,
                " ".join(one.roles),
                " ".join(one.languages),
                " ".join(one.skills),
                one.has_totp,
                one.created_at,
                one.disabled_at,
            )
            for one in _chosen(runtime, request.query_params)
        ]
        return sheet("people", _COLUMNS, rows)

    @get("/roles", opt=_SEE, sync_to_thread=True)
    def roles(self, request: AnyRequest) -> Response[str]:
        return render(request, "people/roles.html", roles=words.ROLES, permissions=words.PERMISSIONS, table=PERMISSIONS)

    @get("/new", opt=_KEEP, sync_to_thread=True)
    def ask_new(self, request: AnyRequest) -> Response[str]:
        return _new_page(request, {}, ())

    @post("/new", opt=_KEEP, sync_to_thread=True)
    def create(self, request: AnyRequest, runtime: TheRuntime, visit: TheVisit, form: TheForm) -> Response[str]:
        login, chosen = str(form.get("login") or "").strip().lower(), _roles_of(form)
        try:
            runtime.people.create(
                login,
                str(form.get("name") or "").strip(),
                chosen,
                who=_who(visit),
                languages=_words_of(form, "languages"),
                skills=_words_of(form, "skills"),
            )
        except AlreadyExists:
            return _new_page(request, form, chosen, _("This login is taken."))
        except InvalidRequest as error:
            return _new_page(request, form, chosen, _said(error))
        return redirect(request, f"/console/people/{login}?done=created")

    @get("/{login:str}", opt=_SEE, sync_to_thread=True)
    def one(self, request: AnyRequest, runtime: TheRuntime, visit: TheVisit, login: FromPath[str]) -> Response[str]:
        return _page(request, runtime, visit, runtime.people.get(login))

    @post("/{login:str}", opt=_KEEP, sync_to_thread=True)
    def edit(
        self, request: AnyRequest, runtime: TheRuntime, visit: TheVisit, form: TheForm, login: FromPath[str]
    ) -> Response[str]:
        languages, skills = _words_of(form, "languages"), _words_of(form, "skills")
        name = str(form.get("name") or "").strip()
        try:
            runtime.people.edit(login, name, _roles_of(form), languages, skills, who=_who(visit))
        except InvalidRequest as error:
            return _page(request, runtime, visit, runtime.people.get(login), problem=_said(error))
        return redirect(request, f"/console/people/{login}?done=edit")

    @post("/{login:str}/invite", opt=_KEEP, sync_to_thread=True)
    def invite(self, request: AnyRequest, runtime: TheRuntime, visit: TheVisit, login: FromPath[str]) -> Response[str]:
        token = runtime.people.invite(login, who=_who(visit))
        base = (runtime.settings.public_url or str(request.base_url)).rstrip("/")
        link = f"{base}/console/invitation/{token}"
        return _page(request, runtime, visit, runtime.people.get(login), link=link)

    @post("/{login:str}/password", opt=_KEEP, sync_to_thread=True)
    def set_password(
        self, request: AnyRequest, runtime: TheRuntime, visit: TheVisit, form: TheForm, login: FromPath[str]
    ) -> Response[str]:
        try:
            runtime.people.set_password(login, str(form.get("password") or ""), who=_who(visit))
        except InvalidRequest as error:
            return _page(request, runtime, visit, runtime.people.get(login), problem=_said(error))
        return redirect(request, f"/console/people/{login}?done=password")

    @post("/{login:str}/{deed:str}", opt=_KEEP, sync_to_thread=True)
    def do(
        self,
        request: AnyRequest,
        runtime: TheRuntime,
        visit: TheVisit,
        form: TheForm,
        login: FromPath[str],
        deed: FromPath[str],
    ) -> Response[str]:
        """`totp` takes the second factor away; `disable`, `enable`; `session` ends one."""
        person, who = runtime.people.get(login), _who(visit)
        try:
            if deed == "session":
                runtime.sessions.end(str(form.get("session") or ""), person, who=who)
            elif deed in ("totp", "disable", "enable"):
                change = {"totp": runtime.people.reset_totp, "disable": runtime.people.disable}.get(
                    deed, runtime.people.enable
                )
                change(login, who=who)
            else:
                raise InvalidRequest(f"{deed[:40]!r} is nothing that can be done")
        except InvalidRequest as error:
            return _page(request, runtime, visit, person, problem=_said(error))
        return redirect(request, f"/console/people/{login}?done={deed}")


def _page(
    request: AnyRequest, runtime: Runtime, visit: Visit | None, shown: Person, *, problem: str = "", link: str = ""
) -> Response[str]:
    viewer = visit.person if visit else None
    sees_audit = viewer is not None and viewer.may(Permission.SEE_AUDIT)
    done = _DONE.get(request.query_params.get("done", ""), "")
    return render(
        request,
        "people/one.html",
        status=400 if problem else 200,
        shown=shown,
        keeps=viewer is not None and viewer.may(Permission.KEEP_PEOPLE),
        roles=words.ROLES,
        local=runtime.people.has_password(shown.id),
        sessions=runtime.sessions.of_person(shown),
        deeds=_deeds(runtime, shown) if sees_audit else None,
        problem=problem,
        link=link,
        done=_(done) if done else "",
    )


def _new_page(
    request: AnyRequest, given: FormMultiDict | dict[str, str], chosen: Sequence[Role], problem: str = ""
) -> Response[str]:
    status = 400 if problem else 200
    return render(
        request, "people/new.html", status=status, given=given, chosen=chosen, roles=words.ROLES, problem=problem
    )


def _deeds(runtime: Runtime, shown: Person) -> list[AuditRow]:
    """Return what they did and what was done to them, the newest first."""
    with runtime.database.read() as connection:
        did = audit.page(connection, who=f"person:{shown.login}", limit=10)
        suffered = audit.page(connection, subject=shown.login, limit=10)
    merged = {row.seq: row for row in (*did, *suffered)}
    return [merged[seq] for seq in sorted(merged, reverse=True)][:10]


def _who(visit: Visit | None) -> str:
    assert visit is not None
    return visit.who


def _chosen(runtime: Runtime, asked: Mapping[str, str]) -> list[Person]:
    """Return whom a filter asks for, in the order that it asks for."""
    role, text = asked.get("role", ""), asked.get("text", "")
    found = [one for one in runtime.people.listed() if _fits(one, role, text)]
    return sorted(found, key=_SORTS.get(asked.get("sort", ""), _SORTS["name"]))


def _fits(person: Person, role: str, text: str) -> bool:
    return (not role or role in person.roles) and text.lower() in f"{person.login} {person.name}".lower()


def _roles_of(form: FormMultiDict) -> list[Role]:
    """Return the boxes that were ticked. Raises InvalidRequest for one that is none of ours."""
    try:
        return [Role(str(one)) for one in form.getall("roles", [])]
    except ValueError:
        raise InvalidRequest("there is no such role", field="roles") from None


def _words_of(form: FormMultiDict, name: str) -> list[str]:
    return str(form.get(name) or "").replace(",", " ").replace("،", " ").lower().split()


def _said(error: UserError) -> str:
    return {
        "login": _("A login has small Latin letters, digits, and the signs . _ @ + - only."),
        "name": _("A name has 1 to 100 characters."),
        "roles": _("Choose at least one role."),
        "languages": _("Languages are given by their codes, for example: ar en ku"),
        "skills": _("Skills are words of small Latin letters, digits, and the signs . _ -"),
        "password": _("A password has at least 12 characters."),
    }.get(error.field or "", _("This is the last administrator: make another one first."))
