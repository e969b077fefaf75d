"""Going through folders of files: in a stable order, some files at a time, the next ones started already."""

import os
import stat
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TypeVar

from msgspec import Struct

from siyaj.model.errors import NotFound

T = TypeVar("T")
R = TypeVar("R")

CHUNK = 64
"""Files that are looked up and saved together."""


class Fault(Struct, frozen=True):
    """Why a file could not be read, or not fully."""

    code: str
    message: str


def walk(paths: Sequence[Path]) -> Iterator[Path]:
    """Yield every regular file under the paths, in a stable order; links are not followed.

    Raises NotFound for a path that does not exist, before anything is looked at.
    """
    for path in paths:
        if not path.exists():
            raise NotFound(f"there is no file or folder {str(path)!r}", hint="check the path")
    for path in paths:
        if path.is_dir():
            for folder, folders, names in os.walk(path):
                folders.sort()
                yield from (Path(folder, name) for name in sorted(names) if _is_regular(Path(folder, name)))
        else:
            yield path


def chunks(paths: Iterator[Path]) -> Iterator[list[Path]]:
    while chunk := list(islice(paths, CHUNK)):
        yield chunk


def ahead(items: Iterator[T], start: Callable[[T], R]) -> Iterator[R]:
    """Yield `start(item)` for each item, having started the next one already: decoders never wait for the judge."""
    started = deque[R]()
    for item in items:
        started.append(start(item))
        if len(started) > 1:
            yield started.popleft()
    yield from started


def _is_regular(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False
