"""Hostile bytes stay in a box: media is decoded in processes of its own, with limits on pixels, memory and time.

A decoder that crashes or runs away is killed and replaced; that costs its one file, whose missing signals say so.
Messages are length-prefixed MessagePack over pipes: what comes back from a process that ate hostile bytes is data, and
is checked as such.
"""

import contextlib
import io
import os
import select
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from queue import Empty, LifoQueue
from types import TracebackType
from typing import Self, TypeVar

import msgspec
from msgspec import Struct

from siyaj.model.errors import DecoderKilled, ErrorCode, MediaTooLarge, UnreadableMedia
from siyaj.signals.files import Extraction, hash_only, open_regular, unreadable
from siyaj.signals.shown import Shown, View

T = TypeVar("T")

LENGTH = struct.Struct("<I")
LARGEST_REPLY = 64 * 1024 * 1024
FILES_PER_PROCESS = 5_000
"""A decoder is replaced after so many files: libraries leak."""
START_SECONDS = 60.0
"""Time for a fresh process to import its libraries, the first time to compile kernels too."""
END_SECONDS = 5.0
"""Time that a killed process may take to go; one that hangs in the kernel is left behind."""

PASSED_ON = ("PATH", "HOME", "TMPDIR", "TZ", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "XDG_CACHE_HOME")
PASSED_ON_PREFIXES = ("LANG", "LC_", "PYTHON", "NUMBA_", "COV")
"""Environment variables that a decoder gets. Not ours: they hold the database's password."""


class Job(Struct):
    """What a decoder is asked. Either `data` or a `path`, as the file system spells it, that it reads itself."""

    part: str
    name: str
    data: bytes = b""
    path: bytes = b""
    types: list[str] | None = None
    banking: bool = False
    seconds: float = 10.0
    """How long it may take."""
    view: View | None = None
    """Asked to draw a picture for a person, instead of signals."""


class Killed(Exception):
    """The decoder did not answer: it died, or its time was up."""


class MediaBox:
    """Draws signals from untrusted files. Safe for many threads; each call waits for a free decoder."""

    def __init__(
        self,
        *,
        workers: int = 0,
        seconds: float = 10.0,
        banking_seconds: float = 300.0,
        memory_mb: int = 1_536,
        max_pixels: int = 100_000_000,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.workers = workers or os.cpu_count() or 1
        self.kills = 0
        self._seconds = seconds
        self._banking_seconds = banking_seconds
        self._arguments = [str(memory_mb), str(max_pixels)]
        self._environment = _passed_on(os.environ) | dict(environment or {})
        self._free: LifoQueue[_Decoder | None] = LifoQueue()  # a warm decoder is taken before another is started
        self._open: set[_Decoder] = set()
        self._closed = False
        self._lock = threading.Lock()
        for _ in range(self.workers):
            self._free.put(None)  # started when first needed

    def extract(
        self,
        source: bytes | Path,
        *,
        part: str = "file:0",
        name: str = "",
        types: frozenset[str] | None = None,
        banking: bool = False,
    ) -> Extraction:
        """Draw a file's signals: of the `types` given, else all that are not costly.

        `banking` draws what a bank keeps, and gives it `banking_seconds`: every frame of a video takes its time. What
        cannot be drawn is named in `missing`. Never raises for what the file is.
        """
        job = _job(source, part, name, types)
        job.banking, job.seconds = banking, self._banking_seconds if banking else self._seconds
        try:
            return self._ask(job, Extraction)
        except Killed as error:
            return _without_decoder(source, job, str(error))

    def show(self, data: bytes, view: View) -> Shown:
        """Draw a picture or a video's frames anew, for a person. Raises UnreadableMedia, MediaTooLarge,
        DecoderKilled."""
        try:
            shown = self._ask(Job("file:0", "", data=data, seconds=self._seconds, view=view), Shown)
        except Killed as error:
            raise DecoderKilled(f"{error}; the decoder was killed") from None
        if not shown.data:
            raise (MediaTooLarge if shown.code == ErrorCode.MEDIA_TOO_LARGE else UnreadableMedia)(shown.message)
        return shown

    def _ask(self, job: Job, answer: type[T]) -> T:
        """Wait for a free decoder and ask it. Raises Killed when there is no sound answer; then it is replaced."""
        decoder = self._free.get()
        try:
            if decoder is None or decoder.is_spent():
                decoder = self._replace(decoder)
            return decoder.ask(job, answer)
        except BaseException:
            # Killed; or an interrupt in the middle: its answer would be taken for the next file's.
            self._discard(decoder)
            decoder = None
            raise
        finally:
            self._free.put(decoder)

    def warm(self) -> None:
        """Start every decoder now, so that the first files do not wait for it."""
        taken = [self._free.get() for _ in range(self.workers)]
        for decoder in taken:
            try:
                self._free.put(decoder or self._replace(None))
            except Killed:
                self._free.put(None)

    def close(self) -> None:
        """End every decoder, also one that is at work: its file is answered as killed, and so are later ones."""
        with self._lock:
            self._closed = True
            decoders = list(self._open)
        for decoder in decoders:
            decoder.kill()
        idle = []
        with contextlib.suppress(Empty):
            while True:
                idle.append(self._free.get_nowait())
        for held in idle:
            if held is not None:
                self._forget(held)
            self._free.put(None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _replace(self, old: "_Decoder | None") -> "_Decoder":
        if old is not None:
            self._forget(old)
        with self._lock:
            if self._closed:
                raise Killed("the decoders are shut down")
            try:
                decoder = _Decoder(self._arguments, self._environment)
            except OSError as error:
                raise Killed(f"no decoder can be started ({error.strerror})") from error
            self._open.add(decoder)
        try:
            decoder.await_ready()
        except BaseException:
            self._forget(decoder)
            raise
        return decoder

    def _discard(self, decoder: "_Decoder | None") -> None:
        with self._lock:
            self.kills += 1
        if decoder is not None:
            self._forget(decoder)

    def _forget(self, decoder: "_Decoder") -> None:
        """Only the thread that holds a decoder may do this: its pipes are closed, and their numbers used again."""
        decoder.kill()
        decoder.hang_up()
        with self._lock:
            self._open.discard(decoder)


def _passed_on(environment: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in environment.items() if name in PASSED_ON}
    kept |= {name: value for name, value in environment.items() if name.startswith(PASSED_ON_PREFIXES)}
    # One thread each: as many decoders as cores run side by side.
    return kept | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}


def _job(source: bytes | Path, part: str, name: str, types: frozenset[str] | None) -> Job:
    wanted = sorted(types) if types is not None else None
    if isinstance(source, Path):
        return Job(part, _sendable(name or source.name), path=os.fsencode(source.absolute()), types=wanted)
    return Job(part, _sendable(name), data=source, types=wanted)


def _sendable(name: str) -> str:
    """File names need not be valid Unicode; of this one only the extension matters."""
    return name.encode("utf-8", "replace").decode()


class _Decoder:
    """One decoder process and the two pipes to it."""

    def __init__(self, arguments: list[str], environment: Mapping[str, str]) -> None:
        self.files = 0
        self._process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "siyaj.signals.box_worker", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=dict(environment),
            start_new_session=True,  # an interrupt at the terminal is for us, who then end it in order
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._to, self._from = self._process.stdin.fileno(), self._process.stdout.fileno()
        os.set_blocking(self._to, False)
        os.set_blocking(self._from, False)

    def await_ready(self) -> None:
        if self._read(time.monotonic() + START_SECONDS) != b"ready":
            raise Killed("the decoder could not be started")

    def is_spent(self) -> bool:
        """Whether it has read enough files, or died since the last one: that must not cost the next one."""
        return self.files >= FILES_PER_PROCESS or self._process.poll() is not None

    def ask(self, job: Job, answer: type[T]) -> T:
        """Raises Killed when there is no sound answer in time."""
        until = time.monotonic() + job.seconds
        self.files += 1
        message = msgspec.msgpack.encode(job)
        self._write(LENGTH.pack(len(message)) + message, until)
        try:
            return msgspec.msgpack.decode(self._read(until), type=answer)
        except msgspec.DecodeError as error:
            raise Killed("the decoder answered nonsense") from error

    def kill(self) -> None:
        """Safe from any thread; who waits for an answer reads the end of the pipe."""
        self._process.kill()

    def hang_up(self) -> None:
        """Close the pipes and wait for the process to go."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(END_SECONDS)

    def _write(self, message: bytes, until: float) -> None:
        view = memoryview(message)
        while view:
            self._wait([], [self._to], until)
            try:
                view = view[os.write(self._to, view) :]
            except BlockingIOError:
                continue
            except OSError as error:
                raise Killed("the decoder crashed") from error

    def _read(self, until: float) -> bytes:
        size = LENGTH.unpack(self._read_exactly(LENGTH.size, until))[0]
        if size > LARGEST_REPLY:
            raise Killed("the decoder answered too much")
        return self._read_exactly(size, until)

    def _read_exactly(self, size: int, until: float) -> bytes:
        read = bytearray()
        while len(read) < size:
            self._wait([self._from], [], until)
            try:
                piece = os.read(self._from, size - len(read))
            except BlockingIOError:
                continue
            except OSError as error:
                raise Killed("the decoder crashed") from error
            if not piece:
                raise Killed("the decoder crashed")
            read += piece
        return bytes(read)

    def _wait(self, readable: list[int], writable: list[int], until: float) -> None:
        left = until - time.monotonic()
        poll = select.poll()
        for pipe in readable:
            poll.register(pipe, select.POLLIN)
        for pipe in writable:
            poll.register(pipe, select.POLLOUT)
        if left <= 0 or not poll.poll(left * 1_000):
            raise Killed("decoding took longer than is allowed")


def _without_decoder(source: bytes | Path, job: Job, said: str) -> Extraction:
    """Return what is safe to know of a file whose decoder was killed: its hashes, and what is missing."""
    types = None if job.types is None else frozenset(job.types)
    why = f"{said}; the decoder was killed"
    try:
        with open_regular(os.fspath(source)) if isinstance(source, Path) else io.BytesIO(source) as file:
            return hash_only(file, part=job.part, name=job.name, types=types, code=ErrorCode.DECODER_KILLED, why=why)
    except OSError as error:
        return unreadable(f"the file cannot be read: {error.strerror}", part=job.part, name=job.name, types=types)
