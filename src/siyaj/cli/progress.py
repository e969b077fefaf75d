"""Progress bars on stderr; nothing is drawn where stderr is no terminal."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from siyaj.cli.session import err

T = TypeVar("T")


@contextmanager
def byte_bar(title: str, file: Path) -> Iterator[Callable[[int], None]]:
    """Draw how far into `file` we are. Yields a function that is told the bytes read so far."""
    columns = (TextColumn(title), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    total = file.stat().st_size if file.is_file() else None
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
        task = progress.add_task(title, total=total)
        yield lambda done: progress.update(task, completed=done)


def file_bar(title: str, files: Iterator[T], count: Callable[[], int]) -> Iterator[T]:
    """Draw how many files are done, at which rate, and the time that remains, while they go by.

    `count` says how many there are in all; it is asked where a bar is drawn.
    """
    columns = (TextColumn(title), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"))
    began = time.monotonic()
    total = count() if err.is_terminal else None
    with Progress(
        *columns, TimeRemainingColumn(), console=err, transient=True, disable=not err.is_terminal
    ) as progress:
        task = progress.add_task(title, total=total, rate="")
        for done, file in enumerate(files, 1):
            progress.update(task, completed=done, rate=f"{done / (time.monotonic() - began):.0f} files/s")
            yield file
