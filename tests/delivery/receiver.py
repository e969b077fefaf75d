"""A real platform at the other end: an HTTP server that answers as it is told and remembers what it was given."""

import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec
from msgspec import Struct

Answering = Callable[[BaseHTTPRequestHandler], None]


class Received(Struct):
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def data(self) -> dict[str, Any]:
        told: dict[str, Any] = msgspec.json.decode(self.body)
        return told


class Receiver(ThreadingHTTPServer):
    """`answers` are used in turn, then 200. Each is a status or a function that answers by itself."""

    daemon_threads = True
    request_queue_size = 50

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.received: list[Received] = []
        self.answers: deque[int | Answering] = deque()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook"

    @property
    def ids(self) -> list[str]:
        return [one.id for one in self.received]

    def wait_for(self, count: int, seconds: float = 40) -> list[Received]:
        until = time.monotonic() + seconds
        while len(self.received) < count and time.monotonic() < until:
            time.sleep(0.02)
        assert len(self.received) >= count, f"{len(self.received)} of {count} arrived"
        return self.received

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    server: Receiver
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", "0")))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.received.append(Received(headers, body))
        answer = self.server.answers.popleft() if self.server.answers else 200
        if callable(answer):
            answer(self)
        else:
            reply(self, answer)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


def reply(handler: BaseHTTPRequestHandler, status: int, body: bytes = b"{}", **headers: str) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("content-length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def hang(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(15)


def drip(handler: BaseHTTPRequestHandler) -> None:
    """A byte of a header from time to time."""
    for _ in range(150):
        handler.wfile.write(b"H")
        handler.wfile.flush()
        time.sleep(0.1)


def close_early(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)
    handler.close_connection = True


def flood(handler: BaseHTTPRequestHandler) -> None:
    """100 MB, where somebody reads them."""
    handler.send_response(200)
    handler.send_header("content-length", str(100_000_000))
    handler.end_headers()
    for _ in range(1_000):
        handler.wfile.write(bytes(100_000))


@contextmanager
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
