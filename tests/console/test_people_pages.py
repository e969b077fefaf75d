"""People and the audit log as pages: what an administrator does there, and what the log shows of it."""

import csv
import io
import re
import time
from collections.abc import Iterator

import pytest

from siyaj.model.person import Role
from siyaj.storage import audit
from tests.console.conftest import PASSWORD, Client, House


@pytest.fixture(scope="module")
def admin(house: House) -> Iterator[Client]:
    house.person("root", Role.ADMIN)
    yield house.signed_in("root")


def test_somebody_is_added_invited_changed_and_shut_out(house: House, admin: Client) -> None:
    def send(path: str, page: str, **fields: object) -> int:
        return admin.send_form(f"/console/people/{path}", page=f"/console/people/{page}", **fields).status_code

    assert send("new", "new", login="Huda", name="هدى", roles=["reviewer", "lead"], languages="ar، en") == 303
    huda = house.runtime.people.get("huda")
    assert huda.roles == [Role.REVIEWER, Role.LEAD] and huda.languages == ["ar", "en"]
    assert send("new", "new", login="huda", name="Another", roles=["lead"]) == 400
    assert send("new", "new", login="x", name="X") == 400
    assert send("new", "new", login="x", name="X", roles=["emperor"]) == 400
    link = admin.send_form("/console/people/huda/invite", page="/console/people/huda").text
    token = re.search(r'value="[^"]*(/console/invitation/[^"]+)"', link)
    assert token is not None
    guest = house.client()
    assert guest.send_form(token[1], password=PASSWORD, again="differs").status_code == 400
    assert guest.send_form(token[1], password=PASSWORD, again=PASSWORD).status_code == 303
    assert guest.get(token[1]).status_code == 404
    huda_signed_in = house.signed_in("huda")
    assert send("huda", "huda", name="Huda", roles=["auditor"], languages="", skills="video") == 303
    assert huda_signed_in.get("/console/audit").status_code == 200
    assert send("huda/disable", "huda") == 303
    assert huda_signed_in.get("/console/self").status_code == 303
    assert send("huda/enable", "huda") == 303
    assert send("huda/password", "huda", password="short") == 400
    assert send("huda/explode", "huda") == 400
    assert send("root/disable", "root") == 400
    with house.runtime.database.read() as connection:
        did = [row.what for row in audit.page(connection, who="person:root", subject="huda")]
    assert did == ["person.enable", "person.disable", "person.edit", "person.invite", "person.create"]


def test_names_are_only_ever_text(house: House, admin: Client) -> None:
    house.person("odd", name="<img src=x onerror=alert(1)>\"'")
    for path in ("/console/people", "/console/people/odd", "/console/audit"):
        page = admin.get(path).text
        assert "<img src=x" not in page and "&lt;img src=x" in page, path


def test_the_log_filters_pages_and_exports(house: House, admin: Client) -> None:
    with house.runtime.database.begin() as connection:
        for number in range(120):
            audit.write(connection, "cli:many", "test.many", f"=cmd{number}", note="+1")
    first = admin.get("/console/audit?what=test.").text
    assert first.count(">test.many</code>") == 50 and "=cmd119" in first
    older = re.search(r'rel="next" href="([^"]+)"', first)
    assert older is not None
    second = admin.get(older[1].replace("&amp;", "&")).text
    assert "=cmd69" in second and "=cmd119" not in second
    answer = admin.get("/console/audit/export.csv?what=test.")
    assert "attachment" in answer.headers["content-disposition"]
    rows = list(csv.reader(io.StringIO(answer.text.lstrip("\ufeff"))))
    assert len(rows) == 121 and rows[1][4] == "'=cmd119"
    with house.runtime.database.read() as connection:
        assert audit.page(connection, what="audit.export")[0].who == "person:root"
    assert "=cmd119" in admin.get("/console/audit?before=x").text, "a place that is none is the beginning"
    assert admin.get("/console/audit?who=nobody").text.count("Nothing fits.") == 1


def test_a_log_that_was_touched_is_shown(house: House, admin: Client) -> None:
    with house.runtime.database.begin() as connection:
        first = audit.listed(connection, limit=1)[0]
        connection.execute(audit.audit.update().where(audit.audit.c.seq == first.seq).values(who="cli:somebody"))
    admin.send_form("/console/audit/verify", page="/console/audit")
    until = time.monotonic() + 10
    while "The log was tampered with." not in (page := admin.get("/console/audit/verified").text):
        assert time.monotonic() < until, page
        time.sleep(0.05)


def test_people_are_filtered_ordered_and_exported(house: House, admin: Client) -> None:
    house.person("zed", Role.CURATOR, name="Aaron")
    house.person("abe", Role.CURATOR, name="=Zoe")
    page = admin.get("/console/people?role=curator&sort=name").text
    assert page.index("=Zoe") < page.index("Aaron")  # signs before letters
    rows = list(csv.reader(io.StringIO(admin.get("/console/people/export.csv?role=curator").text.lstrip("\ufeff"))))
    assert [row[:3] for row in rows[1:]] == [["abe", "'=Zoe", "curator"], ["zed", "Aaron", "curator"]]
