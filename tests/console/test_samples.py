"""A sample on the case screen: the content is there, and nothing of how it was judged first."""

from collections.abc import Iterator
from enum import StrEnum

import pytest

from siyaj.model.action import ActionKind, DeliveryState
from siyaj.model.case import CaseOrigin, PriorityFactor
from siyaj.model.decision import Act, DecisionKind, Draft, Exemption
from siyaj.model.person import Person, Role
from siyaj.model.report import NewReport, ReportedContent, ReportReason, Subject, SubjectKind
from siyaj.model.settings import Settings
from siyaj.model.verdict import Action
from siyaj.moderation.quality.quality import Quality
from siyaj.server.console.casework import words
from siyaj.storage import actions, samples
from tests.console.conftest import House

TEXT = "عيّنة: دعوة نموذجية إلى غرس الزيتون"


@pytest.fixture(scope="module")
def case(house: House) -> Iterator[str]:
    """A post that was reported and removed, and then drawn by chance."""
    first = house.person("first", Role.LEAD, name="First Reviewer")
    house.person("second", Role.LEAD, name="Second")
    runtime = house.runtime
    report = NewReport(Subject(SubjectKind.ITEM, "m-1"), account="u-1", content=ReportedContent(text=TEXT))
    receipt = runtime.reports.receive(report, scope="test")
    opened = runtime.reports.get(receipt).case or ""
    _decide(house, opened, first, ActionKind.REMOVE)
    quality = Quality(runtime.database, runtime.keyring, Settings(sample_reviewed=1.0))
    later = runtime.decisions.get(runtime.cases.get(opened).decision or "").effective_at.timestamp()
    quality.catch_up(int(later * 1e6) + 60_000_000)
    with runtime.database.read() as connection:
        yield samples.from_row(connection.execute(samples.those()).first()).case


def _decide(house: House, case: str, person: Person, action: ActionKind) -> None:
    taken = house.runtime.cases.take(case, person)
    acts = action is not ActionKind.NONE
    policy, act = ("tvec", Act.PRAISE) if acts else ("", None)
    draft = Draft(action, Exemption.NONE, policy, "", act, "reasons of the first", "why not")
    house.runtime.decisions.decide(case, draft, person, taken.version)


def test_the_content_is_shown_and_the_first_judgement_is_not(house: House, case: str) -> None:
    page = house.signed_in("second").get(f"/console/cases/{case}")
    assert page.status_code == 200
    assert TEXT in page.text
    for told in ("First Reviewer", "reasons of the first", "Weight 2", "weight 2"):
        assert told not in page.text


def test_who_judged_first_cannot_take_it(house: House, case: str) -> None:
    client = house.signed_in("first")
    answer = client.send_form(f"/console/cases/{case}/take", f"/console/cases/{case}")
    taken = house.runtime.cases.get(case)
    assert taken.holder is None, answer.text[:300]


def test_a_second_judgement_acts_on_nothing(house: House, case: str) -> None:
    person = house.runtime.people.get("second")
    _decide(house, case, person, ActionKind.NONE)
    decision = house.runtime.cases.get(case).decision
    assert decision is not None

    with house.runtime.database.read() as connection:
        assert actions.of_decision(connection, decision) == []


def test_lists_show_second_judgements_for_what_they_are(house: House, case: str) -> None:
    page = house.signed_in("first").get("/console/decisions")
    assert page.status_code == 200
    assert "Second judgement" in page.text


@pytest.mark.parametrize(
    ("kinds", "said"),
    [
        (ActionKind, words.ACTIONS),
        (DecisionKind, words.DECISIONS),
        (CaseOrigin, words.ORIGINS),
        (Action, words.VERDICTS),
        (DeliveryState, words.DELIVERIES),
        (ReportReason, words.REASONS),
        (PriorityFactor, words.FACTORS),
    ],
)
def test_every_code_has_a_word(kinds: type[StrEnum], said: dict[StrEnum, str]) -> None:
    assert set(kinds) == set(said)
