"""`POST /v1/check` and `/v1/check/batch`: the hot routes, plain ASGI without a framework's work per request."""

import re
from typing import Annotated, Any

import msgspec
from litestar.types import Scope, Send
from msgspec import Meta, Struct

from siyaj.model.errors import InvalidRequest, MethodNotAllowed, SiyajError
from siyaj.model.event import Event, MediaFile
from siyaj.moderation.checks.requests import CheckAnswer, CheckRequest, hash_request
from siyaj.moderation.runtime import Runtime
from siyaj.server.auth import Caller, Gatekeeper
from siyaj.server.body import Body, read_body
from siyaj.server.gate import Headers, caller_of
from siyaj.server.problems import invalid_json, problem

LARGEST_BATCH = 100

_IDEMPOTENCY_KEY = re.compile(rb"[\x21-\x7e]{1,255}")
_JSON = (b"content-type", b"application/json")
_REPLAYED = (b"idempotent-replayed", b"true")


class Batch(Struct, forbid_unknown_fields=True):
    """The body of `POST /v1/check/batch`."""

    events: Annotated[list[msgspec.Raw], Meta(min_length=1, max_length=LARGEST_BATCH)]


_EVENT = msgspec.json.Decoder(Event)
_BATCH = msgspec.json.Decoder(Batch)


class CheckRoutes:
    """The two handlers, bound to a runtime."""

    def __init__(self, runtime: Runtime, gatekeeper: Gatekeeper) -> None:
        self._runtime = runtime
        self._gatekeeper = gatekeeper
        self._most_files = runtime.settings.max_files

    async def check(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one event with its verdict."""
        _require_post(scope)
        caller = caller_of(scope)
        body = await read_body(scope, receive, "event", self._most_files)
        request = self.read(scope, body, caller)
        self._gatekeeper.spend(caller, 1)
        answer = await self._runtime.checker.submit(request)
        await _send(send, answer.body, answer_headers(answer))

    @staticmethod
    def read(scope: Scope, body: Body, caller: Caller) -> CheckRequest:
        """Return what a caller asks. Raises InvalidRequest naming the field."""
        event, key = read_event(body.json), idempotency_key(scope)
        whole = hash_request(event, body.files)
        return CheckRequest(event, body.files, caller.key.id, key, whole, who=f"key:{caller.key.name}")

    async def batch(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer up to 100 events, each with its verdict or its problem, in order."""
        _require_post(scope)
        caller = caller_of(scope)
        body = await read_body(scope, receive, "events", 0)
        try:
            raw = _BATCH.decode(body.json).events
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise invalid_json(error) from None
        self._gatekeeper.spend(caller, len(raw))
        read = [_read_safely(one, caller.key.id) for one in raw]
        asked = [one for one in read if isinstance(one, CheckRequest)]
        answers = iter(await self._runtime.checker.submit_many(asked) if asked else [])
        results = [next(answers) if isinstance(one, CheckRequest) else one for one in read]
        await _send(send, b'{"results":[' + b",".join(_result(one) for one in results) + b"]}")


def read_event(raw: bytes | msgspec.Raw) -> Event:
    """Decode an event. Raises InvalidRequest naming the field."""
    try:
        event = _EVENT.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise invalid_json(error) from None
    if "\0" in event.id:
        raise _nul("id")
    if event.account is not None and "\0" in event.account.id:
        raise _nul("account.id")
    if event.channel is not None and "\0" in event.channel.id:
        raise _nul("channel.id")
    return event


def _nul(field: str) -> InvalidRequest:
    return InvalidRequest("an id must not hold a NUL character", field=field)


def idempotency_key(scope: Scope) -> str | None:
    """Return the Idempotency-Key header (IETF draft-ietf-httpapi-idempotency-key-header). Raises InvalidRequest."""
    for name, value in scope["headers"]:
        if name == b"idempotency-key":
            if not _IDEMPOTENCY_KEY.fullmatch(value):
                raise InvalidRequest("it must be 1 to 255 visible ASCII characters", field="Idempotency-Key")
            return value.decode()
    return None


def _require_post(scope: Any) -> None:
    if scope["method"] != "POST":
        raise MethodNotAllowed(f"{scope['method']} is not for this route", hint="POST")


def _read_safely(raw: msgspec.Raw, key: str) -> CheckRequest | SiyajError:
    try:
        event = read_event(raw)
    except SiyajError as error:
        return error
    files: list[MediaFile] = []
    return CheckRequest(event, files, key, None, hash_request(event))


def _result(result: CheckAnswer | SiyajError) -> bytes:
    return result.body if isinstance(result, CheckAnswer) else msgspec.json.encode(problem(result))


def answer_headers(answer: CheckAnswer) -> Headers:
    its = _headers(answer.body)
    return [*its, _REPLAYED] if answer.replayed else its


def _headers(body: bytes) -> Headers:
    return [_JSON, (b"content-length", str(len(body)).encode())]


async def _send(send: Send, body: bytes, headers: Headers | None = None) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": headers or _headers(body)})
    await send({"type": "http.response.body", "body": body, "more_body": False})
