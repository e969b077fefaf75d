"""Requests to the outside: to checked addresses only, within a deadline, no redirects, a bounded answer."""

import ssl
import time
from collections.abc import Iterable, Mapping
from typing import Any

import httpcore
from msgspec import Struct

from siyaj.delivery.addresses import Refused, resolve

CONNECT_SECONDS = 5.0
TOTAL_SECONDS = 15.0
"""From the name's resolution to the last byte of the answer that is read."""
LARGEST_ANSWER = 16 * 1024
"""More of an answer is not read: the connection is closed."""


class Unreachable(Exception):
    """No answer came; the message says why, in words for an operator."""


class Answer(Struct):
    """`body` is cut at LARGEST_ANSWER bytes. Header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


class Outgoing:
    """Sends requests, each over a connection of its own. Safe for many threads."""

    def __init__(self, *, allow_private: bool) -> None:
        self._allow_private = allow_private
        self._tls = ssl.create_default_context()

    def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes = b"",
        *,
        seconds: float = TOTAL_SECONDS,
        largest: int = LARGEST_ANSWER,
    ) -> Answer:
        """Send one request; of its answer `largest` bytes are read.

        Raises Unreachable when no answer came within `seconds`, or none may be asked for.
        """
        door = _Door(self._allow_private, time.monotonic() + seconds)
        given = [(name.encode(), value.encode()) for name, value in headers.items()]
        try:
            with (
                httpcore.ConnectionPool(ssl_context=self._tls, network_backend=door) as pool,
                pool.stream(method, url, headers=given, content=body) as response,
            ):
                return Answer(response.status, _headers(response.headers), _bounded(response.iter_stream(), largest))
        except Refused as error:
            raise Unreachable(str(error)) from None
        except (httpcore.TimeoutException, TimeoutError):
            raise Unreachable(f"no answer within {seconds:g} s") from None
        except httpcore.RemoteProtocolError as error:
            raise Unreachable(f"the connection ended before an answer: {error}") from None
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol, OSError) as error:
            raise Unreachable(f"cannot be reached: {error}") from None


def _headers(given: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in given}


def _bounded(pieces: Iterable[bytes], largest: int) -> bytes:
    body = bytearray()
    for piece in pieces:
        body += piece
        if len(body) >= largest:
            break
    return bytes(body[:largest])


class _Door(httpcore.NetworkBackend):
    """Opens connections to checked addresses, on which every read and write keeps to one common deadline: an
    endpoint that sends a byte from time to time does not hold a worker."""

    def __init__(self, allow_private: bool, until: float) -> None:
        self._allow_private = allow_private
        self._until = until
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        failure: Exception | None = None
        for address in resolve(host, port, allow_private=self._allow_private):
            seconds = min(CONNECT_SECONDS, _left(self._until, timeout))
            try:
                opened = self._sockets.connect_tcp(address, port, seconds, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _Stream(opened, self._until)
        raise failure or httpcore.ConnectError(f"{host} has no address")


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream, until: float) -> None:
        self._stream = stream
        self._until = until

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(self._until, timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(self._until, timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        secured = self._stream.start_tls(ssl_context, server_hostname, _left(self._until, timeout))
        return _Stream(secured, self._until)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(until: float, timeout: float | None) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("the time is over")
    return left if timeout is None else min(left, timeout)
