"""Actions at a Matrix homeserver (Synapse), through its admin API. The core never imports Synapse.

Subjects: an item is an event's id (`$…`) or a file's `mxc://` address, a channel is a room's id, an account an mxid.
What Synapse cannot do is said as it is: a redaction destroys, and nobody can be let back into a room that was left
by all. Each deed may be repeated: it looks first what is so already.
"""

import logging
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from siyaj.delivery import synapse_rooms as rooms
from siyaj.delivery.adaptor import Outcome, Result
from siyaj.delivery.outgoing import Outgoing
from siyaj.delivery.synapse_admin import Homeserver, NotAvailable, NotDone, NotThere, mxcs_in, part, split_mxc
from siyaj.delivery.synapse_notice import notify
from siyaj.delivery.synapse_rooms import set_quarantine
from siyaj.model.action import UNDO, ActionKind, PlatformAction
from siyaj.model.report import SubjectKind
from siyaj.storage.endpoints import Endpoint, Secrets

log = logging.getLogger(__name__)

Deed = Callable[[Homeserver, PlatformAction], str]
"""Does it and returns what was done, in words. Raises NotDone."""


class SynapseAdaptor:
    """The endpoint's URL is the homeserver's address; `?suspend=deactivate` in it deactivates accounts for good
    instead of suspending them. Its token is that of an administrator's account."""

    def __init__(self, endpoint: Endpoint, secrets: Secrets) -> None:
        parts = urlsplit(endpoint.url)
        self._address = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"
        self._deactivates = parse_qs(parts.query).get("suspend") == ["deactivate"]
        self._token = secrets.token
        self._outgoing = Outgoing(allow_private=endpoint.allow_private)

    def deliver(self, action: PlatformAction) -> Outcome:
        deed = self._deed(action)
        if deed is None:
            return Outcome(Result.UNAVAILABLE, f"Synapse cannot {action.kind} an {action.subject.kind}")
        try:
            return Outcome(Result.DONE, deed(Homeserver(self._outgoing, self._address, self._token), action))
        except NotThere:
            gone = Result.UNAVAILABLE if action.kind in UNDO.values() else Result.DONE
            return Outcome(gone, "it is not on this homeserver (any more)")
        except NotAvailable as error:
            return Outcome(Result.UNAVAILABLE, str(error))
        except NotDone as error:
            if error.final and "local users" in str(error):
                return Outcome(
                    Result.UNAVAILABLE, "an account of another server: only what it does here can be acted on"
                )
            return Outcome(Result.REFUSED if error.final else Result.FAILED, str(error), error.retry_after)

    def close(self) -> None:
        """Nothing stays open."""

    def _deed(self, action: PlatformAction) -> Deed | None:
        if action.kind is ActionKind.SUSPEND_ACCOUNT and self._deactivates:
            return deactivate
        if action.kind is ActionKind.NOTIFY:
            return notify
        return _DEEDS.get((action.kind, action.subject.kind))


def remove(server: Homeserver, action: PlatformAction) -> str:
    """Redact an event and quarantine what it shows; quarantine a file."""
    if (mxc := split_mxc(action.subject.id)) is not None:
        return set_quarantine(server, *mxc, on=True)
    found = server.admin("GET", f"/fetch_event/{part(action.subject.id)}") if _is_event(action) else None
    if found is None:
        raise NotDone(f"{action.subject.id!r} is neither an event nor a file of Matrix", final=True)
    event = found["event"]
    files = list(dict.fromkeys(mxcs_in(event.get("content"))))
    for one in files:
        rooms.set_quietly(server, one, on=True)
    said = f"{len(files)} files quarantined; " if files else ""
    if _is_redacted(server, event):
        return f"{said}it was redacted already"
    return said + _redact(server, event, action)


def _is_event(action: PlatformAction) -> bool:
    return action.subject.id.startswith("$")


def _is_redacted(server: Homeserver, event: Mapping[str, Any]) -> bool:
    """Ask for it as a client sees it: `fetch_event` shows what it was before, and does not say."""
    where = f"/rooms/{part(event['room_id'])}/context/{part(event['event_id'])}?limit=0"
    seen = server.admin("GET", where).get("event") or {}
    return "redacted_because" in (seen.get("unsigned") or {})


def _redact(server: Homeserver, event: Mapping[str, Any], action: PlatformAction) -> str:
    """As its author where that is one of ours: an author may always redact; else with power over the room."""
    room, sender = event["room_id"], event["sender"]
    path = f"/rooms/{part(room)}/redact/{part(event['event_id'])}/{part(action.id)}"
    body = {"reason": f"Removed under the rules of this server ({action.policy or 'tvec'})"}
    try:
        server.client("PUT", path, body, token="" if sender == server.me() else server.act_as(sender))
        return "redacted"
    except NotDone as error:
        log.info("%s cannot be redacted as its author: %s", action.subject.id, error)
    if not rooms.members_here(server, room):
        return "nobody here is in its room, so that nobody sees it; Synapse cannot redact it any more"
    rooms.take_power(server, room)
    server.client("PUT", path, body)
    return "redacted, with power over its room"


def restore(server: Homeserver, action: PlatformAction) -> str:
    """Give a file back. A redaction cannot be taken back: that is said, after its files are given back."""
    if (mxc := split_mxc(action.subject.id)) is not None:
        return set_quarantine(server, *mxc, on=False)
    event, files = _set_files(server, action, on=False)
    if not _is_redacted(server, event):
        return f"{len(files)} files given back; the event itself was never redacted"
    raise NotAvailable(
        f"{len(files)} files given back, but Matrix cannot take back a redaction: its author may send it again"
    )


def hold(server: Homeserver, action: PlatformAction) -> str:
    """Quarantine what it shows, until a person decided. Words stay: a redaction could not be taken back."""
    if (mxc := split_mxc(action.subject.id)) is not None:
        return set_quarantine(server, *mxc, on=True)
    _, files = _set_files(server, action, on=True)
    if not files:
        raise NotAvailable("Matrix can hold back files only; the words stay until a person decided")
    return f"{len(files)} files quarantined"


def _set_files(server: Homeserver, action: PlatformAction, *, on: bool) -> tuple[Mapping[str, Any], list[str]]:
    """Quarantine the files of an event, or give them back; return the event and the files."""
    if not _is_event(action):
        raise NotDone(f"{action.subject.id!r} is neither an event nor a file of Matrix", final=True)
    event = server.admin("GET", f"/fetch_event/{part(action.subject.id)}")["event"]
    files = list(dict.fromkeys(mxcs_in(event.get("content"))))
    for one in files:
        rooms.set_quietly(server, one, on=on)
    return event, files


def greet(server: Homeserver, _: PlatformAction) -> str:
    """What `siyaj endpoint test` asks: does the token work, and is it an administrator's?"""
    me = server.me()
    if not server.admin("GET", f"/users/{part(me)}/admin").get("admin"):
        raise NotDone(f"{me} is no administrator of this homeserver", final=True)
    return f"signed in as {me}, an administrator"


def suspend(server: Homeserver, action: PlatformAction) -> str:
    return _set_suspended(server, action, on=True)


def reinstate(server: Homeserver, action: PlatformAction) -> str:
    user = server.admin("GET", f"/users/{part(action.subject.id)}", version=2)
    if user.get("deactivated"):
        raise NotDone(
            "a deactivated account cannot be restored from here: an administrator has to give it a password", final=True
        )
    return _set_suspended(server, action, on=False)


def _set_suspended(server: Homeserver, action: PlatformAction, *, on: bool) -> str:
    try:
        server.admin("PUT", f"/suspend/{part(action.subject.id)}", {"suspend": on})
    except NotThere:
        return "there is no such account on this homeserver"
    return "suspended" if on else "may write again"


def deactivate(server: Homeserver, action: PlatformAction) -> str:
    """For good: its sessions end, and only an administrator can bring it back. Its messages stay."""
    try:
        server.admin("POST", f"/deactivate/{part(action.subject.id)}", {"erase": False})
    except NotThere:
        return "there is no such account on this homeserver"
    return "deactivated"


_DEEDS: Mapping[tuple[ActionKind, SubjectKind], Deed] = {
    (ActionKind.NONE, SubjectKind.ITEM): greet,
    (ActionKind.HOLD, SubjectKind.ITEM): hold,
    (ActionKind.REMOVE, SubjectKind.ITEM): remove,
    (ActionKind.RESTORE, SubjectKind.ITEM): restore,
    (ActionKind.SUSPEND_ACCOUNT, SubjectKind.ACCOUNT): suspend,
    (ActionKind.REINSTATE_ACCOUNT, SubjectKind.ACCOUNT): reinstate,
    (ActionKind.LIMIT, SubjectKind.CHANNEL): rooms.limit,
    (ActionKind.RESTORE, SubjectKind.CHANNEL): rooms.unlimit,
    (ActionKind.CLOSE_CHANNEL, SubjectKind.CHANNEL): rooms.close,
    (ActionKind.REOPEN_CHANNEL, SubjectKind.CHANNEL): rooms.reopen,
}
