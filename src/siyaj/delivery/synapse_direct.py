"""A message to one person at a Matrix homeserver, in a room with the account that acts and nobody else."""

from siyaj.delivery.synapse_admin import Forbidden, Homeserver, NotThere, part

DIRECT_NOTE = "org.siyaj.direct."
"""Account data: the room in which a person was told before."""
NAME = "Siyaj · سياج"
_HERE = ("join", "invite")


def send(server: Homeserver, action: str, to: str, words: str, appeal_url: str) -> str:
    """Send it once, however often this is tried; return what was done, in words. Raises NotDone.

    Who may not join (as one who is suspended) sees the invitation, and in its topic where to appeal.
    """
    room = str(server.recall(DIRECT_NOTE + to).get("room") or "") or _open(server, to, appeal_url)
    if appeal_url:
        server.client("PUT", f"/rooms/{part(room)}/state/m.room.topic", {"topic": appeal_url})
    if _membership(server, room, to) not in _HERE:
        server.client("POST", f"/rooms/{part(room)}/invite", {"user_id": to})
    joined = _membership(server, room, to) == "join" or (server.is_mine(to) and _join(server, room, to))
    body = {"msgtype": "m.text", "body": words}
    server.client("PUT", f"/rooms/{part(room)}/send/m.room.message/{part(action)}", body)
    return f"a message was sent to {to}" if joined else f"a message waits for {to}, who is invited to read it"


def _open(server: Homeserver, to: str, appeal_url: str) -> str:
    """Make the room and note it. Killed between the two, the next try makes another: the first stays without words."""
    config = {
        "preset": "private_chat",
        "is_direct": True,
        "name": NAME,
        "topic": appeal_url,
        "invite": [to],
        "power_level_content_override": {"events_default": 50},
    }
    room = str(server.client("POST", "/createRoom", config)["room_id"])
    server.note(DIRECT_NOTE + to, {"room": room})
    return room


def _membership(server: Homeserver, room: str, to: str) -> str:
    try:
        return str(server.client("GET", f"/rooms/{part(room)}/state/m.room.member/{part(to)}").get("membership") or "")
    except NotThere:
        return ""


def _join(server: Homeserver, room: str, to: str) -> bool:
    """Put a local account into it, as server notices do; False: it stays invited."""
    try:
        server.admin("POST", f"/join/{part(room)}", {"user_id": to})
    except Forbidden:
        return False
    return True
