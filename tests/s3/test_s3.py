"""Evidence in an S3-compatible store: sealed by a running server, opened, held, handed over, destroyed; and what
happens when the store is away, or refuses."""

import base64
import json
import os
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from siyaj.model.errors import AlreadyExists, NotFound, SealBroken, StorageUnavailable
from siyaj.model.evidence import Evidence
from siyaj.model.settings import Settings
from siyaj.moderation.evidence import package
from siyaj.moderation.evidence.evidence import Vault
from siyaj.storage import blobs as module
from siyaj.storage.blobs import Blobs
from siyaj.storage.keyring import Keyring
from tests.s3.conftest import use
from tests.s3.server import Server
from tests.server.conftest import Served, serve

DATA = b"harmless sample bytes " * 1_000
DAY_US = 86_400_000_000


@contextmanager
def running(store: str, folder: Path) -> Iterator[Served]:
    yield from serve(Settings(data=str(folder), evidence_store=store, decoders=1))


def report(served: Served, item: str, data: bytes = DATA) -> httpx.Response:
    body = json.dumps({"id": f"r-{item}", "subject": {"kind": "item", "id": item}, "reason": "praise"})
    files = {"report": (None, body, "application/json"), "file": ("sample.bin", data, "application/octet-stream")}
    return served.client.post("/v1/reports", files=files)


def sealed(served: Served, item: str) -> Evidence:
    receipt = report(served, item).json()["receipt"]
    (found,) = served.runtime.vault.of_case(served.runtime.reports.get(receipt).case or "")
    return found


def stored(bucket: str, folder: Path) -> list[str]:
    return [one.name for page in Blobs.open(bucket, folder).all() for one in page]


def age(served: Served) -> None:
    with served.runtime.database.begin() as connection:
        connection.execute(text(f"UPDATE evidence SET keep_until = keep_until - {400 * DAY_US}"))
        connection.execute(text("UPDATE cases SET state = 'closed', open_subject = NULL"))


def test_a_report_is_sealed_opened_held_handed_over_and_destroyed(bucket: Callable[[], str], tmp_path: Path) -> None:
    store = bucket()
    with running(store, tmp_path) as served:
        vault, known = served.runtime.vault, sealed(served, "m-1")
        (name,) = stored(store, tmp_path)
        assert DATA[:40] not in Blobs.open(store, tmp_path).get(name), "the store sees sealed bytes only"
        assert not (tmp_path / "evidence").exists()
        assert vault.open(known.id, "person:amal", "looked at") == DATA
        assert vault.verify("cli:test") == (1, {})
        target = tmp_path / "package.zip"
        package.export(vault, served.runtime.database, [known.id], target, who="person:lead", why="request 12")
        assert package.verify(target)[1] == []
        with zipfile.ZipFile(target) as archive:
            assert any(archive.read(each) == DATA for each in archive.namelist())
        vault.hold(known.id, "person:lead", "request 12")
        age(served)
        assert vault.sweep().destroyed == 0 and stored(store, tmp_path) == [name]
        vault.release(known.id, "person:lead", "answered")
        assert vault.sweep().destroyed == 1 and stored(store, tmp_path) == []
        with pytest.raises(NotFound, match="destroyed"):
            vault.open(known.id, "person:amal", "")


def test_a_store_that_is_away_says_so_and_a_retry_loses_nothing(
    interpreter: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(module, "_S3_RETRY_SECONDS", timedelta(seconds=1))
    monkeypatch.setattr(module, "_S3_CONNECT_SECONDS", timedelta(seconds=1))
    server = Server(interpreter)
    use(monkeypatch, server)
    with running("s3://siyaj/evidence", tmp_path) as served:
        refused = report(served, "m-1")
        assert refused.status_code == 503, refused.text
        assert "evidence store" in refused.json()["detail"] and "retry" in refused.text
        server.start()
        try:
            httpx.put(f"{server.address}/siyaj").raise_for_status()
            known = sealed(served, "m-1")
            assert report(served, "m-1").status_code == 202, "the same report again is the same receipt"
            assert len(stored("s3://siyaj/evidence", tmp_path)) == 1
            server.stop()
            with pytest.raises(StorageUnavailable, match="cannot be used now"):
                served.runtime.vault.open(known.id, "person:amal", "")
            assert served.client.get("/readyz").status_code == 200, "checks need no store"
        finally:
            server.stop()


def test_an_access_key_that_the_store_does_not_know_is_refused(
    interpreter: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    server = Server(interpreter, INITIAL_NO_AUTH_ACTION_COUNT="1")
    use(monkeypatch, server, key="AKIAWRONG")
    server.start()
    try:
        httpx.put(f"{server.address}/siyaj").raise_for_status()
        with running("s3://siyaj/evidence", tmp_path) as served:
            refused = report(served, "m-1")
            assert refused.status_code == 503 and "evidence store" in refused.json()["detail"]
            assert served.client.get("/v1/cases").json()["items"] == [], "what cannot be sealed is not taken in"
    finally:
        server.stop()


def test_another_master_key_opens_nothing(bucket: Callable[[], str], tmp_path: Path) -> None:
    store = bucket()
    with running(store, tmp_path) as served:
        known = sealed(served, "m-1")
        other = Keyring.open(tmp_path, base64.b64encode(os.urandom(32)).decode())
        vault = Vault(served.runtime.database, other, Blobs.open(store, tmp_path), 183)
        with pytest.raises(SealBroken):
            vault.open(known.id, "person:amal", "")


def test_a_blob_is_written_once_large_or_empty(bucket: Callable[[], str], tmp_path: Path) -> None:
    blobs = Blobs.open(bucket(), tmp_path)
    large = os.urandom(12 * 1024 * 1024)
    blobs.put("large", large)
    blobs.put("empty", b"")
    assert blobs.get("large") == large and blobs.get("empty") == b""
    with pytest.raises(AlreadyExists):
        blobs.put("large", b"second")
    assert blobs.get("large") == large
    blobs.remove("large")
    blobs.remove("large")
    assert not blobs.has("large") and blobs.has("empty")
