"""The blob store: whole or not at all, once. In an S3-compatible store: `tests/s3`."""

import os
import threading
from pathlib import Path
from typing import Any

import pytest

from siyaj.model.errors import AlreadyExists, NotFound, StorageUnavailable
from siyaj.storage.blobs import Blobs


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs.open("", tmp_path)


def _s3_environment(monkeypatch: pytest.MonkeyPatch, endpoint: str) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_REGION", "us-east-1")


def test_what_was_put_is_there_until_it_is_removed(blobs: Blobs) -> None:
    assert not blobs.has("2026-11/evd_1")
    blobs.put("2026-11/evd_1", b"sealed")
    assert blobs.has("2026-11/evd_1")
    assert blobs.get("2026-11/evd_1") == b"sealed"
    assert [(one.name, one.size) for page in blobs.all() for one in page] == [("2026-11/evd_1", 6)]
    blobs.remove("2026-11/evd_1")
    blobs.remove("2026-11/evd_1")
    with pytest.raises(NotFound):
        blobs.get("2026-11/evd_1")


def test_a_blob_is_written_once(blobs: Blobs) -> None:
    blobs.put("one", b"first")
    with pytest.raises(AlreadyExists):
        blobs.put("one", b"second")
    assert blobs.get("one") == b"first"


def test_large_and_empty_blobs(blobs: Blobs) -> None:
    large = os.urandom(12 * 1024 * 1024)
    blobs.put("large", large)
    blobs.put("empty", b"")
    assert blobs.get("large") == large
    assert blobs.get("empty") == b""


def test_many_threads_may_write(blobs: Blobs) -> None:
    threads = [threading.Thread(target=blobs.put, args=(f"many/{n}", bytes([n]) * 1_000)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(len(page) for page in blobs.all()) == 20
    assert blobs.get("many/7") == b"\x07" * 1_000


def test_a_store_that_is_away_is_unavailable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import siyaj.storage.blobs as module

    _s3_environment(monkeypatch, "http://127.0.0.1:9")
    monkeypatch.setattr(module, "_S3_RETRY_SECONDS", module.timedelta(seconds=1))
    blobs = Blobs.open("s3://nowhere/evidence", tmp_path)
    with pytest.raises(StorageUnavailable):
        blobs.put("one", b"sealed")


def test_a_full_disk_is_unavailable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blobs = Blobs.open("", tmp_path)

    def full(*_: Any) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("siyaj.storage.blobs._sync", full)
    with pytest.raises(StorageUnavailable, match="no space left"):
        blobs.put("one", b"sealed")
