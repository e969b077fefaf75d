"""Banks, policy and endpoints in the console: look, search, add, confirm, try, compare, replay."""

import io
import re
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image, ImageDraw
from sqlalchemy import select

from siyaj.banks.curation import new_entry
from siyaj.model.action import ActionKind, DeliveryState
from siyaj.model.clock import now_us, to_datetime
from siyaj.model.person import Locale, Role
from siyaj.model.report import Subject, SubjectKind
from siyaj.model.signal import Signal
from siyaj.storage import actions, audit, delivery_list, endpoints
from siyaj.storage.actions import NewAction
from siyaj.storage.endpoints import EndpointKind
from siyaj.storage.tables import actions as acted
from siyaj.storage.tables import deliveries as table
from tests.console.conftest import Client, House, axe, screen

STATEMENT = "بيان نموذجي من جمعية الفانوس الأزرق المتخيلة: سنزرع ألف شجرة زيتون قبل نهاية الشتاء بإذن الله. " * 3


@pytest.fixture(scope="module", autouse=True)
def people(house: House) -> Iterator[None]:
    for login in ("curator-en", "curator-ar"):
        locale = Locale(login[-2:])
        house.person(login, Role.CURATOR, Role.ADMIN, locale=locale, name="Salma" if locale is Locale.EN else "سلمى")
    house.person("reviewer", Role.REVIEWER)
    house.runtime.banks.create("known", "Sample / عيّنة", who="cli:test")
    house.runtime.banks.add("known", new_entry([Signal("text", STATEMENT + "مقدمة")]), who="cli:test")
    yield


@pytest.fixture
def client(house: House) -> Client:
    return house.signed_in("curator-en")


def picture() -> bytes:
    made = Image.new("RGB", (640, 480), "white")
    draw = ImageDraw.Draw(made)
    for number in range(60):
        at = (number * 37 % 600, number * 53 % 440)
        draw.rectangle((*at, at[0] + 30 + number % 40, at[1] + 25), fill=(number * 4, 90, 255 - number * 4))
    out = io.BytesIO()
    made.save(out, "JPEG", quality=90)
    return out.getvalue()


def add(client: Client, **fields: Any) -> str:
    answer = client.send_form("/console/banks/known/entries", "/console/banks/known", **fields)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"]).partition("?")[0]


def test_an_item_is_added_found_confirmed_and_revoked(client: Client, house: House) -> None:
    entry = add(client, kind="text", value=STATEMENT, opinion="confirmed", labels="sample, بيان", note="a test")
    page = client.get(entry).text
    assert "person:curator-en" in page
    assert "بيان" in page
    found = client.get("/console/banks/known", params={"text": STATEMENT}).text
    assert f'href="{entry}"' in found
    assert f'href="{entry}"' not in client.get("/console/banks/known", params={"text": "شيء آخر"}).text
    other = house.signed_in("curator-ar")
    assert other.send_form(f"{entry}/confirm", entry).status_code == 303
    assert "acts alone" in client.get(entry).text
    assert client.send_form(f"{entry}/revoke", entry).status_code == 303
    assert f'href="{entry}"' not in client.get("/console/banks/known").text
    assert f'href="{entry}"' in client.get("/console/banks/known?state=revoked").text
    assert client.send_form(f"{entry}/restore", entry).status_code == 303


@pytest.mark.parametrize(
    ("kind", "value", "searched"),
    [
        ("hash", "sha256:" + "ab" * 32, "AB" * 32),
        ("url", "https://t.me/+SampleLantern0042", "t.me/joinchat/SampleLantern0042"),
        ("term", "الفانوس الأزرق", "  الفانوس الأزرق "),
    ],
)
def test_what_was_added_is_found_by_another_spelling(client: Client, kind: str, value: str, searched: str) -> None:
    entry = add(client, kind=kind, value=value, opinion="seed")
    assert f'href="{entry}"' in client.get("/console/banks/known", params={"text": searched}).text


def test_a_picture_is_shown_blurred_and_sharp_only_when_asked(client: Client, house: House) -> None:
    token = client.get("/console/banks/known").text.split('name="csrf" value="')[1].split('"')[0]
    answer = client.post(
        "/console/banks/known/entries",
        data={"csrf": token, "kind": "file", "opinion": "seed"},
        files={"file": ("عيّنة.jpg", picture(), "image/jpeg")},
    )
    assert answer.status_code == 303, answer.text
    entry = answer.headers["location"].partition("?")[0]
    soft = client.get(f"{entry}/still?wide=320")
    assert soft.headers["content-type"] == "image/png"
    shown = client.send_form(f"{entry}/sharp", entry).text
    assert "data:image/png;base64," in shown
    with house.runtime.database.read() as connection:
        assert audit.page(connection, what="entry.reveal")[0].who == "person:curator-en"


def test_what_cannot_be_added_is_said(client: Client) -> None:
    for fields in ({"kind": "hash", "value": "pdq:xyz"}, {"kind": "text", "value": ""}, {"kind": "file"}):
        answer = client.send_form("/console/banks/known/entries", "/console/banks/known", opinion="seed", **fields)
        assert answer.status_code == 400
        assert 'role="alert"' in answer.text


def test_a_list_is_imported_and_bad_lines_are_named(client: Client) -> None:
    token = client.get("/console/banks/known").text.split('name="csrf" value="')[1].split('"')[0]
    listed = "type,value\nsha256," + "cd" * 32 + "\nsha256,nothing\n"
    answer = client.post(
        "/console/banks/known/import",
        data={"csrf": token, "format": "auto"},
        files={"list": ("list.csv", listed.encode(), "text/csv")},
    )
    assert answer.status_code in (200, 201), answer.text
    assert "nothing" in answer.text
    exported = client.get("/console/banks/known/export").text
    assert "cd" * 32 in exported


def test_reviewers_look_and_do_not_touch(house: House) -> None:
    client = house.signed_in("reviewer")
    page = client.get("/console/banks/known")
    assert page.status_code == 200
    assert "Add one item" not in page.text
    answer = client.send_form("/console/banks/known/entries", "/console/banks/known", kind="term", value="x")
    assert answer.status_code == 403
    assert client.get("/console/endpoints").status_code == 403


def test_the_policy_is_read_and_tried(client: Client) -> None:
    entry = add(client, kind="text", value=STATEMENT, opinion="seed")
    page = client.get("/console/policy").text
    assert "A copy of a known picture" in page
    assert "هذا الملف مطابق" in page
    tried = client.send_form("/console/policy/try", text=f"صباح الخير {STATEMENT}").text
    assert "Held for a person" in tried
    assert entry in tried
    assert "Allowed" in client.send_form("/console/policy/try", text="صباح الخير").text
    assert client.send_form("/console/policy/try", event="{}").status_code == 400


def test_another_version_is_compared_on_what_was_judged(client: Client) -> None:
    alike = client.send_form("/console/policy/compare", shipped="yes").text
    assert "both decide alike" in alike
    token = client.get("/console/policy/compare").text.split('name="csrf" value="')[1].split('"')[0]

    def sent(text: str) -> Any:
        file = ("other.yaml", text.encode(), "application/yaml")
        return client.post("/console/policy/compare", data={"csrf": token}, files={"files": file})

    rule = (
        "rules:\n  - {id: a-hash, title: A hash, policy: tvec, mode: live, then: hold, "
        "when: {kind: match, signal: sha256}, reason: Known.}\n"
    )
    differs = sent(rule)
    assert differs.status_code == 200, differs.text
    assert "a-hash" in differs.text
    assert "known-file" in differs.text
    assert sent("rules: [{id: 1}]").status_code == 400


def test_endpoints_are_added_switched_off_and_on(client: Client) -> None:
    page = client.send_form("/console/endpoints", name="messenger", url="")
    assert "whsec_" in page.text
    listed = client.get("/console/endpoints").text
    assert "whsec_" not in listed
    path = listed.split('action="/console/endpoints/')[1].split('"')[0]
    assert client.send_form(f"/console/endpoints/{path}", "/console/endpoints").status_code == 303
    assert "Switch on" in client.get("/console/endpoints").text
    assert client.send_form("/console/endpoints", name="bad", url="http://10.0.0.1/x").status_code == 400
    assert client.send_form("/console/endpoints/replay", "/console/endpoints").status_code in (200, 201)


def test_the_states_of_deliveries_have_a_number_only_where_it_is_counted(client: Client, house: House) -> None:
    """What waits and what failed is few; counting what was delivered would read all that ever left."""
    client.send_form("/console/endpoints", name="counted", url="")
    subject = Subject(SubjectKind.ITEM, "m-counted")
    kinds = (ActionKind.REMOVE, ActionKind.RESTORE, ActionKind.LABEL, ActionKind.LIMIT, ActionKind.HOLD)
    with house.runtime.database.begin() as connection:
        now = to_datetime(now_us())
        new = [NewAction("dec_x", None, subject, kind, "tvec", {}, now) for kind in kinds]
        wanted = [one.id for one in endpoints.listed(connection) if one.name == "counted"]
        actions.enqueue(connection, new)
        connection.execute(table.delete().where(table.c.endpoint_id.not_in(wanted)))
        numbers = connection.execute(select(table.c.action_seq).order_by(table.c.action_seq)).scalars().all()
        for number, state in zip(numbers, DeliveryState, strict=True):
            connection.execute(table.update().where(table.c.action_seq == number).values(state=state.value))
    choice = client.get("/console/endpoints").text.split('name="delivery"')[1].split("</select>")[0]
    assert re.findall(r">([^<]+)</option>", choice) == [
        "All",
        "Waiting (1)",
        "Delivered",
        "Failed (1)",
        "Cancelled",
        "Not available on this platform",
    ]


def test_what_an_endpoint_missed_is_counted_and_then_sent(
    client: Client, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("siyaj.server.console.endpoints.MOST_AT_ONCE", 2)
    with house.runtime.database.begin() as connection:
        connection.execute(table.delete())
        connection.execute(acted.delete())
        subjects = [Subject(SubjectKind.ITEM, f"m-missed-{number}") for number in range(3)]
        now = to_datetime(now_us())
        new = [NewAction("dec_y", None, one, ActionKind.REMOVE, "tvec", {}, now) for one in subjects]
        actions.enqueue(connection, new)
        late, _secret = endpoints.add(connection, house.runtime.keyring, "late", EndpointKind.POLL)
    path = f"/console/endpoints/{late.id}/reconcile"

    def sent() -> int:
        with house.runtime.database.read() as connection:
            return len(delivery_list.page(connection, endpoint=late.id))

    shown = client.send_form(path, "/console/endpoints").text
    assert "Should be so at late and was never sent there: 2. No more than that at once" in shown
    assert 'name="send" value="yes"' in shown
    assert sent() == 0
    assert "Leaves now for late: 2." in client.send_form(path, "/console/endpoints", send="yes").text
    assert sent() == 2
    assert "Leaves now for late: 1.</p>" in client.send_form(path, "/console/endpoints", send="yes").text
    assert "Nothing is missing at late." in client.send_form(path, "/console/endpoints", send="yes").text
    with house.runtime.database.read() as connection:
        noted = audit.page(connection, what="endpoint.reconcile")
    assert [(one.who, one.subject) for one in noted] == [("person:curator-en", late.id)] * 2


@pytest.mark.parametrize("locale", ["en", "ar"])
def test_they_can_be_read_by_everybody(house: House, browse: Any, locale: str) -> None:
    page = browse(f"curator-{locale}", locale)
    for name, path in (
        ("banks", "/console/banks"),
        ("bank", "/console/banks/known"),
        ("entry", "/console/banks/known/entries/1"),
        ("policy", "/console/policy"),
        ("policy-try", "/console/policy/try"),
        ("policy-compare", "/console/policy/compare"),
        ("endpoints", "/console/endpoints"),
    ):
        page.goto(path)
        axe(page)
        screen(page, name, locale)
        page.set_viewport_size({"width": 640, "height": 800})  # 1280 px at 200 %
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 640, f"{path} is {wide} px wide"
        page.set_viewport_size({"width": 1280, "height": 800})
    page.goto("/console/banks/known")
    page.select_option("[name=kind]", "file")
    assert page.is_hidden("[name=value]")
    assert page.is_visible("[name=file]")
    assert page.problems == []
