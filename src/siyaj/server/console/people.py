"""`/console/people`: who works here, what they may do, how they get in."""

from collections.abc import Mapping, Sequence

from litestar import Controller, Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath
from litestar.response import Stream

from siyaj.model.clock import to_us
from siyaj.model.errors import AlreadyExists, InvalidRequest, UserError
from siyaj.model.person import PERMISSIONS, Permission, Person, Role
from siyaj.moderation.people.sessions import Visit
from siyaj.moderation.runtime import Runtime
from siyaj.server.console import listing, show, words
from siyaj.server.console.i18n import N_
from siyaj.server.console.i18n import gettext as _
from siyaj.server.console.listing import Column, Fetch, Filter, Listing, query_of
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


_FILTERS = ("text", "role", "state")
_STATES = {"active": N_("Active"), "locked": N_("Locked"), "disabled": N_("Disabled")}
PEOPLE = Listing(
    "people",
    "/console/people",
    "/console/people/export.csv",
    (
        Column("login", lambda one: one.login),
        Column("name", lambda one: one.name, N_("Name"), lambda one: one.name.casefold()),
        Column(
            "roles", lambda one: " ".join(one.roles), N_("Roles"), lambda one: min(map(list(Role).index, one.roles))
        ),
        Column("languages", lambda one: " ".join(one.languages), N_("Languages"), lambda one: " ".join(one.languages)),
        Column("skills", lambda one: " ".join(one.skills)),
        Column("second_factor", lambda one: one.has_totp, N_("Second factor"), lambda one: int(one.has_totp)),
        Column("state", None, N_("State"), lambda one: list(_STATES).index(_state(one))),
        Column("created_at", lambda one: one.created_at, N_("Created"), lambda one: to_us(one.created_at), down=True),
        Column("disabled_at", lambda one: one.disabled_at),
    ),
    "name",
)


class PeopleController(Controller):
    path = "/people"

    @get("/", opt=_SEE, sync_to_thread=True)
    def everybody(self, request: AnyRequest, runtime: TheRuntime) -> Response[str]:
        query, every = query_of(request, *_FILTERS), ("", _("All"))
        filters = [
            Filter("text", _("Name or login")),
            Filter("role", _("Role"), [every, *((role.value, _(word[0])) for role, word in words.ROLES.items())]),
            Filter("state", _("State"), [every, *((code, _(word)) for code, word in _STATES.items())]),
        ]
        listed = listing.page(PEOPLE, request, query, filters, _those(runtime, query))
        return render(request, "people/list.html", listed=listed, roles=words.ROLES)

    @get("/export.csv", opt=_SEE, sync_to_thread=True)
    def export(self, request: AnyRequest, runtime: TheRuntime) -> Stream:
        return listing.sheet(PEOPLE, request, _those(runtime, query_of(request, *_FILTERS)))

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


def _those(runtime: Runtime, query: Mapping[str, str]) -> Fetch[Person]:
    """Return whom a filter asks for."""
    role, text, state = query["role"], query["text"].strip().casefold(), query["state"]
    found = [
        one
        for one in runtime.people.listed()
        if (not role or role in one.roles)
        and text in f"{one.login} {one.name}".casefold()
        and (not state or state == _state(one))
    ]
    return listing.of_rows(found, lambda one: one.login)


def _state(person: Person) -> str:
    if person.disabled_at is not None:
        return "disabled"
    return "locked" if person.locked_until and person.locked_until > show.now() else "active"


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
