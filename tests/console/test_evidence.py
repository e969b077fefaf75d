"""Evidence in the console: seen by those who may, held and handed over by leads, each deed in the audit log."""

import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest

from siyaj.model.event import MediaFile
from siyaj.model.person import Locale, Role
from siyaj.model.report import NewReport, Subject, SubjectKind
from siyaj.storage import audit
from tests.console.conftest import House, axe, screen

NAME = "\u202egnp.<b>picture</b>"


@pytest.fixture(scope="module")
def sealed(house: House) -> Iterator[str]:
    house.person("amal")
    house.person("layla", Role.LEAD)
    house.person("omar", Role.LEAD, locale=Locale.AR)
    house.person("cura", Role.CURATOR)
    subject = Subject(SubjectKind.ITEM, "m-1")
    files = [MediaFile(NAME, b"one"), MediaFile("second.txt", b"two")]
    receipt = house.runtime.reports.receive(NewReport(subject), scope="test", files=files, who="key:forum")
    yield house.runtime.vault.of_case(house.runtime.reports.get(receipt).case or "")[0].id


def test_the_list_and_one_with_its_custody(house: House, sealed: str) -> None:
    client = house.signed_in("amal")
    listed = client.get("/console/evidence", params={"subject": "item:m-1"}).text
    assert sealed in listed and "<b>picture" not in listed and "second.txt" in listed
    assert "\u202e" not in listed and ">RLO</span>gnp." in listed, "a name cannot pretend to be another kind of file"
    assert "second.txt" not in client.get("/console/evidence", params={"state": "held"}).text
    page = client.get(f"/console/evidence/{sealed}").text
    assert "\u202e" not in page and "evidence.seal" in page and "key:forum" in page
    assert "Hand it over" not in page, "a reviewer neither holds nor exports"
    assert client.get("/console/evidence/evd_nothing").status_code == 404
    assert house.signed_in("cura").get("/console/evidence").status_code == 403


def test_a_lead_holds_lifts_and_hands_over(house: House, sealed: str) -> None:
    client, place = house.signed_in("layla"), f"/console/evidence/{sealed}"
    assert client.send_form(f"{place}/hold", page=place, hold="1", why=" ").status_code == 400
    assert client.send_form(f"{place}/hold", page=place, hold="1", why="request 12/2026").status_code == 303
    assert house.runtime.vault.get(sealed).hold == "request 12/2026"
    assert client.send_form(f"{place}/hold", page=place, why="answered").status_code == 303
    assert house.runtime.vault.get(sealed).hold == ""
    package = client.send_form(f"{place}/package", page=place, case="1", why="request 12/2026")
    assert package.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(package.content)) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        assert len(archive.namelist()) == 3
    assert manifest["exported_by"] == "person:layla"
    with house.runtime.database.read() as connection:
        deeds = [row.what for row in audit.page(connection, subject=sealed)]
    assert deeds[:4] == ["evidence.export", "evidence.open", "evidence.release", "evidence.hold"]


def test_a_reviewer_who_tries_is_refused(house: House, sealed: str) -> None:
    client, place = house.signed_in("amal"), f"/console/evidence/{sealed}"
    assert client.send_form(f"{place}/package", page="/console/self", why="x").status_code == 403


def test_the_list_as_csv(house: House, sealed: str) -> None:
    lines = house.signed_in("amal").get("/console/evidence/export.csv").text.splitlines()
    assert len(lines) == 3 and sealed in lines[2]


@pytest.mark.parametrize(("login", "locale"), [("layla", "en"), ("omar", "ar")])
def test_in_a_browser(browse: Any, sealed: str, login: str, locale: str) -> None:
    page = browse(login, locale)
    page.goto("/console/evidence")
    axe(page)
    screen(page, "evidence", locale)
    page.goto(f"/console/evidence/{sealed}")
    axe(page)
    screen(page, "evidence-one", locale)
    assert page.problems == []
