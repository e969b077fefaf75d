"""Run by Synapse's interpreter: what the message hook does with events of other servers. Prints JSON lines."""

import asyncio
import json
import sys
from typing import Any

from synapse.api.room_versions import RoomVersions
from synapse.events import make_event_from_dict

from siyaj_synapse import config
from siyaj_synapse.events import Messages

FAR = 2**52
"""Milliseconds: some hundred thousand years from now."""


class Api:
    def is_mine(self, user_id: str) -> bool:
        return user_id.endswith(":garden.test")


class Known:
    """Account and room, as far as they are known: not at all."""

    async def account(self, user_id: str) -> dict[str, Any]:
        if user_id.startswith("@broken:"):
            raise RuntimeError("a fault of the module itself")
        return {"id": user_id}

    async def channel(self, room_id: str) -> dict[str, Any]:
        return {"id": room_id}


class Desk:
    """Writes down what it is asked, and refuses it."""

    config = config.parse({"url": "http://x", "key": "k", "state": "x.db"})

    def stumbled(self, hook: str, what: str) -> None:
        print(json.dumps({"stumbled": hook}))

    async def ask(self, hook: str, event: dict[str, Any], *, place: dict[str, str]) -> dict[str, Any]:
        print(json.dumps({"hook": hook, "kind": event["kind"], "text": event["text"], "at": event["at"]}))
        return {"error": "no"}


class Rooms:
    async def refusal(self, event: Any) -> dict[str, Any]:
        print(json.dumps({"hook": "room", "type": event.type, "sender": event.sender}))
        return {"error": "no"}


def event(kind: str, content: dict[str, Any], sender: str, **more: Any) -> Any:
    about = {"type": kind, "content": content, "sender": sender, "room_id": "!r:other.test", **more}
    graph = {"depth": 1, "prev_events": [], "auth_events": [], "hashes": {"sha256": ""}, "signatures": {}}
    return make_event_from_dict({**about, **graph, "origin_server_ts": FAR}, RoomVersions.V10)


async def main() -> None:
    rooms: Any = Rooms()
    api: Any = Api()
    desk: Any = Desk()
    known: Any = Known()
    hook = Messages(api, desk, known, rooms, rooms).check_event_for_spam
    events = [
        event("m.room.message", {"msgtype": "m.text", "body": "from afar"}, "@a:other.test"),
        event("m.room.topic", {"topic": "from afar"}, "@a:other.test", state_key=""),
        event("m.room.topic", {"topic": "ours was seen before"}, "@a:garden.test", state_key=""),
        event("m.room.member", {"membership": "join"}, "@a:other.test", state_key="@a:other.test"),
        event("m.room.message", {}, "@a:other.test"),
        event("m.room.message", {"body": None, "info": [[[]]], "msgtype": 7}, "@a:other.test"),
        event("m.room.message", {"msgtype": "m.text", "body": "from afar"}, "@broken:other.test"),
        event("m.room.encrypted", {"ciphertext": "…"}, "@a:other.test"),
    ]
    for one in events:
        answer = await hook(one)
        print(json.dumps({"answer": answer if isinstance(answer, str) else [answer[0].value, answer[1]]}))


asyncio.run(main())
sys.exit(0)
