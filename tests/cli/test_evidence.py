"""`siyaj evidence`: from a held check to a package that proves what was seen."""

import json
import os
import zipfile
from pathlib import Path

import pytest

from tests.cli.conftest import Ended, Run

FILE = b"harmless sample of a file"


@pytest.fixture
def sealed(siyaj: Run, tmp_path: Path) -> str:
    """One piece of evidence, of a held check."""
    siyaj("bank", "create", "known")
    siyaj("bank", "add", "known", "--hash", f"md5:{'7' * 32}")
    (tmp_path / "picture<b>.txt").write_bytes(FILE)
    held = siyaj("check", "picture<b>.txt", "--id", "m-1", "--kind", "media", "--hash", f"md5:{'7' * 32}", "--json")
    assert held.lines[0]["action"] == "hold", held
    (one,) = siyaj("evidence", "list", "--subject", "item:m-1", "--json").lines
    assert one["case"] == held.lines[0]["case"]
    return str(one["id"])


def export(siyaj: Run, sealed: str) -> Ended:
    return siyaj("evidence", "export", "package.zip", sealed, "--why", "request 12/2026", "--json")


def test_a_package_holds_the_file_its_hash_and_its_chain_of_custody(siyaj: Run, sealed: str, tmp_path: Path) -> None:
    assert export(siyaj, sealed).code == 0
    with zipfile.ZipFile(tmp_path / "package.zip") as archive:
        assert archive.read(f"files/{sealed}") == FILE
        manifest = json.loads(archive.read("manifest.json"))
    (item,) = manifest["items"]
    assert item["evidence"]["name"] == "picture<b>.txt"
    assert [row["what"] for row in item["custody"]] == ["evidence.seal", "evidence.open"]
    assert manifest["why"] == "request 12/2026"
    assert siyaj("evidence", "verify", "package.zip", "--json").lines == [{"checked": 1, "faults": []}]
    assert export(siyaj, sealed).code == 2, "an existing package is not overwritten"


def test_a_changed_package_does_not_verify(siyaj: Run, sealed: str, tmp_path: Path) -> None:
    export(siyaj, sealed)
    with zipfile.ZipFile(tmp_path / "package.zip") as archive:
        manifest = archive.read("manifest.json")
    with zipfile.ZipFile(tmp_path / "changed.zip", "w") as archive:
        archive.writestr("manifest.json", manifest)
        archive.writestr(f"files/{sealed}", b"something else")
        archive.writestr("more", b"")
    ended = siyaj("evidence", "verify", "changed.zip", "--json")
    assert ended.code == 1
    assert len(ended.lines[0]["faults"]) == 2
    (tmp_path / "none.zip").write_bytes(b"PK no")
    assert siyaj("evidence", "verify", "none.zip").code == 2


def test_hold_release_and_the_sweep(siyaj: Run, sealed: str) -> None:
    assert siyaj("evidence", "hold", sealed, "--why", "request 12/2026", "--json").lines[0]["hold"] == "request 12/2026"
    assert len(siyaj("evidence", "list", "--held", "--json").lines) == 1
    assert siyaj("evidence", "release", sealed, "--why", "answered", "--json").lines[0]["hold"] == ""
    assert siyaj("evidence", "sweep", "--json").lines == [
        {"destroyed": 0, "prolonged": 0, "orphans": 0, "forgotten": 0}
    ]
    assert siyaj("evidence", "hold", "evd_nothing", "--why", "x").code == 2


def test_a_damaged_store_is_found(siyaj: Run, sealed: str, tmp_path: Path) -> None:
    assert siyaj("evidence", "verify", "--json").lines == [{"checked": 1, "faults": []}]
    (blob,) = [Path(folder, name) for folder, _, names in os.walk(tmp_path) for name in names if name == sealed]
    blob.write_bytes(blob.read_bytes()[:-1] + b"x")
    ended = siyaj("evidence", "verify", "--json")
    assert ended.code == 1
    assert ended.lines[0]["faults"][0]["file"] == sealed
