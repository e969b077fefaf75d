"""The spool: what was let through unchecked, kept in a file of bounded size until it is checked.

One JSON object a line, appended under a lock, readable by its owner only: it holds what people wrote. It outlives the
process, not a loss of power. Several processes may share one file.
"""

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
from msgspec import Struct

from siyaj.model.event import Event

LARGEST_BYTES = 64 * 1024 * 1024


class Unchecked(Struct, omit_defaults=True):
    """`files` are the names of what came with it: the bytes are the platform's to keep."""

    event: Event
    why: str
    at: float
    idempotency_key: str | None = None
    files: list[str] = msgspec.field(default_factory=list)


class Spool:
    """A file of unchecked events."""

    def __init__(self, path: Path, largest_bytes: int = LARGEST_BYTES) -> None:
        self._path = path
        self._taken = path.with_name(f"{path.name}.rechecking")
        self._largest = largest_bytes
        self._held = -1
        path.parent.mkdir(parents=True, exist_ok=True)

    def keep(self, kept: Sequence[Unchecked]) -> int:
        """Append; return how many found no room."""
        lost = 0
        with self._locked() as handle:
            size = os.fstat(handle).st_size
            for one in kept:
                line = msgspec.json.encode(one) + b"\n"
                if size + len(line) > self._largest:
                    lost += 1
                    continue
                os.write(handle, line)
                size += len(line)
        return lost

    def take(self) -> list[Unchecked] | None:
        """Return what waits, or None while another process has taken it. Nothing is forgotten before `done`: what a
        killed process had taken comes again."""
        taken = _private(self._taken)
        try:
            fcntl.flock(taken, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(taken)
            return None
        with self._locked() as handle:
            if os.fstat(handle).st_size:
                os.write(taken, self._path.read_bytes())
                os.ftruncate(handle, 0)
        self._held = taken
        return list(self._read())

    def done(self, left: Sequence[Unchecked] | None) -> None:
        """Forget what was taken, except what is `left`; None forgets nothing."""
        if left is not None:
            self.keep(left)
            os.ftruncate(self._held, 0)
        os.close(self._held)

    def __len__(self) -> int:
        return sum(path.read_bytes().count(b"\n") for path in (self._path, self._taken) if path.exists())

    def _read(self) -> Iterator[Unchecked]:
        for line in self._taken.read_bytes().splitlines():
            try:
                yield msgspec.json.decode(line, type=Unchecked)
            except msgspec.MsgspecError:
                continue  # the last line of a process that was killed while it wrote

    @contextmanager
    def _locked(self) -> Iterator[int]:
        handle = _private(self._path)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield handle
        finally:
            os.close(handle)


def _private(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
