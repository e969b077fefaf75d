"""Verifies webhooks that Siyaj sends (Standard Webhooks 1.0), and returns the action in them.

    action = verify(request.body, request.headers, secret)

A webhook may come more than once: remember `action.id`, and do each once. Answer 2xx when it is done or remembered
durably, 400 for what is Unverified.
"""

import base64
import binascii
import hmac
import time
from collections.abc import Mapping, Sequence

import msgspec
from msgspec import Struct

from siyaj.client.errors import Unverified
from siyaj.model.action import PlatformAction

TOLERANCE_SECONDS = 300.0
"""How far its clock and ours may be apart: an old webhook cannot be sent again by someone who saw it."""


class _Message(Struct):
    type: str
    data: PlatformAction


def verify(body: bytes, headers: Mapping[str, str], secrets: str | Sequence[str]) -> PlatformAction:
    """Return the action. `body` is the request's, byte for byte; `secrets` are one or, while one is rotated, both.

    An action of the kind `none` is a test: do nothing and answer 2xx. Raises Unverified.
    """
    given = {name.lower(): value for name, value in headers.items()}
    try:
        message, sent_at, signatures = (given[f"webhook-{part}"] for part in ("id", "timestamp", "signature"))
        age = abs(time.time() - int(sent_at))
    except (KeyError, ValueError):
        raise Unverified("the webhook headers are missing or damaged") from None
    if age > TOLERANCE_SECONDS:
        raise Unverified(f"it is {age:.0f} s old, or the clocks differ")
    content = f"{message}.{sent_at}.".encode("utf-8", "surrogateescape") + body
    known = [_sign(secret, content) for secret in ([secrets] if isinstance(secrets, str) else secrets)]
    if not any(hmac.compare_digest(_ascii(theirs), ours) for theirs in signatures.split(" ") for ours in known):
        raise Unverified("no signature fits a secret of ours")
    try:
        action = msgspec.json.decode(body, type=_Message).data
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Unverified(f"it is no action: {error}") from None
    if action.id != message:
        raise Unverified("its id is not the one that was signed")
    return action


def _sign(secret: str, content: bytes) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        raise ValueError("a secret is `whsec_` and base64; this one is not") from None
    return b"v1," + base64.b64encode(hmac.digest(key, content, "sha256"))


def _ascii(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
