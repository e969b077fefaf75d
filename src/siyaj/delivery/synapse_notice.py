"""Whom something is said to at a Matrix homeserver, and in which words: by a server notice, the same at every try."""

from typing import Any

from siyaj.delivery.synapse_admin import Forbidden, Homeserver, NotDone, NotThere, part
from siyaj.model.action import PlatformAction
from siyaj.model.report import SubjectKind


def notify(server: Homeserver, action: PlatformAction) -> str:
    """Needs `server_notices` in the homeserver's configuration. A room is told through whoever made it."""
    words = _words(action)
    to = _addressee(server, action)
    if not to or not words:
        raise NotDone("there is nobody, or nothing, to send a notice to", final=True)
    body = {"user_id": to, "content": {"msgtype": "m.text", "body": words}}
    try:
        server.admin("PUT", f"/send_server_notice/{part(action.id)}", body)
    except Forbidden as error:
        raise NotDone(f"no notice could be sent: {error}", final=True) from None
    return f"a notice was sent to {to}"


def _addressee(server: Homeserver, action: PlatformAction) -> str:
    given = action.payload.get("to")
    kind, its = (given.get("kind"), given.get("id")) if isinstance(given, dict) else (action.subject.kind, given)
    its = its if isinstance(its, str) and its else action.subject.id
    if kind == SubjectKind.ACCOUNT or its.startswith("@"):
        return its
    try:
        if kind == SubjectKind.CHANNEL:
            return str(server.admin("GET", f"/rooms/{part(its)}").get("creator") or "")
        if its.startswith("$"):
            return str(server.admin("GET", f"/fetch_event/{part(its)}")["event"].get("sender") or "")
        if its.startswith("mxc://"):
            where = part(its.removeprefix("mxc://").partition("/")[0]) + "/" + part(its.rpartition("/")[2])
            return str(server.admin("GET", f"/media/{where}")["media_info"].get("user_id") or "")
    except NotThere:
        return ""
    return ""


def _words(action: PlatformAction) -> str:
    """Return the outcome of an appeal, or the statement of reasons (DSA Article 17)."""
    payload: dict[str, Any] = action.payload
    for said in (payload.get("outcome"), payload.get("statement")):
        if isinstance(said, str) and said:
            return said
    given = payload.get("statement")
    if not isinstance(given, dict):
        return ""
    parts = [given.get(field) for field in ("action", "facts", "automated", "ground", "redress")]
    words = [one for one in parts if isinstance(one, str) and one]
    url = given.get("appeal_url")
    return "\n\n".join([*words, *([url] if isinstance(url, str) and url not in " ".join(words) else [])])
