"""What is done to a room at a Matrix homeserver: taken off the directory, closed, opened again.

`rooms/{id}/block` alone stops joins only, so closing also puts everyone of this server out and quarantines what the
room shows. What an undo needs (which files were quarantined by it, whether it was in the directory) is noted with the
platform before anything is done.
"""

import time
from collections.abc import Iterable
from contextlib import suppress

from siyaj.delivery.synapse_admin import Homeserver, NotAvailable, NotDone, NotThere, part, split_mxc
from siyaj.model.action import PlatformAction

CLOSED_NOTE = "org.siyaj.closed."
LIMITED_NOTE = "org.siyaj.limited."
SHUTDOWN_SECONDS = 8.0
"""Putting many members out takes Synapse a while; it goes on by itself after we have looked for so long."""
LOOK_SECONDS = 0.1


def set_quarantine(server: Homeserver, name: str, media: str, *, on: bool) -> str:
    """Quarantine a file, or give it back. Raises NotThere, NotDone."""
    where = f"{part(name)}/{part(media)}"
    before = server.admin("GET", f"/media/{where}")["media_info"]
    if bool(before.get("quarantined_by")) == on:
        return "it was quarantined already" if on else "it was not quarantined"
    if on and before.get("safe_from_quarantine"):
        # Synapse would answer 200 and do nothing.
        server.admin("POST", f"/media/unprotect/{part(media)}")
    server.admin("POST", f"/media/{'quarantine' if on else 'unquarantine'}/{where}")
    after = server.admin("GET", f"/media/{where}")["media_info"]
    if bool(after.get("quarantined_by")) != on:
        raise NotDone("Synapse answered that it changed the quarantine, and did not", final=True)
    return "quarantined" if on else "given back"


def set_quietly(server: Homeserver, address: str, *, on: bool) -> None:
    """The same, by address; what is not on this server is passed over. Raises NotDone."""
    mxc = split_mxc(address)
    if mxc is not None:
        with suppress(NotThere):
            set_quarantine(server, *mxc, on=on)


def close(server: Homeserver, action: PlatformAction) -> str:
    """Quarantine its files, block it, put everyone of this server out. The room's history stays as evidence."""
    room = action.subject.id
    shown = _media(server, room)
    noted = server.recall(CLOSED_NOTE + room).get("files") or []
    ours = [one for one in shown if one not in noted and not _is_quarantined(server, one)]
    server.note(CLOSED_NOTE + room, {"files": [*noted, *ours], "decision": action.decision})
    server.admin("POST", f"/room/{part(room)}/media/quarantine")
    for one in ours:
        set_quietly(server, one, on=True)  # the room-wide call passes over files that were marked as safe
    body = {"block": True, "purge": False, "message": "This room was closed under the rules of this server."}
    try:
        started = server.admin("DELETE", f"/rooms/{part(room)}", body, version=2)
    except NotDone as error:
        if "in progress" not in str(error):
            raise
        return "it is being closed already"
    return f"{len(shown)} files quarantined; {_await_closed(server, str(started['delete_id']))}"


def _await_closed(server: Homeserver, delete: str) -> str:
    until = time.monotonic() + SHUTDOWN_SECONDS
    while True:
        task = server.admin("GET", f"/rooms/delete_status/{part(delete)}", version=2)
        out = len((task.get("shutdown_room") or {}).get("kicked_users") or [])
        if task.get("status") == "complete":
            return f"blocked; {out} members put out"
        if task.get("status") == "failed":
            raise NotDone("Synapse could not put its members out; it is blocked")
        if time.monotonic() > until:
            return f"blocked; {out} members put out so far, Synapse goes on"
        time.sleep(LOOK_SECONDS)


def reopen(server: Homeserver, action: PlatformAction) -> str:
    """Unblock it and give back what closing it had quarantined, not what was removed for itself."""
    room = action.subject.id
    server.admin("PUT", f"/rooms/{part(room)}/block", {"block": False})
    files = server.recall(CLOSED_NOTE + room).get("files") or []
    for number, one in enumerate(files):
        if server.seconds_left < 3:
            server.note(CLOSED_NOTE + room, {"files": files[number:]})
            raise NotDone(f"{number} of {len(files)} files given back; the rest at the next try")
        set_quietly(server, one, on=False)
    server.note(CLOSED_NOTE + room, {"files": []})
    said = f"unblocked; {len(files)} files given back"
    if members_here(server, room):
        return said
    raise NotAvailable(
        f"{said}. Its members were put out and Matrix lets nobody into a room in which nobody of this server is left:"
        " they have to be invited from another server, or start a new room"
    )


def limit(server: Homeserver, action: PlatformAction) -> str:
    """Take it off the directory. That nobody joins or is invited is up to the module, which asks for its state."""
    room = action.subject.id
    listed = server.client("GET", f"/directory/list/room/{part(room)}").get("visibility") == "public"
    if not listed:
        return "it was not in the directory"
    server.note(LIMITED_NOTE + room, {"listed": True})
    server.client("PUT", f"/directory/list/room/{part(room)}", {"visibility": "private"})
    return "taken off the directory"


def unlimit(server: Homeserver, action: PlatformAction) -> str:
    room = action.subject.id
    if not server.recall(LIMITED_NOTE + room).get("listed"):
        return "it had not been in the directory"
    server.client("PUT", f"/directory/list/room/{part(room)}", {"visibility": "public"})
    server.note(LIMITED_NOTE + room, {"listed": False})
    return "in the directory again"


def members_here(server: Homeserver, room: str) -> int:
    """Return how many of this server are in it; 0 where it is not known."""
    try:
        return int(server.admin("GET", f"/rooms/{part(room)}").get("joined_local_members") or 0)
    except NotThere:
        return 0


def take_power(server: Homeserver, room: str) -> None:
    """Make the account that acts an administrator of a room, and join it. Raises NotDone where none of ours has it."""
    server.admin("POST", f"/rooms/{part(room)}/make_room_admin")
    server.client("POST", f"/join/{part(room)}")


def _media(server: Homeserver, room: str) -> list[str]:
    """Return the addresses of the files that a room shows; of an encrypted room nobody knows them."""
    found = server.admin("GET", f"/room/{part(room)}/media")
    return [*_texts(found.get("local")), *_texts(found.get("remote"))]


def _texts(given: object) -> Iterable[str]:
    return [one for one in given if isinstance(one, str)] if isinstance(given, list) else []


def _is_quarantined(server: Homeserver, address: str) -> bool:
    mxc = split_mxc(address)
    if mxc is None:
        return True
    try:
        info = server.admin("GET", f"/media/{part(mxc[0])}/{part(mxc[1])}")["media_info"]
    except NotThere:
        return True  # it is not here: nothing to quarantine, nothing to give back
    return bool(info.get("quarantined_by"))
