"""A real server, people of each role, browsers without a screen, and pictures of what they saw."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from siyaj.model.person import Locale, Person, Preferences, Role
from siyaj.model.settings import Settings
from siyaj.moderation.runtime import Runtime
from tests.conftest import ROOT
from tests.server.conftest import serve

PASSWORD = "seven calm gardens"
SCREENS = ROOT / ".ci" / "out" / "screens"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class House(NamedTuple):
    """A running console. `client()` makes a browser without a face: it keeps cookies and sends forms."""

    runtime: Runtime
    base: str

    def client(self, locale: str = "en") -> "Client":
        return Client(base_url=self.base, headers={"accept-language": locale}, timeout=30)

    def person(self, login: str, *roles: Role, locale: Locale = Locale.EN, name: str = "", **more: Any) -> Person:
        return self.runtime.people.create(
            login,
            name or login,
            roles or (Role.REVIEWER,),
            who="cli:test",
            password=PASSWORD,
            preferences=Preferences(locale=locale),
            **more,
        )

    def signed_in(self, login: str) -> "Client":
        client = self.client()
        answer = client.send_form("/console/login", login=login, password=PASSWORD)
        assert answer.status_code == 303, answer.text
        return client


class Client(httpx.Client):
    """Sends forms as the pages do: with the token that stands in the page."""

    def send_form(self, path: str, page: str | None = None, **fields: Any) -> httpx.Response:
        """Post a form; the token is read from `page` (the same address if not given)."""
        shown = self.get(page or path)
        token = re.search(r'name="csrf" value="([^"]+)"', shown.text)
        assert token, f"{page or path} ({shown.status_code}) shows no form"
        return self.post(path, data={"csrf": token[1], **fields})


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A server of this module's own, on SQLite, where a second factor is not asked for."""
    settings = Settings(data=str(tmp_path_factory.mktemp("house")), decoders=1, require_totp=False)
    for served in serve(settings):
        yield House(served.runtime, f"http://127.0.0.1:{served.port}")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """One browser for a module's tests: while it is there, an event loop runs in this thread, and tests that start one
    of their own could not. Skips where there is none."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed (apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
        yield browser
        browser.close()


@pytest.fixture
def browse(chromium: Any, house: House) -> Iterator[Any]:
    """`browse(login, locale)` gives a page of a browser in which that person is signed in; None: nobody is."""
    contexts = []

    def open_page(login: str | None = None, locale: str = "en", **options: Any) -> Any:
        size = {"width": 1280, "height": 800}
        context = chromium.new_context(**{"base_url": house.base, "locale": locale, "viewport": size, **options})
        contexts.append(context)
        page = context.new_page()
        page.problems = []
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.on("console", lambda message: message.type == "error" and page.problems.append(message.text))
        if login is not None:
            page.goto("/console/login")
            page.fill("[name=login]", login)
            page.fill("[name=password]", PASSWORD)
            page.press("[name=password]", "Enter")
            page.wait_for_url("**/console/")
        return page

    yield open_page
    for context in contexts:
        context.close()


def screen(page: Any, name: str, locale: str) -> Path:
    """Keep a picture of the whole page as `.ci/out/screens/<name>-<locale>.png`, for people to look at."""
    SCREENS.mkdir(parents=True, exist_ok=True)
    path = SCREENS / f"{name}-{locale}.png"
    page.screenshot(path=str(path), full_page=True)
    return path


def axe(page: Any) -> None:
    """Fail on serious and critical faults of accessibility, naming each place."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    bad = [
        f"{one['id']}: {one['help']}: {[node['target'] for node in one['nodes'][:3]]}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]
    assert not bad, "\n".join(bad)
