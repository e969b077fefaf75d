"""Whom something is said to at a Matrix homeserver, and in which words: by a server notice, the same at every try;
where the homeserver has none set up, in a room with that person alone."""

from typing import Any

from siyaj.delivery.synapse_admin import Forbidden, Homeserver, NotAvailable, NotDone, NotThere, part
from siyaj.delivery.synapse_direct import send
from siyaj.model.action import PlatformAction
from siyaj.model.report import SubjectKind

OTHERWISE = "they find the reasons in the refusal that they saw, and at the address of the appeal"


def notify(server: Homeserver, action: PlatformAction) -> str:
    """A room is told through whoever made it. Raises NotAvailable where this homeserver lets nobody be told."""
    words = _words(action)
    if not words:
        raise NotDone("there is nothing to send a notice of", final=True)
    to = _addressee(server, action)
    if not to:
        raise NotAvailable("nobody on this homeserver stands behind it to send a notice to")
    body = {"user_id": to, "content": {"msgtype": "m.text", "body": words}}
    try:
        server.admin("PUT", f"/send_server_notice/{part(action.id)}", body)
    except NotThere:
        raise NotAvailable(f"there is no account {to} on this homeserver to send a notice to") from None
    except NotDone as error:
        if not _has_no_notices(error):
            raise
        return _directly(server, action, to, words, str(error))
    return f"a notice was sent to {to}"


def _has_no_notices(error: NotDone) -> bool:
    """True where `server_notices` are not set up, the account is on another server, or may not join the notices' room
    (as one that is suspended)."""
    return isinstance(error, Forbidden) or "Server notices" in str(error)


def _directly(server: Homeserver, action: PlatformAction, to: str, words: str, why: str) -> str:
    try:
        return send(server, action.id, to, words, _appeal_url(action))
    except NotDone as error:
        if not error.final:
            raise
        raise NotAvailable(f"no notice could be sent ({why}), nor a message ({error}); {OTHERWISE}") from None


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
    url = _appeal_url(action)
    return "\n\n".join([*words, *([url] if url and url not in " ".join(words) else [])])


def _appeal_url(action: PlatformAction) -> str:
    given = action.payload.get("statement")
    url = given.get("appeal_url") if isinstance(given, dict) else None
    return url if isinstance(url, str) else ""
