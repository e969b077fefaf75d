"""Signing in through a provider, a real one: what fits lets in, and whatever does not fit does not."""

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from joserfc.jwk import RSAKey

from siyaj.model.person import Role
from siyaj.model.settings import Settings
from tests.console.conftest import PASSWORD, Client, House, axe, screen
from tests.console.provider import CLIENT, SECRET, Provider, provider
from tests.server.conftest import serve


@pytest.fixture(scope="module")
def theirs() -> Iterator[Provider]:
    with provider() as made:
        yield made


@pytest.fixture(scope="module")
def house(theirs: Provider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    settings = Settings(
        data=str(tmp_path_factory.mktemp("oidc")),
        decoders=1,
        oidc_issuer=theirs.issuer,
        oidc_client_id=CLIENT,
        oidc_client_secret=SECRET,
    )
    for served in serve(settings):
        made = House(served.runtime, f"http://127.0.0.1:{served.port}")
        made.runtime.people.create("huda", "Huda", [Role.REVIEWER], who="cli:test")
        made.person("amal", Role.ADMIN)
        yield made


@pytest.fixture(autouse=True)
def straight(theirs: Provider) -> None:
    theirs.bend, theirs.signing = {}, None
    theirs.who = {"sub": "17", "preferred_username": "huda", "name": "Huda"}


def come_back(client: Client, query: str = "") -> httpx.Response:
    """Walk to the provider and back, as a browser does."""
    away = client.get(f"/console/oidc{query}")
    assert away.status_code == 303
    back = httpx.get(away.headers["location"])
    assert back.status_code == 302
    return client.get(back.headers["location"])


def test_the_provider_lets_in_whom_we_know(house: House) -> None:
    client = house.client()
    assert "/console/oidc" in client.get("/console/login").text
    answer = come_back(client, "?next=/console/people")
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/people")
    assert client.get("/console/self").status_code == 200
    assert house.runtime.people.get("huda").oidc_subject == f"{house.runtime.settings.oidc_issuer} 17"


@pytest.mark.parametrize(
    "bend",
    [
        {"nonce": "another"},
        {"aud": "another"},
        {"aud": [CLIENT, "another"]},
        {"aud": [CLIENT, "another"], "azp": "another"},
        {"iss": "https://elsewhere.example"},
        {"exp": int(time.time()) - 3_600},
        {"sub": None},
    ],
)
def test_a_token_that_does_not_fit_lets_nobody_in(house: House, theirs: Provider, bend: dict[str, Any]) -> None:
    theirs.bend = bend
    client = house.client()
    assert come_back(client).status_code == 401
    assert client.get("/console/self").status_code == 303


def test_a_token_of_another_signer_lets_nobody_in(house: House, theirs: Provider) -> None:
    theirs.signing = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})
    assert come_back(house.client()).status_code == 401


def test_new_keys_of_the_provider_are_read(house: House, theirs: Provider) -> None:
    assert come_back(house.client()).status_code == 303
    theirs.key = RSAKey.generate_key(2048, {"kid": "two", "use": "sig", "alg": "RS256"})
    assert come_back(house.client()).status_code == 303


@pytest.mark.parametrize("login", ["amal", "nobody", ""])
def test_nobody_with_a_password_is_taken_over(house: House, theirs: Provider, login: str) -> None:
    theirs.who = {"sub": "18", "preferred_username": login}
    assert come_back(house.client()).status_code == 401
    assert house.runtime.people.authenticate("amal", PASSWORD).oidc_subject is None


def test_an_answer_belongs_to_the_browser_that_asked(house: House) -> None:
    client = house.client()
    away = client.get("/console/oidc")
    back = httpx.get(away.headers["location"]).headers["location"]
    assert house.client().get(back).status_code == 401
    assert client.get(back.replace("state=", "state=x")).status_code == 401
    assert client.get("/console/oidc/callback?error=access_denied").status_code == 401
    assert client.get(back).status_code == 401  # a log-in that failed is over: one begins anew


def test_a_code_serves_once(house: House) -> None:
    client = house.client()
    back = httpx.get(client.get("/console/oidc").headers["location"]).headers["location"]
    assert client.get(back).status_code == 303
    assert client.get(back).status_code == 401


@pytest.mark.parametrize("locale", ["en", "ar"])
def test_in_a_real_browser(browse: Any, locale: str) -> None:
    """Through the policy of the page, which allows no form to leave: it is a link."""
    page = browse(None, locale)
    page.goto("/console/login")
    screen(page, "login-oidc", locale)
    axe(page)
    page.click("a[href^='/console/oidc']")
    page.wait_for_url("**/console/")
    assert page.problems == []
