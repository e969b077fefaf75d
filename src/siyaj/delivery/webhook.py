"""Actions by webhook, signed as Standard Webhooks 1.0 says (https://www.standardwebhooks.com).

`webhook-id` is the action's id, the same at every attempt: a receiver that remembers it acts once. The body is the same
at every attempt; `webhook-timestamp` is the attempt's. While a secret is rotated both sign, and either verifies.
"""

import base64
import email.utils
import hashlib
import hmac
import time
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec
from msgspec import Struct

from siyaj import __version__
from siyaj.delivery.adaptor import Outcome, Result
from siyaj.delivery.outgoing import Answer, Outgoing, Unreachable
from siyaj.model.action import PlatformAction
from siyaj.model.clock import now_us
from siyaj.storage.endpoints import Endpoint, Secrets

LONGEST_SAID = 500


class Message(Struct):
    """The body of a webhook. `type` is `action.` and the action's kind; `timestamp` is when it was decided."""

    type: str
    timestamp: datetime
    data: PlatformAction


class WebhookAdaptor:
    """POSTs actions to an endpoint's URL. Any 2xx is done, 501 is not available there, 410 is gone; all else is tried
    again."""

    def __init__(self, endpoint: Endpoint, secrets: Secrets) -> None:
        self._url = endpoint.url
        self._secrets = secrets
        self._outgoing = Outgoing(allow_private=endpoint.allow_private)

    def deliver(self, action: PlatformAction) -> Outcome:
        body = msgspec.json.encode(Message(f"action.{action.kind}", action.created_at, action))
        try:
            answer = self._outgoing.send("POST", self._url, self._headers(action.id, body), body)
        except Unreachable as error:
            return Outcome(Result.FAILED, str(error))
        return _outcome(answer)

    def close(self) -> None:
        """Nothing stays open."""

    def _headers(self, message_id: str, body: bytes) -> dict[str, str]:
        return {
            "content-type": "application/json",
            "user-agent": f"siyaj/{__version__}",
            **signed(message_id, int(time.time()), body, self._secrets.live(now_us())),
        }


def signed(message_id: str, timestamp: int, body: bytes, secrets: Sequence[str]) -> dict[str, str]:
    """Return the three headers; one signature for each secret (`whsec_` and base64)."""
    content = f"{message_id}.{timestamp}.".encode() + body
    signatures = []
    for secret in secrets:
        key = base64.b64decode(secret.removeprefix("whsec_"))
        signatures.append(f"v1,{base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()}")
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }


def _outcome(answer: Answer) -> Outcome:
    said = f"{answer.status} {_printable(answer.body)}".strip()
    if 200 <= answer.status < 300:
        return Outcome(Result.DONE, said)
    if answer.status == 501:
        return Outcome(Result.UNAVAILABLE, _printable(answer.body) or "the platform says that it has no such thing")
    if answer.status == 410:
        return Outcome(Result.GONE, said)
    if 300 <= answer.status < 400:
        return Outcome(Result.FAILED, f"{answer.status}: redirects are not followed; give the endpoint's own address")
    return Outcome(Result.FAILED, said, _retry_after(answer.headers.get("retry-after", "")))


def _printable(body: bytes) -> str:
    text = body[: 4 * LONGEST_SAID].decode("utf-8", "replace")
    return "".join(char if char.isprintable() else " " for char in text)[:LONGEST_SAID].strip()


def _retry_after(header: str) -> float:
    """Return the seconds that a Retry-After header asks for (RFC 9110, 10.2.3); 0 where it says nothing."""
    if header.isascii() and header.isdigit():
        return float(header[:9])
    try:
        moment = email.utils.parsedate_to_datetime(header)
    except ValueError:
        return 0.0
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
