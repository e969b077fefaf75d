"""Progress bars on stderr; nothing is drawn where stderr is no terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from siyaj.cli.session import err


@contextmanager
def byte_bar(title: str, file: Path) -> Iterator[Callable[[int], None]]:
    """Draw how far into `file` we are. Yields a function that is told the bytes read so far."""
    columns = (TextColumn(title), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    total = file.stat().st_size if file.is_file() else None
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
        task = progress.add_task(title, total=total)
        yield lambda done: progress.update(task, completed=done)
