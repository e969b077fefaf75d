"""Indexes on the disk: a folder with one sub-folder per index and a manifest that vouches for every byte.

A snapshot is only a quicker start: what is absent, damaged or of another version is refused as a whole, and the
indexes are filled from the database instead. Data files are `.npy`; nothing is ever unpickled.
"""

import logging
import os
import shutil
import uuid
import zlib
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any, NamedTuple, Protocol, runtime_checkable

import msgspec
from msgspec import Struct

from siyaj.signals.base import SignalIndex

log = logging.getLogger(__name__)

FORMAT = "siyaj-index-1"
MANIFEST = "snapshot.json"


@runtime_checkable
class Saveable(Protocol):
    """What an index may bring beside SignalIndex, so that a start need not fill it from the database."""

    def save(self, folder: Path) -> None:
        """Write everything to `folder`, which is not there yet."""

    def load(self, folder: Path) -> None:
        """Become what was saved. Raises ValueError for what cannot be used; OSError when it cannot be read."""


class Snapshot(NamedTuple):
    """What was loaded: the stamp it was saved with, and the types that need not be read from the database."""

    stamp: dict[str, Any]
    indexes: dict[str, SignalIndex]
    """Signal type → its index."""

    @property
    def loaded(self) -> frozenset[str]:
        return frozenset(self.indexes)


class _File(Struct):
    size: int
    crc32: int


class _Manifest(Struct):
    format: str
    stamp: dict[str, Any]
    folders: dict[str, str]
    """Signal type → sub-folder: a plug-in's name need not be a good file name."""
    counts: dict[str, int]
    files: dict[str, _File]


class _Sealed(Struct, forbid_unknown_fields=True):
    crc32: int
    manifest: msgspec.Raw


def write_snapshot(folder: Path, stamp: dict[str, Any], indexes: Mapping[str, SignalIndex]) -> None:
    """Write beside `folder`, make it durable, then move it there. Raises OSError; then `folder` is as it was."""
    folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = folder.with_name(f".{folder.name}-{uuid.uuid4().hex}")
    fresh.mkdir(mode=0o700)
    try:
        manifest = _Manifest(FORMAT, stamp, {}, {}, {})
        for name, index in indexes.items():
            if isinstance(index, Saveable):
                manifest.folders[name] = str(len(manifest.folders))
                index.save(fresh / manifest.folders[name])
                manifest.counts[name] = len(index)
        files = [path for path in fresh.rglob("*") if path.is_file()]
        manifest.files = {path.relative_to(fresh).as_posix(): _seal(path) for path in files}
        written = msgspec.json.encode(manifest)
        (fresh / MANIFEST).write_bytes(msgspec.json.encode(_Sealed(zlib.crc32(written), msgspec.Raw(written))))
        _seal(fresh / MANIFEST)
        for inner in (fresh, *(path for path in fresh.rglob("*") if path.is_dir())):
            _fsync(inner)
        _move(fresh, folder)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise


def read_snapshot(folder: Path, build: Callable[[str], SignalIndex | None]) -> Snapshot | None:
    """Fill what `build` returns for each signal type that the snapshot holds: an empty index, or None for a type that
    is not known any more. Others are not built: to load what their kernels are takes a second."""
    if not (folder / MANIFEST).exists():
        return None
    try:
        manifest = _read_manifest(folder / MANIFEST)
        if manifest.format != FORMAT:
            raise ValueError(f"its format is {manifest.format!r}, not {FORMAT!r}")
        _check(folder, manifest.files)
        indexes: dict[str, SignalIndex] = {}
        for name, inner in manifest.folders.items():
            index = build(name)
            if index is not None and isinstance(index, Saveable):
                _load(index, folder / inner, manifest.counts[name])
                indexes[name] = index
    except (OSError, ValueError, KeyError, msgspec.DecodeError) as error:
        log.warning("the index snapshot in %s is not used, the banks are read instead: %s", folder, error)
        return None
    return Snapshot(manifest.stamp, indexes)


def _read_manifest(path: Path) -> _Manifest:
    written = path.read_bytes()
    sealed = msgspec.json.decode(written, type=_Sealed)
    if zlib.crc32(sealed.manifest) != sealed.crc32 or len(written) != len(msgspec.json.encode(sealed)):
        raise ValueError(f"{path.name} was changed")
    return msgspec.json.decode(sealed.manifest, type=_Manifest)


def _load(index: SignalIndex, folder: Path, count: int) -> None:
    assert isinstance(index, Saveable)
    index.load(folder)
    if len(index) != count:
        raise ValueError(f"{folder} holds {len(index)} values, not {count}")


def _check(folder: Path, files: dict[str, _File]) -> None:
    """Raise ValueError when a file is not the one that was written. Threads: the sums are what takes time here."""
    with ThreadPoolExecutor(4) as pool:
        found = pool.map(lambda name: _sum(folder / name), files)
        for (name, expected), actual in zip(files.items(), found, strict=True):
            if actual != expected:
                raise ValueError(f"{name} was changed")


def _seal(path: Path) -> _File:
    _fsync(path)
    return _sum(path)


def _sum(path: Path) -> _File:
    size = path.stat().st_size
    if not size:
        return _File(0, 0)
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        return _File(size, zlib.crc32(data))


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _move(fresh: Path, folder: Path) -> None:
    """Put `fresh` where `folder` is. Between the two renames there is no snapshot, which costs a slow start only."""
    old = folder.with_name(f".{folder.name}-old-{uuid.uuid4().hex}")
    if folder.exists():
        folder.rename(old)
    fresh.rename(folder)
    _fsync(folder.parent)
    shutil.rmtree(old, ignore_errors=True)
