"""Signing in with the organisation's own accounts, by OpenID Connect."""

import base64
import binascii
import logging

import msgspec
from litestar import Controller, Response, get
from litestar.datastructures import Cookie

from siyaj.model.errors import NotFound, SealBroken, SiyajError, Unauthenticated, UserError
from siyaj.server.console.i18n import gettext as _
from siyaj.server.console.login import enter, safe
from siyaj.server.console.page import redirect, render
from siyaj.server.console.session import AnyRequest, TheRuntime, TheVisit, must_be_secure, runtime_of
from siyaj.server.oidc import Flow, OidcClient, is_set_up
from siyaj.storage.sessions import Stage

log = logging.getLogger(__name__)

COOKIE = "siyaj_oidc"
_PATH = "/console/oidc"


class OidcController(Controller):
    path = "/oidc"

    @get("/", opt={"open": True}, sync_to_thread=True)
    def go(self, request: AnyRequest) -> Response[str]:
        """Send the browser to the provider."""
        try:
            to, flow = _client(request).begin(_back(request), safe(request.query_params.get("next", "")))
        except UserError:
            raise
        except SiyajError as error:
            log.warning("log-in by OpenID Connect: %s", error)
            return _failed(request, _("The log-in service of your organisation does not answer."))
        return redirect(request, to, cookies=[_keep(request, flow)])

    @get("/callback", opt={"open": True}, sync_to_thread=True)
    def come_back(self, request: AnyRequest, runtime: TheRuntime, visit: TheVisit) -> Response[str]:
        given = request.query_params
        try:
            flow = _kept(request)
            if given.get("error"):
                raise Unauthenticated(f"the provider says {given['error'][:100]!r}")
            who = _client(request).finish(flow, given.get("state", ""), given.get("code", ""), _back(request))
            person = runtime.people.identified(who.subject, who.login)
        except NotFound:
            raise
        except SiyajError as error:
            log.warning("log-in by OpenID Connect: %s", error)
            problem = _("The log-in through your organisation did not work. Try again, or ask an administrator.")
            return _over(_failed(request, problem))
        answer = enter(request, runtime, person, Stage.OPEN, visit, how="oidc", following=flow.next)
        return _over(answer)


def _client(request: AnyRequest) -> OidcClient:
    """Raises NotFound where no provider is set up."""
    if not is_set_up(runtime_of(request).settings):
        raise NotFound("no provider is set up", hint="SIYAJ_OIDC_ISSUER and SIYAJ_OIDC_CLIENT_ID")
    client: OidcClient = request.app.state["oidc"]
    return client


def _back(request: AnyRequest) -> str:
    """Return our address that the provider sends people back to; it must be registered there."""
    base = runtime_of(request).settings.public_url or str(request.base_url)
    return f"{base.rstrip('/')}{_PATH}/callback"


def _keep(request: AnyRequest, flow: Flow) -> Cookie:
    sealed = runtime_of(request).keyring.seal_small(msgspec.json.encode(flow), "oidc", "flow")
    value = base64.urlsafe_b64encode(sealed).decode()
    secure = must_be_secure(request)
    return Cookie(COOKIE, value=value, path=_PATH, max_age=600, httponly=True, samesite="lax", secure=secure)


def _kept(request: AnyRequest) -> Flow:
    """Raises Unauthenticated when this browser began no log-in."""
    try:
        sealed = base64.urlsafe_b64decode(request.cookies.get(COOKIE, ""))
        return msgspec.json.decode(runtime_of(request).keyring.unseal_small(sealed, "oidc", "flow"), type=Flow)
    except (SealBroken, binascii.Error, ValueError):
        raise Unauthenticated("this browser began no log-in") from None


def _over(answer: Response[str]) -> Response[str]:
    """Whether it worked or not, the browser forgets the flow: one begins anew."""
    answer.cookies.append(Cookie(COOKIE, value="", path=_PATH, max_age=0))
    return answer


def _failed(request: AnyRequest, problem: str) -> Response[str]:
    return render(request, "login/password.html", status=401, login="", problem=problem, next="", oidc=True)
