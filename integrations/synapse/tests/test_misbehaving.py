"""A real homeserver whose Siyaj answers nonsense, late, or in drops: nothing is held up, nothing is lost."""

import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from conftest import Trial
from trial.client import Client, Refused
from trial.homeserver import Homeserver

VERDICT = {"id": "ver_1", "event": "e", "policy": "tvec", "reasons": [], "case": None, "appeal_url": None}


class Odd(ThreadingHTTPServer):
    """Answers with `status` and `body`; `drip`: a byte of it every tenth of a second."""

    daemon_threads = True
    status = 200
    body = json.dumps({**VERDICT, "action": "allow", "pending": False}).encode()
    drip = False


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        assert isinstance(self.server, Odd)
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(self.server.status)
        self.send_header("content-length", str(len(self.server.body)))
        self.end_headers()
        for at in range(0, len(self.server.body), 1 if self.server.drip else 1 << 16):
            self.wfile.write(self.server.body[at : at + (1 if self.server.drip else 1 << 16)])
            time.sleep(0.1 if self.server.drip else 0)

    def do_GET(self) -> None:
        self.send_response(404)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        """Silent."""


class Setting(NamedTuple):
    siyaj: Odd
    homeserver: Homeserver
    author: Client
    room: str
    state: Path


@pytest.fixture(scope="module")
def setting(trial: Trial, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Setting]:
    folder = tmp_path_factory.mktemp("odd")
    odd = Odd(("127.0.0.1", 0), Handler)
    threading.Thread(target=odd.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    config = {
        "url": f"http://127.0.0.1:{odd.server_port}",
        "key": "k",
        "state": str(folder / "module.db"),
        "breaker_failures": 1_000,
    }
    homeserver = Homeserver(folder / "synapse", config)
    trial.homeserver.stop()
    try:
        homeserver.start()
        author = homeserver.register("author")
        yield Setting(odd, homeserver, author, author.create_room(), folder / "module.db")
    finally:
        homeserver.stop()
        odd.shutdown()
        odd.server_close()
        trial.homeserver.start()


@pytest.fixture(autouse=True)
def sane(setting: Setting) -> Iterator[None]:
    yield
    setting.siyaj.status, setting.siyaj.body, setting.siyaj.drip = Odd.status, Odd.body, Odd.drip


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b"<html>a proxy's page</html>"),
        (200, b"[]"),
        (200, b'{"action": "explode"}'),
        (200, b"{}"),
        (200, b'{"action": "allow"'),
        (500, b"{}"),
        (503, b"busy"),
        (400, b'{"code": "invalid_request"}'),
    ],
)
def test_nonsense_lets_pass_as_configured(setting: Setting, status: int, body: bytes) -> None:
    setting.siyaj.status, setting.siyaj.body = status, body
    assert setting.author.say(setting.room, "a message")


def test_an_answer_in_drops_is_cut_at_the_deadline(setting: Setting) -> None:
    setting.siyaj.drip = True
    began = time.monotonic()
    assert setting.author.say(setting.room, "a message")
    assert time.monotonic() - began < 1.0, "the whole send keeps the deadline"
    assert "no answer within 0.8 s" in setting.homeserver.log()


def test_what_passed_is_kept_until_it_is_checked(setting: Setting) -> None:
    setting.siyaj.status, setting.siyaj.body = 503, b"busy"
    event = setting.author.say(setting.room, "unchecked")
    with sqlite3.connect(setting.state) as db:
        assert [json.loads(row[0])["id"] for row in db.execute("SELECT event FROM unchecked")][-1] == event
    setting.siyaj.status, setting.siyaj.body = Odd.status, Odd.body
    until = time.monotonic() + 25  # a late check may be waiting for its own deadline
    while time.monotonic() < until:
        with sqlite3.connect(setting.state) as db:
            if not db.execute("SELECT count(*) FROM unchecked").fetchone()[0]:
                return
        time.sleep(0.2)
    raise AssertionError(setting.homeserver.log()[-3_000:])


@pytest.mark.parametrize(("action", "refused"), [("allow", 0), ("label", 0), ("limit", 0), ("hold", 1), ("block", 1)])
def test_each_verdict_on_a_message_and_on_a_registration(setting: Setting, action: str, refused: int) -> None:
    setting.siyaj.body = json.dumps({**VERDICT, "action": action}).encode()
    try:
        setting.author.say(setting.room, "a message")
        assert not refused
    except Refused as error:
        assert refused
        assert error.answer["org.siyaj.verdict"] == "ver_1"
    body = {"username": f"new{action}", "password": "a long enough one", "auth": {"type": "m.login.dummy"}}
    answer = httpx.post(f"{setting.homeserver.address}/_matrix/client/v3/register", json=body, timeout=30)
    assert answer.status_code == (429 if action == "block" else 200), "Synapse disguises a denial as a limit of rate"
    if action == "hold":
        client = Client(setting.homeserver.address, answer.json()["user_id"], answer.json()["access_token"])
        setting.siyaj.body = Odd.body
        with pytest.raises(Refused, match="404"):
            client.event(room := client.create_room(), client.say(room, "nobody sees this"))
        client.close()
