"""Whom to notify of a threat to life, and what an authority ordered, stand on the case whatever else opened it."""

import pytest

from siyaj.model.order import NewOrder
from siyaj.model.person import Role
from siyaj.model.report import NewReport, ReportReason, Subject, SubjectKind
from siyaj.model.verdict import Action, Reason
from siyaj.storage import cases
from tests.console.conftest import Client, House


@pytest.fixture(scope="module")
def client(house: House) -> Client:
    house.person("amal", Role.REVIEWER)
    return house.signed_in("amal")


def test_a_threat_to_life_says_whom_to_notify(house: House, client: Client) -> None:
    subject = Subject(SubjectKind.ITEM, "m-1")
    receipt = house.runtime.reports.receive(NewReport(subject, ReportReason.THREAT_TO_LIFE), scope="test")
    case = house.runtime.reports.get(receipt).case or ""
    page = client.get(f"/console/cases/{case}").text
    assert "Someone&#39;s life may be in danger: tell the police at once." in page


def test_an_order_is_shown_with_its_words_and_its_clock(house: House, client: Client) -> None:
    given = NewOrder(
        "<b>Authority</b>", "2026/\u202e17", Subject(SubjectKind.ITEM, "m-2"), "Remove this. Appeal at court."
    )
    order = house.runtime.orders.receive(given, "key:test")
    with house.runtime.database.begin() as connection:
        cases.add_reasons(connection, order.case, [Reason("report", "tvec", Action.HOLD, "It was reported.")])
    page = client.get(f"/console/cases/{order.case}").text
    assert "1 order of an authority" in page and "Remove this. Appeal at court." in page
    assert "<b>Authority" not in page and "\u202e17" not in page
