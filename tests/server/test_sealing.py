"""The files of what is held or blocked are sealed before the answer; a store that is full refuses the check."""

import json
from pathlib import Path
from typing import Any

import pytest

from siyaj.model.errors import StorageUnavailable
from siyaj.model.evidence import Evidence
from siyaj.moderation.evidence.evidence import Vault
from siyaj.storage import evidence
from tests.server.conftest import Served

FILE = b"harmless sample of a file"


@pytest.fixture(scope="module", autouse=True)
def banked(served: Served) -> None:
    served.client.post("/v1/banks", json={"name": "known"})
    served.client.post("/v1/banks/known/entries", json={"signals": [{"type": "md5", "value": "7" * 32}]})


def check(served: Served, event_id: str, matches: bool = True) -> Any:
    hashes = [{"type": "md5", "value": "7" * 32}] if matches else []
    event = {"id": event_id, "kind": "media", "hashes": hashes}
    files = {"event": (None, json.dumps(event), "application/json"), "a": ("a<b>\u202e.txt", FILE, "text/plain")}
    return served.client.post("/v1/check", files=files)


def sealed(served: Served, verdict: str) -> list[Evidence]:
    with served.runtime.database.read() as connection:
        return evidence.listed(connection, verdict=verdict)


def test_the_files_of_a_held_check_are_sealed_with_verdict_and_case(served: Served) -> None:
    verdict = check(served, "sealed-1").json()
    assert verdict["action"] == "hold"
    (one,) = sealed(served, verdict["id"])
    assert (one.case, one.subject.key, one.sealed_by) == (verdict["case"], "item:sealed-1", "key:amal")
    assert served.runtime.vault.open(one.id, "person:amal", "test") == FILE
    assert [each.id for each in served.runtime.vault.of_case(verdict["case"])] == [one.id]


def test_a_retry_seals_nothing_more(served: Served) -> None:
    verdict = check(served, "sealed-2").json()
    again = check(served, "sealed-2")
    assert again.headers["idempotent-replayed"] == "true"
    assert len(sealed(served, verdict["id"])) == 1


def test_what_is_allowed_is_not_kept(served: Served) -> None:
    verdict = check(served, "sealed-3", matches=False).json()
    assert verdict["action"] == "allow"
    assert sealed(served, verdict["id"]) == []


def test_a_full_store_refuses_the_check_and_a_retry_succeeds(
    served: Served, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def full(*_: Any, **__: Any) -> Any:
        raise StorageUnavailable("the evidence store cannot be used now: no space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Vault, "prepare", full)
        refused = check(served, "sealed-4")
        assert (refused.status_code, refused.json()["code"]) == (503, "storage_unavailable")
        assert served.client.post("/v1/check", json={"id": "words", "kind": "message", "text": "hello"}).is_success
    assert served.client.get("/v1/verdicts", params={"event": "sealed-4"}).json()["items"] == []
    assert check(served, "sealed-4").json()["action"] == "hold"
