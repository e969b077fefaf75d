"""The OpenAPI 3.1 document: Litestar's own, with the hot routes and the problems that every route may answer."""

from typing import Any

import msgspec
from litestar import Litestar
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme

from siyaj import __version__
from siyaj.model.event import Event
from siyaj.model.report import NewReport
from siyaj.model.verdict import Verdict
from siyaj.server.api.banks import NewItem
from siyaj.server.auth import PUBLIC, needed_scope
from siyaj.server.problems import MEDIA_TYPE, Problem

CONFIG = OpenAPIConfig(
    title="Siyaj",
    version=__version__,
    description="Known terrorist and violent extremist content is recognised, decided and recorded.",
    components=Components(security_schemes={"key": SecurityScheme(type="http", scheme="bearer")}),
    render_plugins=(),
    path="/schema",
)

_EXAMPLE = {"id": "m-1", "kind": "message", "text": "السلام عليكم", "account": {"id": "u-7"}}
_STATUSES = {
    "400": "The request is not valid; `field` names the place",
    "401": "No key, or one that is unknown, expired or revoked",
    "403": "The key lacks the scope",
    "404": "There is no such thing",
    "405": "Not for this method",
    "408": "The request took too long to arrive or to be answered",
    "409": "It exists already, or the first request with this key is still being answered",
    "413": "Too large: body, files or picture",
    "415": "Not a media type that is read here",
    "422": "The same key came with another body, or a decoder had to be killed",
    "429": "Too many checks; see Retry-After",
    "500": "A fault of ours",
    "503": "The database cannot be used now, or too much waits; see Retry-After",
}
_METHODS = {"get", "post", "put", "patch", "delete"}


def document(app: Litestar) -> dict[str, Any]:
    """Return the document as plain data."""
    schema: dict[str, Any] = app.openapi_schema.to_schema()
    (event, verdict, problem, item, report), components = msgspec.json.schema_components(
        [Event, Verdict, Problem, NewItem, NewReport], ref_template="#/components/schemas/{name}"
    )
    schema.setdefault("components", {}).setdefault("schemas", {}).update(components)
    schema["paths"]["/v1/check"] = {"post": _check(event, verdict)}
    schema["paths"]["/v1/check/batch"] = {"post": _batch(event, verdict, problem)}
    entries = schema["paths"]["/v1/banks/{bank}/entries"]["post"]
    entries["requestBody"] = {"required": True, "content": _json_or_files("entry", item)}
    reports = schema["paths"]["/v1/reports"]["post"]
    reports["requestBody"] = {"required": True, "content": _json_or_files("report", report)}
    reports["parameters"] = [_idempotency_key("report")]
    listed = {"text/plain": {"schema": {"type": "string"}}}
    schema["paths"]["/v1/banks/{bank}/import"]["post"]["requestBody"] = {"required": True, "content": listed}
    export = schema["paths"]["/v1/banks/{bank}/export"]["get"]["responses"]["200"]
    export["content"] = {kind: {"schema": {"type": "string"}} for kind in ("text/csv", "application/x-ndjson")}
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            if method in _METHODS:
                _finish(path, method, operation, problem)
    schema["paths"] = dict(sorted(schema["paths"].items()))
    return schema


def _finish(path: str, method: str, operation: dict[str, Any], problem: Any) -> None:
    answers = operation["responses"]
    for status, description in _STATUSES.items():
        if status != "503" or path != "/readyz":
            answers[status] = {"description": description, "content": {MEDIA_TYPE: {"schema": problem}}}
    operation["responses"] = dict(sorted(answers.items()))
    if path not in PUBLIC:
        operation["security"] = [{"key": []}]
        operation["description"] = f"Needs the scope `{needed_scope(method.upper(), path)}`."


def _json_or_files(part: str, schema: Any, example: Any = None) -> dict[str, Any]:
    """Return the content of a body that is JSON, or multipart with the JSON as one part and files beside it."""
    multipart = {
        "type": "object",
        "properties": {part: schema, "file": {"type": "string", "format": "binary"}},
        "required": [part],
    }
    return {
        "application/json": {"schema": schema, **({"example": example} if example else {})},
        "multipart/form-data": {"schema": multipart, "encoding": {part: {"contentType": "application/json"}}},
    }


def _check(event: Any, verdict: Any) -> dict[str, Any]:
    return {
        "tags": ["check"],
        "operationId": "check",
        "summary": "Check one event, before it is published",
        "parameters": [_idempotency_key()],
        "requestBody": {"required": True, "content": _json_or_files("event", event, _EXAMPLE)},
        "responses": {"200": {"description": "The verdict", "content": {"application/json": {"schema": verdict}}}},
    }


def _batch(event: Any, verdict: Any, problem: Any) -> dict[str, Any]:
    asked = {
        "type": "object",
        "properties": {"events": {"type": "array", "items": event, "minItems": 1, "maxItems": 100}},
        "required": ["events"],
        "additionalProperties": False,
    }
    answered = {
        "type": "object",
        "properties": {"results": {"type": "array", "items": {"anyOf": [verdict, problem]}}},
        "required": ["results"],
    }
    return {
        "tags": ["check"],
        "operationId": "checkBatch",
        "summary": "Check up to 100 events; each gets its verdict or its problem, in order",
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": asked, "example": {"events": [_EXAMPLE]}}},
        },
        "responses": {"200": {"description": "The results", "content": {"application/json": {"schema": answered}}}},
    }


def _idempotency_key(noun: str = "event") -> dict[str, Any]:
    return {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "description": f"Makes a retry safe; without it the {noun}'s own id does. 1 to 255 visible ASCII characters.",
        "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
    }
