"""A small Matrix client: what the trial's people do, over the client-server API and nothing else."""

import uuid
from typing import Any
from urllib.parse import quote

import httpx


class Refused(Exception):
    """The homeserver said no; `answer` is the whole error as the client sees it."""

    def __init__(self, status: int, answer: dict[str, Any]) -> None:
        super().__init__(f"{status} {answer.get('errcode')}: {answer.get('error')}")
        self.status = status
        self.answer = answer


class Client:
    def __init__(self, address: str, user_id: str, token: str) -> None:
        self.user_id = user_id
        self.token = token
        self._http = httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=60)

    def call(self, method: str, path: str, body: Any = None, **more: Any) -> dict[str, Any]:
        """Raises Refused."""
        answer = (
            self._http.request(method, path, json=body, **more)
            if body is not None
            else self._http.request(method, path, **more)
        )
        if answer.is_error:
            raise Refused(answer.status_code, answer.json())
        found: dict[str, Any] = answer.json()
        return found

    def create_room(self, **config: Any) -> str:
        return str(self.call("POST", "/_matrix/client/v3/createRoom", config)["room_id"])

    def join(self, room: str, via: str = "") -> None:
        """`via` names a server that is in it, for a room of other servers."""
        self.call("POST", f"/_matrix/client/v3/join/{quote(room)}{f'?via={quote(via)}' if via else ''}", {})

    def invite(self, room: str, user_id: str) -> None:
        self.call("POST", f"/_matrix/client/v3/rooms/{quote(room)}/invite", {"user_id": user_id})

    def say(self, room: str, text: str, **content: Any) -> str:
        """Send a message; return its event id."""
        return self.send(room, "m.room.message", {"msgtype": "m.text", "body": text, **content})

    def send(self, room: str, kind: str, content: dict[str, Any]) -> str:
        path = f"/_matrix/client/v3/rooms/{quote(room)}/send/{kind}/{uuid.uuid4().hex}"
        return str(self.call("PUT", path, content)["event_id"])

    def edit(self, room: str, event: str, text: str) -> str:
        new = {"msgtype": "m.text", "body": text}
        relates = {"rel_type": "m.replace", "event_id": event}
        return self.say(room, f"* {text}", **{"m.new_content": new, "m.relates_to": relates})

    def set_state(self, room: str, kind: str, content: dict[str, Any]) -> str:
        return str(self.call("PUT", f"/_matrix/client/v3/rooms/{quote(room)}/state/{kind}", content)["event_id"])

    def upload(self, data: bytes, name: str = "picture.jpg", kind: str = "image/jpeg") -> str:
        """Return the `mxc://` address."""
        path = f"/_matrix/media/v3/upload?filename={quote(name)}"
        answer = self.call("POST", path, content=data, headers={"Content-Type": kind})
        return str(answer["content_uri"])

    def download(self, mxc: str) -> bytes:
        return self._bytes(f"/_matrix/client/v1/media/download/{mxc.removeprefix('mxc://')}")

    def _bytes(self, path: str) -> bytes:
        answer = self._http.get(path)
        if answer.is_error:
            raise Refused(answer.status_code, answer.json())
        return answer.content

    def thumbnail(self, mxc: str) -> bytes:
        path = f"/_matrix/client/v1/media/thumbnail/{mxc.removeprefix('mxc://')}?width=64&height=64&method=scale"
        return self._bytes(path)

    def event(self, room: str, event: str) -> dict[str, Any]:
        return self.call("GET", f"/_matrix/client/v3/rooms/{quote(room)}/event/{quote(event)}")

    def report_event(self, room: str, event: str, reason: str) -> None:
        self.call("POST", f"/_matrix/client/v3/rooms/{quote(room)}/report/{quote(event)}", {"reason": reason})

    def report_room(self, room: str, reason: str) -> None:
        self.call("POST", f"/_matrix/client/v3/rooms/{quote(room)}/report", {"reason": reason})

    def report_user(self, user_id: str, reason: str) -> None:
        self.call("POST", f"/_matrix/client/v3/users/{quote(user_id)}/report", {"reason": reason})

    def set_name(self, name: str) -> None:
        self.call("PUT", f"/_matrix/client/v3/profile/{quote(self.user_id)}/displayname", {"displayname": name})

    def close(self) -> None:
        self._http.close()
