"""The appeal page: reasons, a form without an account, the answer by the same link."""

from typing import Any, NamedTuple

import pytest

from siyaj.model.appeal import Side
from siyaj.model.decision import Decision
from siyaj.model.person import Person, Role
from siyaj.model.report import NewReport, ReportedContent, Subject, SubjectKind
from tests.console.conftest import House, axe, screen
from tests.moderation.desk import NOTHING, draft

WORDS = "كان هذا خبرًا صحفيًا، لا دعاية."


class Desk(NamedTuple):
    house: House
    reviewer: Person
    lead: Person

    def decided(self, subject: str, *, nothing: bool = False, text: str = "نص منشور للتجربة") -> tuple[Decision, str]:
        """Return a decision on a reported item, and the receipt of its report."""
        given = NewReport(
            Subject(SubjectKind.ITEM, subject), content=ReportedContent(text=text), account=f"by-{subject}"
        )
        receipt = self.house.runtime.reports.receive(given, scope="test")
        case = self.house.runtime.reports.get(receipt).case or ""
        return self.decide(case, draft() if not nothing else NOTHING, self.reviewer), receipt

    def decide(self, case: str, given: Any, person: Person) -> Decision:
        taken = self.house.runtime.cases.take(case, person)
        made = self.house.runtime.decisions.decide(case, given, person, taken.version)
        assert made is not None
        return made

    def page(self, decision: Decision, side: Side = Side.AFFECTED) -> str:
        return f"/appeal/{self.house.runtime.appeals.link(decision.id, side).rpartition('/')[2]}"


@pytest.fixture(scope="module")
def desk(house: House) -> Desk:
    return Desk(house, house.person("amal"), house.person("layla", Role.LEAD, name="Layla"))


def test_the_reasons_are_in_the_language_of_the_one_concerned(desk: Desk) -> None:
    made, _ = desk.decided("a-1")
    page = desk.house.client("en").get(desk.page(made)).text
    assert '<html lang="en" dir="ltr"' in page
    assert f'lang="{made.statement.language}" dir="rtl"' in page
    assert made.statement.action in page


def test_an_appeal_is_received_once_and_its_answer_is_read_by_the_same_link(desk: Desk) -> None:
    made, _ = desk.decided("a-2")
    place, client = desk.page(made), desk.house.client("en")
    assert client.send_form(place, text="  ").status_code == 400
    answer = client.send_form(place, text=WORDS, contact="someone@example.org")
    assert (answer.status_code, answer.headers["location"]) == (303, place)
    waiting = client.get(place).text
    assert "We have received it" in waiting and WORDS in waiting and "<textarea" not in waiting
    appeal = desk.house.runtime.appeals.received(place.rpartition("/")[2])
    assert appeal is not None and appeal.contact == "someone@example.org"
    desk.decide(appeal.case, draft("restore", policy=""), desk.lead)
    assert "you were right" in desk.house.client("en").get(place).text
    assert "كنت على حق" in desk.house.client("ar").get(place).text


def test_a_replayed_form_is_no_second_appeal(desk: Desk) -> None:
    made, _ = desk.decided("a-3")
    place, client, other = desk.page(made), desk.house.client("en"), desk.house.client("en")
    other.get(place)
    token = other.get(place).text.split('name="csrf" value="')[1].split('"')[0]
    assert client.send_form(place, text="first").status_code == 303
    assert other.post(place, data={"csrf": token, "text": "second"}).status_code == 303
    assert "first" in other.get(place).text


def test_who_reported_may_complain_that_nothing_was_done_and_sees_no_statement(desk: Desk) -> None:
    made, receipt = desk.decided("a-4", nothing=True)
    client = desk.house.client("en")
    page = client.get(f"/receipt/{receipt}").text
    place = desk.page(made, Side.REPORTER)
    assert place in page
    shown = client.get(place).text
    assert ("does not break the rules" in shown and made.statement.facts not in shown) or not made.statement.facts
    assert client.send_form(place, text="Look again").status_code == 303
    _, acted = desk.decided("a-5")
    assert "/appeal/" not in client.get(f"/receipt/{acted}").text


@pytest.mark.parametrize("token", ["nonsense", "decision:dec_1.AAAA", "%00", "a" * 400])
def test_links_that_are_none_of_ours(desk: Desk, token: str) -> None:
    answer = desk.house.client("en").get(f"/appeal/{token}")
    assert answer.status_code == 404
    assert "This link is not valid" in answer.text


def test_a_decision_that_was_changed_takes_no_appeal(desk: Desk) -> None:
    made, _ = desk.decided("a-6")
    desk.house.runtime.decisions.undo(made.id, desk.reviewer)
    page = desk.house.client("en").get(desk.page(made)).text
    assert "An appeal is no longer possible" in page and "<textarea" not in page


@pytest.mark.parametrize("locale", ["en", "ar"])
def test_in_a_browser(desk: Desk, browse: Any, locale: str) -> None:
    made, _ = desk.decided(f"browser-{locale}")
    page = browse(None, locale)
    page.goto(desk.page(made))
    axe(page)
    screen(page, "appeal", locale)
    page.fill("[name=text]", "\u202e<b>not bold</b>\u2066 " + WORDS)
    page.press("[name=contact]", "Enter")
    page.wait_for_selector("[role=status]")
    axe(page)
    screen(page, "appeal-received", locale)
    assert page.inner_text("blockquote").endswith(WORDS)
    appeal = desk.house.runtime.appeals.received(desk.page(made).rpartition("/")[2])
    assert appeal is not None
    desk.decide(appeal.case, NOTHING, desk.lead)
    page.reload()
    axe(page)
    screen(page, "appeal-answered", locale)
    assert page.problems == []
