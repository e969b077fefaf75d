"""Setting up the second factor: a secret as a QR code (RFC 6238, `otpauth:` address), proved by a code of it."""

import pyotp
import segno
from litestar import Controller, Response, get, post
from msgspec.structs import replace

from siyaj.model.errors import Forbidden, Unauthenticated
from siyaj.moderation.people.sessions import Visit
from siyaj.moderation.runtime import Runtime
from siyaj.server.console.i18n import gettext as _
from siyaj.server.console.login import enter
from siyaj.server.console.page import redirect, render
from siyaj.server.console.session import AnyRequest, TheForm, TheRuntime, TheVisit
from siyaj.storage.sessions import Stage


class EnrolController(Controller):
    """For a log-in that must, and for a person who is signed in and has none, or showed a code of the old one."""

    path = "/login/enrol"

    @get("/", opt={"open": True}, sync_to_thread=True)
    def show(self, request: AnyRequest, runtime: TheRuntime, visit: TheVisit) -> Response[str]:
        known = _may_enrol(visit)
        return _page(request, known, _secret_of(runtime, known))

    @post("/", opt={"open": True}, sync_to_thread=True)
    def take(self, request: AnyRequest, runtime: TheRuntime, form: TheForm, visit: TheVisit) -> Response[str]:
        known = _may_enrol(visit)
        secret = _secret_of(runtime, known)
        try:
            runtime.people.enrol(known.person.id, secret, str(form.get("code") or ""), who=known.who)
        except Unauthenticated:
            problem = _("The code is wrong. Is the clock of your phone right?")
            return _page(request, known, secret, problem)
        if known.signed_in:
            runtime.sessions.remember(known.session, replace(known.session.memory, fresh_totp="", renewing=False))
            return redirect(request, "/console/self")
        following = known.session.memory.next
        return enter(request, runtime, known.person, Stage.OPEN, known, how="password and code", following=following)


def _may_enrol(visit: Visit | None) -> Visit:
    if visit is None or visit.session.memory.stage is Stage.CODE:
        raise Unauthenticated("nobody is signed in")
    if visit.person.has_totp and not visit.session.memory.renewing:
        raise Forbidden("there is a second factor already", hint=None)
    return visit


def _secret_of(runtime: Runtime, visit: Visit) -> str:
    """Return the secret that this session enrols; the same one until it is done: a reload harms nothing."""
    session = visit.session
    if session.memory.fresh_totp:
        sealed = bytes.fromhex(session.memory.fresh_totp)
        return runtime.keyring.unseal_small(sealed, "fresh totp", session.id).decode()
    secret = pyotp.random_base32()
    sealed = runtime.keyring.seal_small(secret.encode(), "fresh totp", session.id)
    runtime.sessions.remember(session, replace(session.memory, fresh_totp=sealed.hex()))
    return secret


def _page(request: AnyRequest, visit: Visit, secret: str, problem: str = "") -> Response[str]:
    address = pyotp.TOTP(secret).provisioning_uri(name=visit.person.login, issuer_name="Siyaj")
    picture = segno.make(address, error="m").svg_data_uri(scale=5, border=3, light="#fff", dark="#000")
    spaced = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
    status = 401 if problem else 200
    return render(request, "login/enrol.html", status=status, qr=picture, secret=spaced, problem=problem)
