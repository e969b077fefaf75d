"""The blob store of sealed evidence: a local folder by default, S3-compatible by URL. It sees sealed bytes only.

A blob is written whole or not at all, once, and is durable when `put` returns. Credentials of S3 come from the usual
environment (`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_REGION`, `AWS_ENDPOINT`).
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple, Self

from obstore.exceptions import AlreadyExistsError, BaseError, NotFoundError
from obstore.store import LocalStore, ObjectStore, S3Store

from siyaj.model.errors import AlreadyExists, NotFound, StorageUnavailable, UserError

FOLDER = "evidence"
_S3_SECONDS = timedelta(seconds=20)
_S3_CONNECT_SECONDS = timedelta(seconds=5)
_S3_RETRY_SECONDS = timedelta(seconds=15)


class Blob(NamedTuple):
    """`name` is relative to the store."""

    name: str
    size: int
    written_at: datetime


class Blobs:
    """Named, immutable bytes. Safe for many threads. Foreign errors are translated here."""

    def __init__(self, store: ObjectStore, folder: Path | None) -> None:
        self._store = store
        self._folder = folder

    @classmethod
    def open(cls, url: str, data: Path) -> Self:
        """Open `s3://bucket/prefix`, `file:///folder`, a plain folder, or (empty) `evidence` in the data folder.

        Raises UserError for a URL of another kind, StorageUnavailable for a folder that cannot be made.
        """
        if url.startswith("s3://"):
            return cls(_s3(url), None)
        if "://" in url and not url.startswith("file://"):
            raise UserError(f"unknown kind of evidence store: {url.split('://', maxsplit=1)[0]}://…", hint="use s3://")
        folder = Path(url.removeprefix("file://")) if url else data / FOLDER
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StorageUnavailable(f"cannot make the folder {str(folder)!r}: {error.strerror}") from None
        with _translated():
            return cls(LocalStore(folder.absolute(), automatic_cleanup=False), folder.absolute())

    def put(self, name: str, data: bytes) -> None:
        """Raises AlreadyExists for a name that was used, StorageUnavailable when the store is full or away."""
        with _translated():
            self._store.put(name, data, mode="create")
            if self._folder is not None:
                _sync(self._folder, name)

    def get(self, name: str) -> bytes:
        """Raises NotFound, StorageUnavailable."""
        with _translated():
            return bytes(self._store.get(name).bytes())

    def has(self, name: str) -> bool:
        """Raises StorageUnavailable."""
        try:
            with _translated():
                self._store.head(name)
        except NotFound:
            return False
        return True

    def remove(self, name: str) -> None:
        """Remove a blob; one that is gone already is no error. Raises StorageUnavailable."""
        try:
            with _translated():
                self._store.delete(name)
        except NotFound:
            return

    def all(self) -> Iterator[list[Blob]]:
        """Yield every blob, in pages. Raises StorageUnavailable."""
        with _translated():
            for page in self._store.list(chunk_size=500):
                yield [Blob(one["path"], one["size"], one["last_modified"]) for one in page]


def _s3(url: str) -> S3Store:
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    endpoint = endpoint or os.environ.get("AWS_ENDPOINT") or ""
    with _translated():
        return S3Store.from_url(
            url,
            config={"endpoint": endpoint} if endpoint else None,
            client_options={
                "timeout": _S3_SECONDS,
                "connect_timeout": _S3_CONNECT_SECONDS,
                "allow_http": endpoint.startswith("http://"),  # a server in the same house
            },
            retry_config={"max_retries": 3, "retry_timeout": _S3_RETRY_SECONDS},
        )


def _sync(folder: Path, name: str) -> None:
    """Make a file and its name survive a power cut."""
    path = folder / name
    for one in (path, path.parent, folder):
        handle = os.open(one, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (NotFoundError, FileNotFoundError):
        raise NotFound("the sealed bytes are not in the evidence store") from None
    except AlreadyExistsError as error:
        raise AlreadyExists(f"the evidence store has it already: {_first_line(error)}") from None
    except (BaseError, OSError) as error:
        raise StorageUnavailable(
            f"the evidence store cannot be used now: {_first_line(error)}", hint="is it full, or away? retry"
        ) from None


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
