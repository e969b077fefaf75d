"""The Synapse adaptor against a homeserver that misbehaves. What a real one does is tested in integrations/synapse."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from siyaj.delivery.adaptor import Result
from siyaj.delivery.synapse import SynapseAdaptor
from siyaj.delivery.synapse_admin import mxcs_in, split_mxc
from siyaj.model.action import ActionKind, PlatformAction
from siyaj.model.report import Subject, SubjectKind
from siyaj.storage.endpoints import Endpoint, EndpointKind, Secrets

SUSPEND = PlatformAction(
    id="act_1",
    kind=ActionKind.SUSPEND_ACCOUNT,
    subject=Subject(SubjectKind.ACCOUNT, "@amal:garden.test"),
    decision="dec_1",
    case=None,
    policy="tvec",
    created_at=datetime.now(UTC),
)


class Homeserver(ThreadingHTTPServer):
    """Answers every request with `status` and `body`."""

    status = 200
    body = b"{}"


class Handler(BaseHTTPRequestHandler):
    def do_PUT(self) -> None:
        assert isinstance(self.server, Homeserver)
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(self.server.status)
        self.send_header("content-length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Silent."""


@pytest.fixture
def homeserver() -> Iterator[Homeserver]:
    server = Homeserver(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def adaptor(homeserver: Homeserver, *, allow_private: bool = True) -> SynapseAdaptor:
    url = f"http://127.0.0.1:{homeserver.server_port}"
    endpoint = Endpoint("end_1", "matrix", EndpointKind.SYNAPSE, url, allow_private, datetime.now(UTC))
    return SynapseAdaptor(endpoint, Secrets(token="t"))


@pytest.mark.parametrize(
    ("status", "error", "result", "said"),
    [
        (200, {}, Result.DONE, "suspended"),
        (401, {"errcode": "M_UNKNOWN_TOKEN"}, Result.FAILED, "set a fresh one"),
        (403, {"errcode": "M_FORBIDDEN", "error": "You are not a server admin"}, Result.FAILED, "no administrator"),
        (404, {"errcode": "M_NOT_FOUND"}, Result.DONE, "no such account"),
        (404, {"errcode": "M_UNRECOGNIZED"}, Result.REFUSED, "M_UNRECOGNIZED"),
        (429, {"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 7_000}, Result.FAILED, "M_LIMIT_EXCEEDED"),
        (500, {"errcode": "M_UNKNOWN", "error": "Internal server error"}, Result.FAILED, "Internal server error"),
    ],
)
def test_each_answer_has_its_outcome(
    homeserver: Homeserver, status: int, error: dict[str, object], result: Result, said: str
) -> None:
    homeserver.status, homeserver.body = status, json.dumps(error).encode()
    outcome = adaptor(homeserver).deliver(SUSPEND)
    assert (outcome.result, said in outcome.said) == (result, True), outcome
    assert outcome.retry_after == (7.0 if status == 429 else 0.0)


def test_an_answer_that_is_no_json_is_no_success(homeserver: Homeserver) -> None:
    homeserver.body = b"<html>a proxy's page</html>"
    assert adaptor(homeserver).deliver(SUSPEND).result is Result.FAILED


def test_nothing_is_sent_into_a_private_network_that_was_not_allowed(homeserver: Homeserver) -> None:
    outcome = adaptor(homeserver, allow_private=False).deliver(SUSPEND)
    assert (outcome.result, "--allow-private" in outcome.said) == (Result.FAILED, True)


def test_addresses_of_files_are_found_whatever_the_content_looks_like() -> None:
    content = {"url": "mxc://a.test/one", "file": {"url": "mxc://a.test/two"}, "info": [None, 3, {"x": "mxc://b"}]}
    assert list(mxcs_in(content)) == ["mxc://a.test/one", "mxc://a.test/two"]
    assert split_mxc("mxc://a.test/one/two") is None


class Media(BaseHTTPRequestHandler):
    """A homeserver with one event that shows one file."""

    quarantined = False

    def do_GET(self) -> None:
        event = {"event_id": "$e", "room_id": "!r:a.test", "content": {"url": "mxc://a.test/one"}}
        if "/fetch_event/" in self.path:
            self._answer({"event": event})
        elif "/media/" in self.path:
            self._answer({"media_info": {"quarantined_by": "@mod:a.test" if type(self).quarantined else None}})
        elif self.path.endswith("/whoami"):
            self._answer({"user_id": "@mod:a.test"})
        else:
            self._answer({"admin": True, "event": {}})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length") or 0))
        type(self).quarantined = "/media/quarantine/" in self.path
        self._answer({})

    def _answer(self, body: dict[str, object]) -> None:
        encoded = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(encoded)))
        self.end_headers()
        self.wfile.write(encoded)

    def log_message(self, format: str, *arguments: object) -> None:
        """Silent."""


def test_a_hold_quarantines_and_a_restore_gives_back(homeserver: Homeserver) -> None:
    homeserver.RequestHandlerClass = Media

    def do(kind: ActionKind, item: str) -> str:
        action = PlatformAction("act_2", kind, Subject(SubjectKind.ITEM, item), "ver_1", None, None, datetime.now(UTC))
        outcome = adaptor(homeserver).deliver(action)
        assert outcome.result is Result.DONE, outcome
        return outcome.said

    assert do(ActionKind.HOLD, "$e") == "1 files quarantined"
    assert Media.quarantined
    assert do(ActionKind.RESTORE, "$e").startswith("1 files given back")
    assert not Media.quarantined
    assert do(ActionKind.HOLD, "mxc://a.test/one") == "quarantined"
    assert do(ActionKind.NONE, "siyaj-test") == "signed in as @mod:a.test, an administrator"
