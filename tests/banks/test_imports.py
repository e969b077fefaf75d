"""Lists in and out: every format, bad lines, round trips, a kill in the middle."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from siyaj.banks.exports import EXPORT_FORMATS, export_bank
from siyaj.banks.imports import ImportReport, import_file
from siyaj.banks.readers import escape, unescape
from siyaj.model.bank import Opinion
from siyaj.model.errors import ImportRefused, NotFound
from tests.banks.conftest import House

PDQ = "f8f8f0cce0f4e84d0e370a22028f67f0b36e2ed596623e1d33e6339c4e9c9b22"
MD5 = "d41d8cd98f00b204e9800998ecf8427e"


def imported(
    house: House, tmp_path: Path, content: str | bytes, format: str = "auto", **options: object
) -> ImportReport:
    if not house.banks.list():
        house.banks.create("known", who="test")
    path = tmp_path / "list"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return import_file(house.banks, "known", path, format=format, who="test")


FORMATS = {
    "a header of ours": f"type,value,quality,labels\npdq,{PDQ},80,flyer|poster\nmd5,{MD5},,\n",
    "semicolons, a BOM and CRLF": f"\ufefftype;value\r\npdq;{PDQ}\r\nmd5;{MD5}\r\n",
    "quoted cells": f'"type","value"\n"pdq","{PDQ}"\n"md5","{MD5}"\n',
    "a threatexchange dataset": (
        f"signal_type,signal_str,category,tags\npdq,{PDQ},positive_class,a\nvideo_md5,{MD5},,\n"
    ),
    "a threatexchange file": f"pdq {PDQ}\nvideo_md5 {MD5}\n",
    "threatexchange indicators": (
        f'{{"indicator": "{PDQ}", "type": "HASH_PDQ", "tags": ["a"]}}\n'
        f'{{"indicator": "{MD5}", "type": "HASH_MD5", "status": "MALICIOUS"}}\n'
    ),
    "the Tech Against Terrorism list": json.dumps(
        {
            "count": 2,
            "next": None,
            "results": [
                {
                    "hash_digest": PDQ,
                    "algorithm": "PDQ",
                    "ideology": "islamist",
                    "file_type": "jpg",
                    "deleted": False,
                    "updated_on": 1.5,
                    "created_on": "2024-01-01T00:00:00Z",
                    "id": 1,
                },
                {
                    "hash_digest": MD5,
                    "algorithm": "MD5",
                    "ideology": "far-right",
                    "file_type": "mp4",
                    "deleted": False,
                    "updated_on": 1.5,
                    "created_on": "2024-01-01T00:00:00Z",
                    "id": 2,
                },
            ],
        },
        indent=2,
    ),
    "StopNCII": f'[{{"hashValue": "{PDQ}", "hashType": "PDQ"}}, {{"hashValue": "{MD5}", "hashType": "MD5"}}]',
}


@pytest.mark.parametrize("name", FORMATS)
def test_the_formats_of_the_field_are_read(house: House, tmp_path: Path, name: str) -> None:
    report = imported(house, tmp_path, FORMATS[name])
    assert (report.accepted, report.refused) == (2, 0), report.refusals
    assert house.find(("pdq", PDQ)).matches[0].opinion is Opinion.SEED
    assert house.find(("md5", MD5)).matches


def test_one_bad_line_never_poisons_a_list(house: House, tmp_path: Path) -> None:
    lines = [
        "type,value",
        f"pdq,{PDQ}",
        f'pdq,"{PDQ}',
        f"pdq,{PDQ} ",
        "pdq,",
        "nope,abc",
        "md5,\x00",
        f"md5,{MD5},too,many",
        f"md5,{MD5.upper()}",
    ]
    report = imported(house, tmp_path, "\n".join(lines))
    assert report.accepted == 2
    assert [(one.line, one.code) for one in report.refusals] == [
        (4, "invalid_signal"),
        (5, "invalid_request"),
        (6, "unknown_signal_type"),
        (7, "invalid_signal"),
        (8, "invalid_request"),
    ]


def test_noise_is_refused_not_raised(house: House, tmp_path: Path) -> None:
    report = imported(house, tmp_path, b"type,value\n" + os.urandom(2_000) + b"\npdq," + PDQ.encode() + b"\n")
    assert report.accepted == 1


def test_what_others_delete_is_revoked(house: House, tmp_path: Path) -> None:
    imported(house, tmp_path, json.dumps({"hash_digest": PDQ, "algorithm": "PDQ"}))
    assert house.find(("pdq", PDQ)).matches
    report = imported(house, tmp_path, json.dumps({"hash_digest": PDQ, "algorithm": "PDQ", "deleted": True}))
    assert report.revoked == 1
    assert not house.find(("pdq", PDQ)).matches


def test_a_list_cannot_confirm_itself(house: House, tmp_path: Path) -> None:
    imported(house, tmp_path, f"type,value,opinion\npdq,{PDQ},confirmed\nmd5,{MD5},negative\n")
    opinions = {entry.signals[0].type: entry.opinion for entry in house.banks.entries("known")}
    assert opinions == {"pdq": Opinion.SEED, "md5": Opinion.NEGATIVE}


def test_a_list_that_does_not_say_what_it_is_is_refused(house: House, tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match="does not say"):
        imported(house, tmp_path, f"{PDQ}\n")
    assert imported(house, tmp_path, f"{PDQ}\n", "pdq").accepted == 1
    with pytest.raises(ImportRefused):
        imported(house, tmp_path, "{broken\n[json")
    with pytest.raises(NotFound):
        import_file(house.banks, "nope", tmp_path / "list", who="test")
    with pytest.raises(ImportRefused):
        import_file(house.banks, "known", tmp_path / "absent", who="test")


def test_the_un_list_becomes_names(house: House, tmp_path: Path) -> None:
    listed = """<?xml version="1.0"?><CONSOLIDATED_LIST dateGenerated="2026-01-01"><INDIVIDUALS/><ENTITIES><ENTITY>
      <DATAID>1</DATAID><FIRST_NAME>BLUE LANTERN SOCIETY</FIRST_NAME><UN_LIST_TYPE>Sample</UN_LIST_TYPE>
      <REFERENCE_NUMBER>XXe.001</REFERENCE_NUMBER><NAME_ORIGINAL_SCRIPT>جمعية الفانوس الأزرق</NAME_ORIGINAL_SCRIPT>
      <ENTITY_ALIAS><QUALITY>a.k.a.</QUALITY><ALIAS_NAME>Azure Lamp Circle</ALIAS_NAME></ENTITY_ALIAS>
      </ENTITY></ENTITIES></CONSOLIDATED_LIST>"""
    assert imported(house, tmp_path, listed).accepted == 3
    assert house.find(("name", "Blue Lantern Society official")).matches
    entry = house.banks.entries("known")[0]
    assert entry.provenance["reference"] == "XXe.001"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text())
def test_escape_keeps_texts_on_one_line_and_comes_back(text: str) -> None:
    assert "\n" not in escape(text)
    assert "\r" not in escape(text)
    assert unescape(escape(text)) == text


@pytest.mark.parametrize("format", ["csv", "jsonl"])
def test_what_is_exported_comes_back_the_same(house: House, tmp_path: Path, format: str) -> None:
    house.banks.create("known", who="test")
    for kind, value in (
        ("pdq", PDQ),
        ("text", 'سطر أول طويل بما يكفي لبيان\nو\\n"سطر"، ثان; وثالث'),
        ("term", "الفانوس, الأزرق"),
        ("url", "https://example.org/a?b=c"),
        ("name", "=SUM(Lantern)"),
    ):
        house.add("known", kind, value, Opinion.NEGATIVE if kind == "term" else Opinion.SEED, labels=["x", "=y"])
    out = tmp_path / "out"
    assert export_bank(house.banks, "known", out, format=format) == 5
    house.banks.create("copy", who="test")
    report = import_file(house.banks, "copy", out, who="test")
    assert (report.accepted, report.refused) == (5, 0), report.refusals

    def content(bank: str) -> set[tuple[str, str, str]]:
        return {(s.type, s.value, entry.opinion) for entry in house.banks.entries(bank) for s in entry.signals}

    assert content("copy") == content("known")


def test_every_format_is_exported(house: House, tmp_path: Path) -> None:
    house.add("known", "pdq", PDQ)
    for format in EXPORT_FORMATS:
        assert export_bank(house.banks, "known", tmp_path / format, format=format) == 1
        assert PDQ in (tmp_path / format).read_text()


def test_threatexchange_reads_what_is_exported_for_it(house: House, tmp_path: Path) -> None:
    from threatexchange.exchanges.impl.file_api import FileCollaborationConfig, LocalFileSignalExchangeAPI

    house.add("known", "pdq", PDQ)
    house.add("known", "md5", MD5)
    out = tmp_path / "signals.txt"
    export_bank(house.banks, "known", out, format="threatexchange")
    config = FileCollaborationConfig(name="known", filename=str(out))
    (delta,) = LocalFileSignalExchangeAPI.for_collab(config).fetch_iter([], None)
    assert set(delta.updates) == {("pdq", PDQ), ("video_md5", MD5)}


def test_a_killed_import_leaves_whole_chunks_and_can_be_run_again(tmp_path: Path) -> None:
    listed = tmp_path / "list.csv"
    listed.write_text("type,value\n" + "".join(f"md5,{number:032x}\n" for number in range(250_000)))
    data = str(tmp_path / "data")
    command = [sys.executable, "-m", "siyaj.cli.main", "bank"]
    environment = {**os.environ, "SIYAJ_DATA": data, "SIYAJ_DATABASE": ""}
    subprocess.run([*command, "create", "known"], env=environment, check=True, capture_output=True)
    running = subprocess.Popen([*command, "import", "known", str(listed)], env=environment, stderr=subprocess.DEVNULL)
    time.sleep(3.0)
    running.send_signal(signal.SIGKILL)
    running.wait()
    counted = subprocess.run([*command, "list", "--json"], env=environment, check=True, capture_output=True)
    assert json.loads(counted.stdout)["entries"] % 100_000 in (0, 50_000)
    again = subprocess.run(
        [*command, "import", "known", str(listed), "--json"], env=environment, check=True, capture_output=True
    )
    report = json.loads(again.stdout)
    assert report["accepted"] + report["duplicates"] == 250_000


def test_a_vpdq_list_comes_in_as_one_video_and_goes_out_as_a_list(house: House, tmp_path: Path) -> None:
    frames = [f"{PDQ},100,{at}.000" for at in range(5)]
    for name, content, format in (
        ("list", json.dumps(frames), "vpdq"),
        ("command", "".join(f"{30 * at},100,{PDQ},{at}.000\n" for at in range(5)), "vpdq"),
        ("csv", 'type;value\nvpdq;"' + json.dumps(frames).replace('"', '""') + '"\n', "auto"),
        ("threatexchange", f"vpdq {json.dumps(frames)}\n", "threatexchange"),
    ):
        report = imported(house, tmp_path, content, format)
        assert (report.accepted + report.duplicates, report.refused) == (1, 0), name
    export_bank(house.banks, "known", tmp_path / "out", format="threatexchange")
    kind, _, value = (tmp_path / "out").read_text(encoding="utf-8").partition(" ")
    assert kind == "vpdq"
    assert json.loads(value) == frames
