"""Errors as problem details (RFC 9457): one table from stable codes to HTTP statuses."""

import re
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException
from msgspec import Struct

from siyaj.model.errors import ErrorCode, InvalidRequest, SiyajError

_NAMED = re.compile(r"(?:unknown|required) field `(.*?)`")

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = 1

STATUS: dict[ErrorCode, int] = {
    ErrorCode.INVALID_REQUEST: 400,
    ErrorCode.INVALID_SIGNAL: 400,
    ErrorCode.INVALID_POLICY: 400,
    ErrorCode.UNKNOWN_SIGNAL_TYPE: 400,
    ErrorCode.IMPORT_REFUSED: 400,
    ErrorCode.UNREADABLE_MEDIA: 400,
    ErrorCode.MEDIA_TOO_LARGE: 413,
    ErrorCode.REQUEST_TOO_LARGE: 413,
    ErrorCode.DECODER_KILLED: 422,
    ErrorCode.UNSUPPORTED_MEDIA_TYPE: 415,
    ErrorCode.REQUEST_TIMEOUT: 408,
    ErrorCode.UNAUTHENTICATED: 401,
    ErrorCode.FORBIDDEN: 403,
    ErrorCode.NOT_FOUND: 404,
    ErrorCode.METHOD_NOT_ALLOWED: 405,
    ErrorCode.ALREADY_EXISTS: 409,
    ErrorCode.IDEMPOTENCY_IN_FLIGHT: 409,
    ErrorCode.IDEMPOTENCY_MISMATCH: 422,
    ErrorCode.STALE_VERSION: 409,
    ErrorCode.CASE_HELD: 409,
    ErrorCode.DECISION_FINAL: 409,
    ErrorCode.APPEAL_CLOSED: 409,
    ErrorCode.RATE_LIMITED: 429,
    ErrorCode.STORAGE_UNAVAILABLE: 503,
    ErrorCode.OVERLOADED: 503,
    ErrorCode.INTERNAL: 500,
    ErrorCode.SEAL_BROKEN: 500,
}
_RETRY = {ErrorCode.STORAGE_UNAVAILABLE, ErrorCode.OVERLOADED, ErrorCode.RATE_LIMITED, ErrorCode.IDEMPOTENCY_IN_FLIGHT}
_BY_STATUS = {
    401: ErrorCode.UNAUTHENTICATED,
    404: ErrorCode.NOT_FOUND,
    405: ErrorCode.METHOD_NOT_ALLOWED,
    413: ErrorCode.REQUEST_TOO_LARGE,
    415: ErrorCode.UNSUPPORTED_MEDIA_TYPE,
}


class Problem(Struct, omit_defaults=True):
    """The body of an error. `code` is stable; `field` names the place; `hint` says what to do."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    field: str | None = None
    hint: str | None = None
    instance: str | None = None


def problem(error: SiyajError, instance: str | None = None) -> Problem:
    """Return what a caller is told. `instance` is the request's id."""
    status = STATUS[error.code]
    return Problem(
        type=f"urn:siyaj:problem:{error.code}",
        title=error.code.value.replace("_", " "),
        status=status,
        detail=error.message,
        code=error.code.value,
        field=error.field,
        hint=error.hint,
        instance=instance,
    )


def headers(error: SiyajError) -> dict[str, str]:
    """Return the headers that go with an error."""
    given = {"content-type": MEDIA_TYPE}
    if error.code in _RETRY:
        given["retry-after"] = str(RETRY_SECONDS)
    if error.code is ErrorCode.UNAUTHENTICATED:
        given["www-authenticate"] = "Bearer"
    return given


def invalid_json(error: Exception) -> InvalidRequest:
    """Turn what msgspec says into an error with the offending field."""
    if isinstance(error, UnicodeDecodeError):
        return InvalidRequest("the body is not UTF-8")
    if isinstance(error, RecursionError):
        return InvalidRequest("the body is nested too deeply")
    said = str(error)
    path = re.search(r" - at `\$\.?(.*?)`$", said)
    field = path.group(1) if path else ""
    if named := _NAMED.search(said):
        field = f"{field}.{named.group(1)}" if field else named.group(1)
    message = said[: path.start()] if path else said
    syntax = not isinstance(error, msgspec.ValidationError)
    return InvalidRequest(f"the body is not valid JSON: {message}" if syntax else message, field=field or None)


def answer_error(request: Request[Any, Any, Any], error: SiyajError) -> Response[bytes]:
    """Litestar's handler for our errors."""
    body = msgspec.json.encode(problem(error, request.scope.get("state", {}).get("request_id")))
    return Response(body, status_code=STATUS[error.code], headers=headers(error), media_type=MEDIA_TYPE)


def answer_http(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """Litestar's handler for its own errors: no such route, method, media type, or a body that does not fit."""
    code = _BY_STATUS.get(
        error.status_code, ErrorCode.INVALID_REQUEST if error.status_code < 500 else ErrorCode.INTERNAL
    )
    fault = SiyajError("a fault of ours" if code is ErrorCode.INTERNAL else _detail(error), field=_field(error))
    fault.code = code  # type: ignore[misc]
    answer = answer_error(request, fault)
    for name, value in (error.headers or {}).items():
        answer.headers[name] = value
    return answer


def _detail(error: HTTPException) -> str:
    first = _first(error)
    return str(first.get("message") or error.detail)


def _field(error: HTTPException) -> str | None:
    key = _first(error).get("key") or None
    named = _NAMED.search(_detail(error)) if key in ("data", None) else None  # `data` is Litestar's word for the body
    return named.group(1) if named else key


def _first(error: HTTPException) -> dict[str, Any]:
    extra = error.extra
    return extra[0] if isinstance(extra, list) and extra and isinstance(extra[0], dict) else {}
