"""Runs the app: uvicorn on uvloop, with a deadline for connections that dawdle."""

import asyncio
import gc
import logging
import signal
import sys
import threading
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from siyaj.delivery.mail import LOOK_SECONDS as MAIL_SECONDS
from siyaj.delivery.mail import Mails
from siyaj.delivery.worker import DeliveryWorker
from siyaj.matching.warm import load_pictures, warm
from siyaj.model.settings import Settings
from siyaj.moderation.background import Worker
from siyaj.moderation.casework.ending import LOOK_SECONDS as ENDING_SECONDS
from siyaj.moderation.checks.late import LOOK_SECONDS
from siyaj.moderation.evidence.retention import SWEEP_SECONDS
from siyaj.moderation.quality.quality import BATCH as QUALITY_BATCH
from siyaj.moderation.runtime import Runtime
from siyaj.server.app import create_app
from siyaj.server.quick import Quick

log = logging.getLogger(__name__)

HEAD_SECONDS = 10.0
"""A client has this long to send the head of a request. uvicorn has no such limit of its own."""
HELD_SECONDS = 0.1
"""How long a small body may take to follow its head and still go the quick way; then it has the gate's time."""
KEEP_ALIVE_SECONDS = 75
MOST_CONNECTIONS = 4_096
CHANNEL_SECONDS = 0.5
QUALITY_SECONDS = 2.0
"""How long the daily numbers and the sampling rest when there is nothing new."""


class Protocol(HttpToolsProtocol):
    """uvicorn's, but a connection that does not finish the head of a request in time is cut off, and what can go the
    quick way does."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._head_timer: asyncio.TimerHandle | None = None
        self._quick: Quick | None = getattr(self.app, "quick", None)
        self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._held is not None and self._patience is None:
            self._patience = self.loop.call_later(HELD_SECONDS, self._go_the_long_way)
        if self._in_head:
            self._wait_for_head()

    def on_message_begin(self) -> None:
        self._in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head = False
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
        self._opening = True
        super().on_headers_complete()
        self._opening = False

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        """Hold back what may go the quick way until its body is there."""
        if self._opening and app is self.app and self._quick is not None and self._quick.is_for(cycle):
            self._held = cycle
        else:
            super()._start_asgi_task(cycle, app)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        if self._held is not None and self._quick is not None and self._quick.take(self._held):
            self._held = None
        self._go_the_long_way()

    def _go_the_long_way(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None
        if (cycle := self._held) is not None:
            self._held = None
            super()._start_asgi_task(cycle, self.app)

    def connection_lost(self, exc: Exception | None) -> None:
        for timer in (self._head_timer, self._patience):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    _in_head = False
    _opening = False
    _held: RequestResponseCycle | None = None
    _patience: asyncio.TimerHandle | None = None

    def _wait_for_head(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(HEAD_SECONDS, self._cut_off)

    def _cut_off(self) -> None:
        if not self.transport.is_closing():
            self.transport.abort()


def serve(settings: Settings) -> int:
    """Serve until interrupted; return the exit code. What was taken is answered before this returns."""
    logging.getLogger("siyaj").setLevel(logging.INFO)
    with Runtime.open(settings) as runtime:
        _warm_first(runtime)
        mails = Mails(runtime.database, runtime.reports, runtime.appeals, settings)
        gc.freeze()  # what is there now stays: the collector need not walk through it again and again
        gc.set_threshold(20_000, 50, 100)
        gc.enable()
        stopping = threading.Event()
        config = configuration(create_app(runtime, stopping), settings)
        later = threading.Thread(target=_warm_later, args=(runtime,), name="siyaj-warm", daemon=True)
        server = _Server(config, stopping, later)
        signal.signal(signal.SIGTERM, lambda *_: None)  # uvicorn stops, then raises it again: all must be closed before
        with (
            Worker("siyaj-quality", runtime.quality.work, QUALITY_SECONDS, full=QUALITY_BATCH),
            Worker("siyaj-evidence", runtime.vault.retention.work, SWEEP_SECONDS),
            Worker("siyaj-channels", runtime.channels.work, CHANNEL_SECONDS),
            Worker("siyaj-ending", runtime.ending.work, ENDING_SECONDS),
            Worker("siyaj-late", runtime.late.work, LOOK_SECONDS),
            Worker("siyaj-mail", mails.work, MAIL_SECONDS),
            DeliveryWorker(runtime.database, runtime.keyring),
        ):
            if not runtime.people.listed():
                _say("Nobody can sign in to the console yet: `siyaj person create LOGIN --role admin`")
            server.run()
        return 0 if server.started else 3


def configuration(app: Any, settings: Settings, loop: str = "uvloop") -> uvicorn.Config:
    """Return how uvicorn serves us. A test in a thread asks for the loop `asyncio`."""
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        http=Protocol,
        loop=loop,
        ws="none",
        lifespan="on",
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        date_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=int(settings.request_seconds),
        limit_concurrency=MOST_CONNECTIONS,
        backlog=2_048,
    )


def _warm_first(runtime: Runtime) -> None:
    """Compile what a check runs, before anybody waits for it; say so where it takes long."""
    told = threading.Timer(2.0, _compiles)
    told.daemon = True
    told.start()
    compiled = warm(runtime.matcher.types)
    told.cancel()
    if compiled:
        gc.collect()  # what is left of it would be kept for good by freezing


def _compiles() -> None:
    _say("Siyaj compiles what it runs, once after an installation: a minute or two…")
    gc.enable()  # a compiler leaves hundreds of megabytes to be collected


def _warm_later(runtime: Runtime) -> None:
    """Load what the first picture needs, beside the first answers."""
    load_pictures()
    gc.freeze()
    runtime.box.warm()


class _Server(uvicorn.Server):
    """Says where it listens once it does, on stderr; only then starts what is to run beside the first answers."""

    def __init__(self, config: uvicorn.Config, stopping: threading.Event, later: threading.Thread) -> None:
        super().__init__(config)
        self._stopping = stopping
        self._later = later

    async def shutdown(self, sockets: Any = None) -> None:
        self._stopping.set()
        await super().shutdown(sockets)

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        for one in self.servers:
            for listening in one.sockets:
                host, port = listening.getsockname()[:2]
                _say(f"Siyaj listens on http://{host}:{port} (console: /console/, API docs: /docs)")
        self._later.start()


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201
