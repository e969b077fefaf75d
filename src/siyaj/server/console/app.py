"""Puts the areas of the console together behind its guard. An area: a module beside this one, with controllers."""

from typing import Any

from litestar import Request, Response, Router, get
from litestar.datastructures import FormMultiDict
from litestar.di import Provide
from litestar.exceptions import HTTPException

from siyaj.model.errors import SiyajError
from siyaj.model.person import Person
from siyaj.moderation.people.sessions import Visit
from siyaj.moderation.runtime import Runtime
from siyaj.server.console import casework, channels, overview
from siyaj.server.console.audit import AuditController
from siyaj.server.console.enrol import EnrolController
from siyaj.server.console.evidence import EvidenceController
from siyaj.server.console.guard import guard
from siyaj.server.console.home import HomeController
from siyaj.server.console.invitation import InvitationController
from siyaj.server.console.language import LanguageController
from siyaj.server.console.login import LoginController
from siyaj.server.console.oidc import OidcController
from siyaj.server.console.page import answer_error, answer_http
from siyaj.server.console.people import PeopleController
from siyaj.server.console.self import SelfController
from siyaj.server.console.session import AnyRequest, runtime_of, visit_of

AREAS: tuple[Any, ...] = (
    LoginController,
    EnrolController,
    OidcController,
    LanguageController,
    HomeController,
    SelfController,
    PeopleController,
    InvitationController,
    AuditController,
    EvidenceController,
    *casework.CONTROLLERS,
    *overview.CONTROLLERS,
    *channels.CONTROLLERS,
)
"""Controllers, in any order. Their `path` is relative to `/console`."""


def create_console() -> Router:
    """Return all of `/console`. Handlers may ask for `person`, `visit`, `runtime` and `form`."""
    return Router(
        "/console",
        route_handlers=list(AREAS),
        guards=[guard],
        dependencies={
            "person": Provide(_person, sync_to_thread=False),
            "visit": Provide(_visit, sync_to_thread=False),
            "runtime": Provide(_runtime, sync_to_thread=False),
            "form": Provide(_form),
        },
        exception_handlers={SiyajError: answer_error, HTTPException: answer_http},
        include_in_schema=False,
    )


@get("/", include_in_schema=False, sync_to_thread=False)
def root() -> Response[str]:
    return Response("", status_code=303, headers={"location": "/console/"}, media_type="text/html")


def _visit(request: AnyRequest) -> Visit | None:
    return visit_of(request)


def _person(request: AnyRequest) -> Person:
    """Who is signed in; only where the handler names a permission."""
    visit = visit_of(request)
    assert visit is not None
    return visit.person


def _runtime(request: AnyRequest) -> Runtime:
    return runtime_of(request)


async def _form(request: Request[Any, Any, Any]) -> FormMultiDict:
    return await request.form()
