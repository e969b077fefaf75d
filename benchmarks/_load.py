"""A small HTTP/1.1 load generator: N keep-alive connections, one request at a time on each, every latency kept."""

import asyncio
import os
import time
from collections.abc import Iterator
from typing import NamedTuple

import uvloop


class Load(NamedTuple):
    """What a run saw. Latencies in seconds, sorted."""

    answers: int
    failures: int
    seconds: float
    latencies: list[float]

    @property
    def per_second(self) -> float:
        return self.answers / self.seconds

    def percentile(self, share: float) -> float:
        return self.latencies[min(len(self.latencies) - 1, int(share * len(self.latencies)))]


class _Connection(asyncio.Protocol):
    """Sends the next request as soon as the last one is answered."""

    def __init__(self, requests: Iterator[bytes], stop_at: float, done: asyncio.Future[None]) -> None:
        self.requests, self.stop_at, self.done = requests, stop_at, done
        self.buffer = b""
        self.latencies: list[float] = []
        self.failures = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self._send()

    def _send(self) -> None:
        self.sent = time.perf_counter()
        if self.sent >= self.stop_at:
            self.transport.close()
            return
        self.transport.write(next(self.requests))  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, gap, body = self.buffer.partition(b"\r\n\r\n")
        if not gap:
            return
        length = int(head.lower().split(b"content-length: ", 1)[1].split(b"\r\n", 1)[0])
        if len(body) < length:
            return
        self.buffer = b""
        self.latencies.append(time.perf_counter() - self.sent)
        self.failures += not head.startswith(b"HTTP/1.1 200")
        self._send()

    def connection_lost(self, _: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(None)


async def _run(port: int, requests: Iterator[bytes], connections: int, seconds: float) -> Load:
    loop = asyncio.get_running_loop()
    began = time.perf_counter()
    waits, protocols = [], []
    for _ in range(connections):
        done: asyncio.Future[None] = loop.create_future()
        protocol = _Connection(requests, began + seconds, done)
        await loop.create_connection(lambda p=protocol: p, "127.0.0.1", port)  # type: ignore[misc]
        waits.append(done)
        protocols.append(protocol)
    await asyncio.wait(waits, timeout=seconds + 30)
    latencies = sorted(latency for protocol in protocols for latency in protocol.latencies)
    failures = sum(protocol.failures for protocol in protocols)
    return Load(len(latencies), failures, time.perf_counter() - began, latencies)


def load(port: int, requests: Iterator[bytes], *, connections: int, seconds: float, core: int | None = None) -> Load:
    """Send requests for `seconds` seconds; `core` pins this process, so that it leaves the server's core alone."""
    if core is not None:
        os.sched_setaffinity(0, {core})
    return uvloop.run(_run(port, requests, connections, seconds))


def post(path: str, body: bytes, key: str) -> bytes:
    """Return the bytes of one POST request."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
