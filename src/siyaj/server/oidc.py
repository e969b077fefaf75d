"""OpenID Connect Core 1.0 as a client: code flow with PKCE (RFC 7636), state and nonce. Knows no pages, no people.

What it takes to ask a provider is loaded when one is asked: most installations have none, and all of them start.
"""

import base64
import hashlib
import secrets
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import msgspec
from msgspec import Struct

from siyaj.model.errors import SiyajError, Unauthenticated
from siyaj.model.settings import Settings

if TYPE_CHECKING:
    from joserfc.jwk import KeySet

_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"]
"""Asymmetric only: with a shared secret, whoever can check a token can make one."""
FLOW_SECONDS = 600
_DISCOVERY_SECONDS = 3_600.0
_LEEWAY_SECONDS = 60
_MOST_BYTES = 1_000_000


class Flow(Struct):
    """What is kept between going to the provider and coming back: never shown to anybody."""

    state: str
    nonce: str
    verifier: str
    until: int
    next: str = ""


class Identity(Struct):
    """Who came, as the provider says. `subject` is issuer and subject; `login` what the configured claim holds."""

    subject: str
    login: str
    name: str


class _Provider(Struct):
    """What discovery says (OpenID Connect Discovery 1.0), as far as it is used."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


class _Tokens(Struct):
    id_token: str


class OidcClient:
    """Talks to one provider. Safe for many threads: what it remembers is only ever replaced."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._known: tuple[float, _Provider, KeySet] | None = None

    def begin(self, back: str, following: str) -> tuple[str, Flow]:
        """Return the provider's address to go to, and what to keep until the return to `back`. Raises SiyajError."""
        provider, _ = self._discover()
        random = secrets.token_urlsafe
        flow = Flow(random(24), random(24), random(48), int(time.time()) + FLOW_SECONDS, following)
        asked = {
            "response_type": "code",
            "client_id": self._settings.oidc_client_id,
            "redirect_uri": back,
            "scope": "openid profile email",
            "state": flow.state,
            "nonce": flow.nonce,
            "code_challenge": _challenge(flow.verifier),
            "code_challenge_method": "S256",
        }
        address = provider.authorization_endpoint
        return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}", flow

    def finish(self, flow: Flow, state: str, code: str, back: str) -> Identity:
        """Return who came back with a code. Raises Unauthenticated for everything that does not fit, saying why."""
        if not secrets.compare_digest(state.encode(), flow.state.encode()):
            raise Unauthenticated("the answer belongs to another log-in")
        if flow.until < time.time():
            raise Unauthenticated("the log-in took too long")
        provider, _ = self._discover()
        sent = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": flow.verifier}
        ours = (self._settings.oidc_client_id, self._settings.oidc_client_secret)
        answer = _fetch(provider.token_endpoint, sent, ours)
        try:
            token = msgspec.json.decode(answer, type=_Tokens).id_token
        except msgspec.MsgspecError:
            raise Unauthenticated("the provider gave no identity token") from None
        return self._identity(self._claims(token), flow)

    def _claims(self, token: str) -> dict[str, Any]:
        """Return the claims of a token whose signature is the provider's; its keys are read again if need be."""
        from joserfc import errors, jwt  # noqa: PLC0415

        for fresh in (False, True):
            _, keys = self._discover(fresh=fresh)
            try:
                return jwt.decode(token, keys, algorithms=_ALGORITHMS).claims
            except (errors.JoseError, ValueError):
                continue
        raise Unauthenticated("the identity token is not signed by the provider")

    def _identity(self, claims: dict[str, Any], flow: Flow) -> Identity:
        from joserfc import errors, jwt  # noqa: PLC0415

        settings = self._settings
        required = jwt.JWTClaimsRegistry(
            leeway=_LEEWAY_SECONDS,
            iss={"essential": True, "value": settings.oidc_issuer},
            aud={"essential": True, "value": settings.oidc_client_id},
            sub={"essential": True},
            exp={"essential": True},
            nonce={"essential": True, "value": flow.nonce},
        )
        try:
            required.validate(claims)
        except errors.JoseError as error:
            raise Unauthenticated(f"the identity token does not fit: {error.error}") from None
        several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if (several or "azp" in claims) and claims.get("azp") != settings.oidc_client_id:
            raise Unauthenticated("the identity token was made for another client")
        if settings.oidc_claim == "email" and claims.get("email_verified") is not True:
            raise Unauthenticated("the provider has not verified the e-mail address")
        login = str(claims.get(settings.oidc_claim) or "").strip().lower()
        return Identity(f"{claims['iss']} {claims['sub']}", login, str(claims.get("name") or login))

    def _discover(self, *, fresh: bool = False) -> "tuple[_Provider, KeySet]":
        from joserfc import errors, jwk  # noqa: PLC0415

        known = self._known
        if known is not None and not fresh and time.monotonic() - known[0] < _DISCOVERY_SECONDS:
            return known[1], known[2]
        issuer = self._settings.oidc_issuer
        _must_be_safe(issuer)
        try:
            found = _fetch(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
            provider = msgspec.json.decode(found, type=_Provider)
            for address in (provider.authorization_endpoint, provider.token_endpoint, provider.jwks_uri):
                _must_be_safe(address)
            keys = jwk.KeySet.import_key_set(msgspec.json.decode(_fetch(provider.jwks_uri)))
        except (msgspec.MsgspecError, errors.JoseError, ValueError, KeyError) as error:
            raise SiyajError(f"what {issuer} says of itself cannot be read: {error}") from None
        if provider.issuer != issuer:
            raise SiyajError(f"{issuer} calls itself {provider.issuer}", hint="set SIYAJ_OIDC_ISSUER to that")
        self._known = (time.monotonic(), provider, keys)
        return provider, keys


def is_set_up(settings: Settings) -> bool:
    return bool(settings.oidc_issuer and settings.oidc_client_id)


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def _must_be_safe(address: str) -> None:
    parts = urlsplit(address)
    if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        raise SiyajError(f"{address} is not https", hint="a provider is asked over TLS only")


def _fetch(address: str, form: dict[str, str] | None = None, auth: tuple[str, str] | None = None) -> bytes:
    """`auth` is the client's id and secret, sent as HTTP Basic (OpenID Connect Core, section 9)."""
    import httpx  # noqa: PLC0415

    try:
        with httpx.Client(timeout=10, follow_redirects=False, auth=auth) as client:
            answer = client.post(address, data=form) if form else client.get(address)
    except httpx.HTTPError as error:
        raise SiyajError(f"the provider does not answer: {type(error).__name__}", hint="try again later") from None
    if answer.status_code != 200:
        wrong = Unauthenticated if form else SiyajError
        raise wrong(f"the provider answered {answer.status_code}")
    return answer.content[:_MOST_BYTES]
