"""`POST /v1/presets/http-antispam/{callback}`: for Matrix homeservers that run synapse-http-antispam already.

Its contract (https://github.com/maunium/synapse-http-antispam, which Meowlnir speaks too): any 2xx lets pass; any other
answer with a JSON body refuses, and its body is what the client sees; an answer that is no JSON is a failure, for which
the module has a setting of its own. So a refusal is a Matrix error in JSON, and a fault of ours is plain text.
"""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, post
from litestar.datastructures import State
from litestar.params import PathParameter

from siyaj.model.errors import InvalidRequest, SiyajError
from siyaj.model.event import Event
from siyaj.model.report import Subject, SubjectKind
from siyaj.model.state import Standing
from siyaj.model.verdict import Action, Verdict
from siyaj.moderation import state as reconciliation
from siyaj.moderation.checks.requests import CheckAnswer, CheckRequest, hash_request
from siyaj.moderation.runtime import Runtime
from siyaj.server.api import matrix_content as content
from siyaj.server.auth import Caller
from siyaj.server.gate import caller_of, plain
from siyaj.server.problems import STATUS

log = logging.getLogger(__name__)

SECONDS = 2.0
"""Its HTTP client waits for a minute, and with it whoever sends a message: so we give up long before."""

_ARABIC = re.compile("[\u0600-\u06ff]")
_SILENT = frozenset({"m.room.encrypted", "m.room.member", "m.room.create", "m.room.power_levels"})
_NAMED = {"m.room.name": "title", "m.room.topic": "topic"}
_STOPPED = (Standing.LIMITED, Standing.CLOSED, Standing.REMOVED, Standing.BLOCKED)

MatrixError = dict[str, Any]
Answering = Callable[[Runtime, Caller, Mapping[str, Any]], Awaitable[MatrixError | None]]


@post("/v1/presets/http-antispam/{callback:str}", status_code=200, include_in_schema=False)
async def http_antispam(
    state: State,
    request: Request[Any, Any, State],
    callback: Annotated[str, PathParameter(description="The name of Synapse's callback")],
) -> Response[Any]:
    """A callback that we have nothing to say about is let pass, as Meowlnir does."""
    try:
        given = msgspec.json.decode(await request.body(), type=dict[str, Any])
        answering = _CALLBACKS.get(callback)
        async with asyncio.timeout(SECONDS):
            refused = await answering(state["runtime"], caller_of(request.scope), given) if answering else None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return _fault(InvalidRequest(f"the body of {callback[:50]!r} is not what that module sends: {error}"))
    except TimeoutError:
        return Response("it took too long", status_code=503, media_type="text/plain")
    except SiyajError as error:
        return _fault(error)
    return Response({}) if refused is None else Response(refused, status_code=403)


def _fault(error: SiyajError) -> Response[Any]:
    return Response(plain(error), status_code=STATUS[error.code], media_type="text/plain")


async def _event(runtime: Runtime, caller: Caller, given: Mapping[str, Any]) -> MatrixError | None:
    """`check_event_for_spam`: {"event": …} as clients see it, with `event_id`."""
    its = given.get("event")
    if not isinstance(its, dict):
        raise InvalidRequest("`event` is missing", field="event")
    said = its.get("content")
    if its.get("type") in _SILENT or not isinstance(said, dict):
        return None
    event = _as_event(its, said)
    if event is None:
        return None
    key = f"http-antispam-{its['event_id']}" if event.kind == "channel" else None
    asked = CheckRequest(event, [], caller.key.id, key, hash_request(event), who=f"key:{caller.key.name}")
    answer = await runtime.checker.submit(asked)
    return _refusal(_verdict(answer), event)


def _as_event(its: Mapping[str, Any], said: Mapping[str, Any]) -> Event | None:
    """Return Siyaj's event; None where nothing is said. Raises msgspec.ValidationError."""
    kind, words, links = its.get("type"), content.words(said), content.links(said)
    room = {"id": its.get("room_id")}
    found: dict[str, Any] = {"id": its.get("event_id"), "account": {"id": its.get("sender")}, "channel": room}
    if "state_key" in its and kind in _NAMED:
        room[_NAMED[kind]] = words[:1_000]
        found |= {"kind": "channel", "id": its.get("room_id"), "text": words}
    else:
        found |= {"kind": "message", "text": words, "links": links}
    return msgspec.convert(found, Event) if words or links else None


async def _room(runtime: Runtime, _caller: Caller, given: Mapping[str, Any]) -> MatrixError | None:
    """Callbacks by which a room spreads: a closed or limited one does not."""
    room = given.get("room_id") or given.get("room")
    if not isinstance(room, str) or not 0 < len(room) <= 256 or "\0" in room:
        raise InvalidRequest("the room's id is missing", field="room_id")
    subject = Subject(SubjectKind.CHANNEL, room)
    found = await asyncio.to_thread(reconciliation.state_of, runtime.database, subject)
    if found.standing not in _STOPPED:
        return None
    said = "This room does not take in new members, under the rules of this server. "
    said += "لا تستقبل هذه الغرفة أعضاء جددًا وفق قواعد هذا الخادم."
    return _matrix_error(said, found.policy, found.case, found.appeal_url)


_CALLBACKS: Mapping[str, Answering] = {
    "check_event_for_spam": _event,
    "user_may_join_room": _room,
    "user_may_invite": _room,
    "user_may_send_3pid_invite": _room,
    "user_may_publish_room": _room,
}


def _verdict(answer: CheckAnswer) -> Verdict:
    return msgspec.json.decode(answer.body, type=Verdict)


def _refusal(verdict: Verdict, event: Event) -> MatrixError | None:
    if verdict.action not in (Action.HOLD, Action.BLOCK):
        return None
    arabic = bool(_ARABIC.search(event.text))
    reason = verdict.reasons[0] if verdict.reasons else None
    said = ((reason.text_ar if arabic else "") or reason.text) if reason else "Refused under the rules of this server."
    error = _matrix_error(said, verdict.policy, verdict.case, verdict.appeal_url)
    return {**error, "org.siyaj.verdict": verdict.id}


def _matrix_error(said: str, policy: str | None, case: str | None, appeal_url: str | None) -> MatrixError:
    """The standard error of Matrix, with our ids beside it; where to appeal stands in the words too."""
    error: MatrixError = {"errcode": "M_FORBIDDEN", "error": f"{said} {appeal_url}" if appeal_url else said}
    more = {"org.siyaj.policy": policy, "org.siyaj.case": case, "org.siyaj.appeal_url": appeal_url}
    return {**error, **{name: value for name, value in more.items() if value}}
