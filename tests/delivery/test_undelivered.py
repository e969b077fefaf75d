"""A delivery that fails: the case stays open and says so, until it worked, or somebody decides otherwise."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from siyaj.delivery.adaptor import Outcome, Result
from siyaj.delivery.settling import settle
from siyaj.model.action import DeliveryState
from siyaj.model.case import Case, CaseState, PriorityFactor
from siyaj.model.clock import now_us, to_datetime
from siyaj.model.errors import DecisionFinal, InvalidRequest
from siyaj.model.person import Role
from siyaj.model.queue import QueueFilter
from siyaj.model.report import Subject, SubjectKind
from siyaj.model.state import Standing
from siyaj.moderation.state import state_of
from siyaj.storage import audit, deliveries, delivery_list, notes
from siyaj.storage.database import Database
from siyaj.storage.deliveries import Claim
from tests.moderation.desk import NOTHING, Desk, draft, open_desk, posted
from tests.moderation.staff import person

AMAL, LAYLA, OMAR = person("amal"), person("layla", Role.LEAD), person("omar")
ITEM = Subject(SubjectKind.ITEM, "m-1")


@pytest.fixture
def desk(database: Database, secret: str) -> Desk:
    return open_desk(database, undo_seconds=0.0)


def attempt(desk: Desk, outcomes: dict[str, Result], default: Result = Result.DONE) -> None:
    """Deliver all that is due; what the platform says to each kind of action."""
    while claims := _claim(desk.database):
        for one in claims:
            with desk.database.begin() as connection:
                result = outcomes.get(one.action.kind.value, default)
                settle(connection, one, Outcome(result, "404 no such item" if result is Result.REFUSED else "done"))


def _claim(database: Database) -> Sequence[Claim]:
    with database.begin() as connection:
        endpoint = connection.exec_driver_sql("SELECT id FROM endpoints").scalar_one()
        return deliveries.claim(connection, endpoint, now_us() + 60_000_000, 10)


def failed(desk: Desk, **given: object) -> tuple[str, str]:
    """A removal that the platform refuses, while the person was told; return case and decision."""
    case = posted(desk.database, language="ar")
    made = desk.decide(case, draft(), AMAL)
    attempt(desk, {"remove": Result.REFUSED})
    return case, made.id


def replay(database: Database) -> None:
    with database.begin() as connection:
        assert deliveries.replay(connection) == (1, 0)


def closed_by(case: Case, decision: str) -> bool:
    return (case.state, case.decision, case.undelivered) == (CaseState.CLOSED, decision, None)


def test_the_case_is_open_again_and_says_why_in_both_languages(desk: Desk) -> None:
    before = posted(desk.database, language="ar")
    deadline = desk.cases.get(before).deadline - desk.cases.get(before).opened_at
    made = desk.decide(before, draft(), AMAL)
    attempt(desk, {"remove": Result.REFUSED})
    case = desk.cases.get(before)
    assert (case.state, case.undelivered, case.holder) == (CaseState.OPEN, made.id, None)
    assert case.reasons[0].text == (
        "platform did not carry out “remove”: 404 no such item. Try again, or decide otherwise."
    )
    assert "لم تنفّذ \u2068platform\u2069 الإجراء «الإزالة»: \u2068404 no such item\u2069." in case.reasons[0].text_ar
    assert case.priority_reasons[0].factor is PriorityFactor.UNDELIVERED
    assert case.deadline - to_datetime(now_us()) > deadline - timedelta(minutes=1)
    assert [one.id for _place, one in desk.cases.queue(QueueFilter(state=CaseState.OPEN))] == [before]
    with desk.database.read() as connection:
        told = [note.mentions for note in notes.of_case(connection, before)]
        assert audit.page(connection, what="case.undelivered")[0].subject == before
    assert told == [[AMAL.id]]


def test_another_person_gets_it_from_the_queue(desk: Desk) -> None:
    case, _made = failed(desk)
    taken = desk.cases.next(OMAR)
    assert taken is not None and taken.id == case


def test_a_replay_that_works_closes_the_case_by_itself_without_a_second_strike(desk: Desk) -> None:
    case, made = failed(desk)
    strikes, sent = desk.weight("account", "u-1"), desk.sent(made)
    replay(desk.database)
    assert desk.cases.get(case).state is CaseState.OPEN  # it has not worked yet
    attempt(desk, {})
    there = desk.cases.get(case)
    assert closed_by(there, made)
    assert [one for one in there.reasons if one.rule.startswith("delivery")] == []
    assert (desk.weight("account", "u-1"), desk.sent(made)) == (strikes, sent)
    with desk.database.read() as connection:
        assert audit.page(connection, what="case.delivered")[0].subject == case


def test_trying_again_closes_it_and_failing_again_opens_it_again(desk: Desk) -> None:
    case, made = failed(desk)
    taken = desk.cases.take(case, OMAR)
    assert closed_by(desk.undelivered.try_again(case, OMAR, taken.version), made)
    attempt(desk, {"remove": Result.REFUSED})
    assert desk.cases.get(case).undelivered == made
    taken = desk.cases.take(case, OMAR)
    desk.undelivered.try_again(case, OMAR, taken.version)
    attempt(desk, {})
    assert closed_by(desk.cases.get(case), made)


def test_deciding_the_same_again_is_trying_again(desk: Desk) -> None:
    case, made = failed(desk)
    strikes = desk.weight("account", "u-1")
    taken = desk.cases.take(case, OMAR)
    shown = desk.decisions.preview(case, draft(), OMAR)
    assert [one.kind for one in shown.actions] == ["remove"]
    assert (shown.strikes, shown.statement) == ([], None)
    again = desk.decisions.decide(case, draft(reasons="once more"), OMAR, taken.version)
    assert again is not None and again.id == made
    attempt(desk, {})
    assert closed_by(desk.cases.get(case), made)
    assert desk.weight("account", "u-1") == strikes


def test_deciding_otherwise_takes_the_place_of_what_was_not_carried_out(desk: Desk) -> None:
    case, made = failed(desk)
    assert desk.weight("account", "u-1") > 0
    otherwise = desk.decide(case, NOTHING, OMAR)
    assert (otherwise.supersedes, desk.decisions.get(made).superseded_by) == (made, otherwise.id)
    assert desk.weight("account", "u-1") == 0
    assert desk.sent(otherwise.id) == []  # the removal never arrived: there is nothing to restore
    assert state_of(desk.database, ITEM).standing is Standing.ALLOWED
    with desk.database.begin() as connection:
        assert deliveries.replay(connection) == (0, 0)
    assert closed_by(desk.cases.get(case), otherwise.id)


def test_what_was_carried_out_in_part_is_taken_back(desk: Desk) -> None:
    case = posted(desk.database)
    also = [{"on": "account", "action": "suspend_account"}]
    desk.decide(case, draft(also=also, deviation="a sample"), AMAL)
    attempt(desk, {"remove": Result.REFUSED})
    back = [(one.kind, one.subject.key) for one in desk.decisions.preview(case, NOTHING, OMAR).actions]
    otherwise = desk.decide(case, NOTHING, OMAR)
    assert back == desk.sent(otherwise.id) == [("reinstate_account", "account:u-1")]


def test_a_second_decision_weighs_as_the_first_would_have(desk: Desk) -> None:
    """Its strike takes the place of the first one's: the ladder does not count an act twice."""
    case, _made = failed(desk)
    shown = desk.decisions.preview(case, draft(policy="tvec.threat"), OMAR)
    desk.decide(case, draft(policy="tvec.threat", deviation="a sample"), OMAR)
    assert desk.weight("account", "u-1") == shown.strikes[0].total == shown.strikes[0].weight


def test_undoing_what_was_decided_otherwise_leaves_the_case_as_it_was(database: Database, secret: str) -> None:
    desk = open_desk(database, undo_seconds=0.0)
    case, made = failed(desk)
    strikes = desk.weight("account", "u-1")
    patient = open_desk(database, undo_seconds=60)
    otherwise = patient.decide(case, NOTHING, OMAR)
    patient.decisions.undo(otherwise.id, OMAR)
    there = desk.cases.get(case)
    assert (there.state, there.undelivered, there.holder) == (CaseState.OPEN, made, OMAR.id)
    assert desk.weight("account", "u-1") == strikes
    assert state_of(database, ITEM).standing is Standing.REMOVED
    again = patient.decide(case, NOTHING, OMAR)
    assert desk.decisions.get(made).superseded_by == again.id
    patient.decisions.undo(again.id, OMAR)
    assert desk.decisions.get(made).superseded_by is None
    desk.undelivered.try_again(case, OMAR, desk.cases.get(case).version)
    attempt(desk, {})
    assert closed_by(desk.cases.get(case), made)


def test_it_can_be_closed_as_it_is(desk: Desk) -> None:
    case, made = failed(desk)
    taken = desk.cases.take(case, OMAR)
    assert closed_by(desk.undelivered.accept(case, OMAR, taken.version, "removed by hand"), made)
    assert desk.cases.notes(case)[-1].text == "removed by hand"
    with desk.database.begin() as connection:
        assert deliveries.replay(connection) == (0, 0)
        assert {one.state for one in delivery_list.of_decision(connection, made)} == {
            DeliveryState.CANCELLED,
            DeliveryState.DELIVERED,
        }


def test_what_a_platform_cannot_do_calls_nobody(desk: Desk) -> None:
    case = posted(desk.database)
    made = desk.decide(case, draft(), AMAL)
    attempt(desk, {"notify": Result.UNAVAILABLE})
    assert closed_by(desk.cases.get(case), made.id)


def test_a_case_that_was_decided_otherwise_since_stays_closed(desk: Desk) -> None:
    """An appeal was faster than the last try."""
    case = posted(desk.database)
    made = desk.decide(case, draft(), AMAL)
    appeal = desk.appeal(made.id)
    desk.decide(appeal.case, draft("restore", policy=""), LAYLA)
    attempt(desk, {"remove": Result.REFUSED})
    assert desk.cases.get(case).state is CaseState.CLOSED


def test_an_appeal_that_was_answered_is_only_tried_again(desk: Desk) -> None:
    made = desk.decide(posted(desk.database), draft(), AMAL)
    attempt(desk, {})
    appeal = desk.appeal(made.id)
    restored = desk.decide(appeal.case, draft("restore", policy=""), LAYLA)
    attempt(desk, {"restore": Result.REFUSED})
    taken = desk.cases.take(appeal.case, LAYLA)
    with pytest.raises(InvalidRequest, match="the appeal was answered"):
        desk.decisions.decide(appeal.case, NOTHING, LAYLA, taken.version)
    desk.undelivered.try_again(appeal.case, LAYLA, taken.version)
    attempt(desk, {})
    assert closed_by(desk.cases.get(appeal.case), restored.id)


def test_nothing_is_tried_again_of_a_case_whose_decision_was_carried_out(desk: Desk) -> None:
    case = posted(desk.database)
    taken = desk.cases.take(case, OMAR)
    for deed in (desk.undelivered.try_again, desk.undelivered.accept):
        with pytest.raises(InvalidRequest):
            deed(case, OMAR, taken.version)


def test_the_first_decision_cannot_be_undone_any_more(desk: Desk) -> None:
    _case, made = failed(desk)
    with pytest.raises(DecisionFinal):
        desk.decisions.undo(made, AMAL)
