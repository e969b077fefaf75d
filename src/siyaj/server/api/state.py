"""`GET /v1/state/{kind}/{id}`: what should be the state of a subject."""

import asyncio
from typing import Annotated, Any
from urllib.parse import unquote_to_bytes

from litestar import Request, get
from litestar.datastructures import State
from litestar.params import PathParameter

from siyaj.model.errors import InvalidRequest
from siyaj.model.report import Subject, SubjectKind
from siyaj.model.state import SubjectState
from siyaj.moderation import state as reconciliation
from siyaj.moderation.runtime import Runtime


@get(
    "/v1/state/{kind:str}/{id:path}", summary="What should be the state of an item, account or channel", tags=["state"]
)
async def state_of(
    state: State,
    request: Request[Any, Any, State],
    kind: Annotated[SubjectKind, PathParameter(description="item, account or channel")],
    id: Annotated[str, PathParameter(description="The platform's own id, percent-encoded")],
) -> SubjectState:
    runtime: Runtime = state["runtime"]
    subject = Subject(kind, _own_id(request, kind, id))
    return await asyncio.to_thread(reconciliation.state_of, runtime.database, subject)


def _own_id(request: Request[Any, Any, State], kind: SubjectKind, routed: str) -> str:
    """Return the id byte for byte as it was sent: the router tidies slashes."""
    raw = request.scope.get("raw_path") or b""
    _, found, rest = raw.partition(f"/v1/state/{kind.value}/".encode())
    try:
        its = unquote_to_bytes(rest).decode() if found else routed
    except UnicodeDecodeError:
        raise InvalidRequest("the id is not UTF-8", field="id") from None
    if not its or len(its) > 256 or "\0" in its:
        raise InvalidRequest("an id has 1 to 256 characters, none of them NUL", field="id")
    return its
