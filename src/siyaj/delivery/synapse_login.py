"""Logs an account in at a Matrix homeserver, once, so that Siyaj has a token to act with. The password is not kept."""

import json
from urllib.parse import urlsplit

from siyaj.delivery.outgoing import Outgoing, Unreachable
from siyaj.model.errors import InvalidRequest


def log_in(url: str, user: str, password: str, *, allow_private: bool) -> str:
    """Return an access token. Raises InvalidRequest with what the homeserver said."""
    parts = urlsplit(url)
    address = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}/_matrix/client/v3/login"
    identifier = {"type": "m.id.user", "user": user}
    asked = {"type": "m.login.password", "identifier": identifier, "password": password}
    body = json.dumps({**asked, "initial_device_display_name": "Siyaj"}).encode()
    try:
        answer = Outgoing(allow_private=allow_private).send("POST", address, {"content-type": "application/json"}, body)
    except Unreachable as error:
        raise InvalidRequest(f"the homeserver does not answer: {error}", field="url") from None
    try:
        told = json.loads(answer.body)
    except ValueError:
        told = None
    token = told.get("access_token") if isinstance(told, dict) else None
    if answer.status == 200 and isinstance(token, str) and token:
        return token
    said = told.get("error") if isinstance(told, dict) else "what answers there is no homeserver"
    raise InvalidRequest(f"{user} could not be logged in: {answer.status} {said}", field="user")
