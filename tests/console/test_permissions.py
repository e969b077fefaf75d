"""Walks every route of the console with every role: the permission table is what decides, and nothing else."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, NamedTuple

import pytest
from litestar import Litestar

from siyaj.model.person import PERMISSIONS, Permission, Role
from siyaj.model.settings import Settings
from siyaj.server.app import create_app
from siyaj.storage import audit
from tests.conftest import ROOT, postgres_schema
from tests.console.conftest import Client, House
from tests.server.conftest import serve


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Pages ask the database in many ways: each engine is walked."""
    with ExitStack() as stack:
        database = stack.enter_context(postgres_schema()) if request.param == "postgresql" else ""
        data = str(tmp_path_factory.mktemp("walked"))
        for served in serve(Settings(data=data, database=database, decoders=1, require_totp=False)):
            yield House(served.runtime, f"http://127.0.0.1:{served.port}")


OPEN = {
    "GET /console/login",
    "POST /console/login",
    "GET /console/login/code",
    "POST /console/login/code",
    "GET /console/login/enrol",
    "POST /console/login/enrol",
    "GET /console/oidc",
    "GET /console/oidc/callback",
    "GET /console/invitation/{token}",
    "POST /console/invitation/{token}",
    "POST /console/language",
    "POST /console/logout",
}
"""What may be asked for without a session. A new line here wants a second look."""


class Route(NamedTuple):
    method: str
    path: str
    permission: Permission | None
    open: bool
    typed: str
    """The path with the types of its parts."""

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def address(self) -> str:
        """With something that does not exist in the place of each id."""
        return re.sub(r"\{[^}]+\}", "nobody", re.sub(r"\{\w+:int\}", "987654321", self.typed))


def routes(app: Litestar) -> list[Route]:
    found = []
    for route in app.routes:
        if not route.path_format.startswith("/console"):
            continue
        for handler in getattr(route, "route_handlers", []):
            for method in sorted(set(handler.http_methods) - {"HEAD", "OPTIONS"}):
                opt: dict[str, Any] = handler.opt
                found.append(Route(method, route.path_format, opt.get("permission"), bool(opt.get("open")), route.path))
    return found


@pytest.fixture(scope="module")
def walked(house: House) -> list[Route]:
    return routes(create_app(house.runtime).app)  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def clients(house: House) -> Iterator[dict[Role, Client]]:
    for role in Role:
        house.person(str(role), role)
    yield {role: house.signed_in(str(role)) for role in Role}


def token(house: House, role: Role, client: Client) -> str:
    """Return the form token of a session; a session that a walk has ended begins anew."""
    visit = house.runtime.sessions.visit(client.cookies.get("siyaj_session") or "")
    if visit is None:
        client.cookies = house.signed_in(str(role)).cookies
        visit = house.runtime.sessions.visit(client.cookies["siyaj_session"])
    assert visit is not None
    return house.runtime.keyring.token("csrf", visit.session.id)


def test_every_route_names_a_permission_or_is_open_on_purpose(walked: list[Route]) -> None:
    assert len(walked) > 20
    assert [str(one) for one in walked if one.permission is None and not one.open] == []
    assert {str(one) for one in walked if one.open} == OPEN


def test_the_guide_shows_the_permission_table() -> None:
    page = (ROOT / "docs" / "administrators.md").read_text(encoding="utf-8")
    shown = page.split("test_permissions.py -->\n")[1].split("<!-- /roles -->")[0]
    head = f"| permission | {' | '.join(Role)} |\n|---|{'---|' * len(Role)}\n"
    lines = [
        f"| `{one}` | {' | '.join('yes' if one in PERMISSIONS[role] else '' for role in Role)} |\n"
        for one in Permission
    ]
    assert shown == head + "".join(lines)


def test_nobody_sees_anything_without_a_session(house: House, walked: list[Route]) -> None:
    client = house.client()
    for route in walked:
        if not route.open:
            answer = client.request(route.method, route.address)
            assert answer.status_code == 303, route
            assert answer.headers["location"].startswith("/console/login"), route


@pytest.mark.parametrize("role", list(Role))
def test_a_role_may_do_what_the_table_says(
    house: House, walked: list[Route], clients: dict[Role, Client], role: Role
) -> None:
    client, refused = clients[role], 0
    for route in walked:
        if route.open:
            continue
        headers = {"x-csrf-token": token(house, role, client)}
        answer = client.request(route.method, route.address, headers=headers)
        if route.permission in PERMISSIONS[role]:
            assert answer.status_code != 403, f"{role} may {route.permission}: {route}"
            assert answer.status_code < 500, f"{route} fails with an empty form: {answer.text[-600:]}"
        else:
            refused += 1
            assert answer.status_code == 403, f"{role} may not {route.permission}: {route} {answer.status_code}"
    with house.runtime.database.read() as connection:
        noted = audit.page(connection, who=f"person:{role}", what="console.refused", limit=1_000)
    assert len(noted) == refused


@pytest.mark.parametrize("role", list(Role))
def test_the_menu_shows_only_what_one_may_see(house: House, clients: dict[Role, Client], role: Role) -> None:
    token(house, role, clients[role])
    page = clients[role].get("/console/")
    while page.status_code == 303:
        page = clients[role].get(page.headers["location"])
    for href in set(re.findall(r'<li><a href="(/console/[^"]*)"', page.text)):
        answer = clients[role].get(href)
        assert answer.status_code in (200, 303), f"{role} sees {href} in the menu: {answer.status_code}"
