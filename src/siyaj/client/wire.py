"""Requests and answers as they are on the wire."""

from collections.abc import Sequence
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
import msgspec
from msgspec import Struct

from siyaj.client.errors import Refused, Unavailable
from siyaj.model.event import Event, MediaFile
from siyaj.model.report import SubjectKind
from siyaj.model.verdict import Verdict

T = TypeVar("T")
RETRIED = frozenset({408, 429, 500, 502, 503, 504})
LARGEST_BATCH = 100


class Receipt(Struct):
    receipt: str


class Problem(Struct):
    """RFC 9457, as docs/http.md says it."""

    status: int = 0
    code: str = "unknown"
    detail: str = ""
    field: str | None = None


class Results(Struct):
    """A batch's answers: each a verdict or a problem, told apart by `event`."""

    results: list[dict[str, Any]]


def check_body(event: Event, files: Sequence[MediaFile]) -> dict[str, Any]:
    """Return the arguments of a request: JSON, or multipart when there are files."""
    encoded = msgspec.json.encode(event)
    if not files:
        return {"content": encoded, "headers": {"content-type": "application/json"}}
    parts: list[tuple[str, Any]] = [("event", (None, encoded, "application/json"))]
    parts += [("file", (file.name or "file", file.data, "application/octet-stream")) for file in files]
    return {"files": parts}


def json_body(body: Any) -> dict[str, Any]:
    return {"content": msgspec.json.encode(body), "headers": {"content-type": "application/json"}}


def batch_body(events: Sequence[Event]) -> dict[str, Any]:
    return json_body({"events": events})


def read(answer: httpx.Response, kind: type[T]) -> T:
    """Decode an answer. Raises Unavailable for what may be tried again, Refused for what may not."""
    if answer.is_success:
        try:
            return msgspec.json.decode(answer.content, type=kind)
        except msgspec.MsgspecError as error:
            raise Unavailable(f"the answer cannot be read: {error}") from None
    raise failure(answer.status_code, answer.content)


def failure(status: int, body: bytes) -> Refused | Unavailable:
    try:
        told = msgspec.json.decode(body, type=Problem)
    except msgspec.MsgspecError:
        told = Problem(detail=body[:200].decode("utf-8", "replace"))
    if status in RETRIED or told.code == "idempotency_in_flight":
        return Unavailable(f"{status} {told.code}: {told.detail}")
    return Refused(status, told.code, told.detail, told.field)


def read_result(result: dict[str, Any]) -> Verdict | Refused | Unavailable:
    """Read one answer of a batch."""
    if "event" in result:
        return msgspec.convert(result, Verdict)
    told = msgspec.convert(result, Problem)
    return failure(told.status, msgspec.json.encode(told))


def state_path(kind: SubjectKind, subject: str) -> str:
    return f"/v1/state/{kind.value}/{quote(subject, safe='')}"
