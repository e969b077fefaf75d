"""An appeal is decided by somebody else; success takes back all that the first decision did."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import text

from siyaj.banks.curation import new_entry
from siyaj.model.appeal import Appeal, AppealState, NewAppeal, Side
from siyaj.model.clock import now_us
from siyaj.model.decision import DecisionKind
from siyaj.model.errors import AppealClosed, Forbidden, InvalidRequest, NotFound, SiyajError
from siyaj.model.person import Role
from siyaj.model.report import Subject, SubjectKind
from siyaj.model.signal import Signal
from siyaj.storage import actions, channel_history, decisions, reporters, reports, states
from siyaj.storage.database import Database
from siyaj.storage.decisions import DecisionFilter
from tests.moderation.casework.test_decisions import STATEMENT
from tests.moderation.desk import NOTHING, Desk, draft, open_desk, posted
from tests.moderation.staff import person

AMAL, LAYLA, OMAR = person("amal"), person("layla", Role.LEAD), person("omar", Role.LEAD)
RESTORE = draft("restore", policy="")


@pytest.fixture
def desk(database: Database) -> Desk:
    return open_desk(database, undo_seconds=60)


def told(desk: Desk, decision: str) -> list[str]:
    with desk.database.read() as connection:
        sent = actions.of_decision(connection, decision)
    return [one.payload["outcome"] for one in sent if "outcome" in one.payload]


def test_success_reverses_the_item_the_strikes_and_the_bank_entry(desk: Desk) -> None:
    desk.banks.create("known", who="x")
    case = posted(desk.database, verdicts=1, language="ar")
    desk.held(case, text=STATEMENT)
    receipt = desk.report(case, "u-9")
    also = [{"on": "account", "action": "suspend_account"}]
    first = desk.decide(case, draft(bank="known", also=also, deviation="he said more"), AMAL)
    assert desk.weight("account", "u-1") == 4
    appeal = desk.appeal(first.id)
    made = desk.decide(appeal.case, RESTORE, LAYLA)
    assert (made.kind, made.supersedes) == (DecisionKind.APPEAL, first.id)
    assert set(desk.sent(made.id)) == {
        ("restore", "item:m-1"),
        ("reinstate_account", "account:u-1"),
        ("notify", "item:m-1"),
    }
    assert len(desk.sent(made.id)) == 3
    assert desk.weight("account", "u-1") == desk.weight("channel", "c-1") == 0
    assert desk.banks.entries("known") == []
    settled = desk.appeals.get(appeal.id)
    assert (settled.state, settled.decided_by) == (AppealState.OVERTURNED, LAYLA.id)
    assert told(desk, made.id) == [settled.outcome]
    assert "كنت على حق" in settled.outcome
    with desk.database.read() as connection:
        assert reporters.found(connection, ["u-9"])["u-9"].rejected == 1
        report = reports.get(connection, receipt)
        assert report is not None
        assert "لا يخالف" in report.outcome


def test_a_decision_that_is_upheld_stands(desk: Desk) -> None:
    first = desk.decide(posted(desk.database), draft(), AMAL)
    appeal = desk.appeal(first.id)
    made = desk.decide(appeal.case, NOTHING, LAYLA)
    assert desk.appeals.get(appeal.id).state is AppealState.UPHELD
    assert desk.sent(made.id) == [("notify", "item:m-1")]
    assert desk.weight("account", "u-1") == 2
    assert desk.decisions.get(first.id).superseded_by is None


def test_a_milder_measure_takes_the_place_of_the_first(desk: Desk) -> None:
    first = desk.decide(posted(desk.database), draft(), AMAL)
    made = desk.decide(desk.appeal(first.id).case, draft("label", exemption="news"), LAYLA)
    assert ("restore", "item:m-1") in desk.sent(made.id)
    assert ("label", "item:m-1") in desk.sent(made.id)
    assert desk.sent(made.id).index(("restore", "item:m-1")) < desk.sent(made.id).index(("label", "item:m-1"))
    assert desk.weight("account", "u-1") == 0


def test_who_decided_first_never_decides_the_appeal(desk: Desk) -> None:
    case = posted(desk.database)
    desk.cases.ask_second_opinion(case, OMAR, desk.cases.take(case, OMAR).version, draft())
    first = desk.decide(case, draft(), LAYLA)
    appeal = desk.appeal(first.id)
    for excluded in (AMAL, LAYLA, OMAR):
        with pytest.raises(Forbidden):
            desk.cases.take(appeal.case, excluded)
        assert desk.cases.next(excluded) is None
    third = person("third", Role.LEAD)
    taken = desk.cases.next(third)
    assert taken is not None
    assert taken.id == appeal.case


def test_a_replayed_link_gives_the_same_receipt(desk: Desk) -> None:
    first = desk.decide(posted(desk.database), draft(), AMAL)
    appeal = desk.appeal(first.id)
    with pytest.raises(AppealClosed) as refused:
        desk.appeal(first.id, text="another text")
    assert appeal.id in str(refused.value)
    assert desk.appeals.received(desk.token(first.id)) == appeal


def test_the_same_appeal_many_times_at_once_is_one(desk: Desk) -> None:
    first = desk.decide(posted(desk.database), draft(), AMAL)
    outcomes: list[Appeal | str] = []

    def send() -> None:
        try:
            outcomes.append(desk.appeal(first.id))
        except SiyajError as error:
            outcomes.append(error.code.value)

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(str(one) for one in outcomes if isinstance(one, str)) == ["appeal_closed"] * 5
    assert len(desk.appeals.page()) == 1


def test_what_is_no_link_of_ours_is_not_found(desk: Desk) -> None:
    first = desk.decide(posted(desk.database), draft(), AMAL)
    good = desk.token(first.id)
    for token in ("x", good[:-1], good + "x", good.replace("decision", "reporter"), "decision:dec_x.AAAA"):
        with pytest.raises(NotFound):
            desk.appeals.of_token(token)
    with pytest.raises(InvalidRequest):
        desk.appeals.receive(NewAppeal(good, " "))
    assert desk.appeals.of_token(good).statement == first.statement


def test_six_months_later_it_is_too_late(desk: Desk) -> None:
    first = desk.decide(posted(desk.database), draft(), AMAL)
    late = now_us() - int(timedelta(days=184).total_seconds() * 1_000_000)
    with desk.database.begin() as connection:
        connection.execute(text("UPDATE decisions SET decided_at = :at"), {"at": late})
    with pytest.raises(AppealClosed):
        desk.appeal(first.id)


def test_an_undone_decision_cannot_be_appealed(desk: Desk) -> None:
    first = desk.decide(posted(desk.database), draft(), AMAL)
    desk.decisions.undo(first.id, AMAL)
    with pytest.raises(AppealClosed):
        desk.appeal(first.id)


def test_a_reporter_may_appeal_when_nothing_was_done(desk: Desk) -> None:
    case = posted(desk.database)
    receipt = desk.report(case, "u-9")
    first = desk.decide(case, NOTHING, AMAL)
    with pytest.raises(AppealClosed):
        desk.appeal(first.id)
    appeal = desk.appeal(first.id, Side.REPORTER)
    made = desk.decide(appeal.case, draft(), LAYLA)
    assert desk.appeals.get(appeal.id).state is AppealState.OVERTURNED
    assert desk.sent(made.id) == [("remove", "item:m-1"), ("notify", "account:u-1")]
    assert desk.weight("account", "u-1") == 2
    with desk.database.read() as connection:
        record = reporters.found(connection, ["u-9"])["u-9"]
        report = reports.get(connection, receipt)
    assert (record.upheld, record.rejected) == (1, 0)
    assert report is not None
    assert "acted on it" in report.outcome
    acted = desk.decide(posted(desk.database, "m-2"), draft(deviation="x"), AMAL)
    with pytest.raises(AppealClosed):
        desk.appeal(acted.id, Side.REPORTER)


def test_the_policys_own_verdict_becomes_a_decision_when_it_is_appealed(desk: Desk) -> None:
    verdict = desk.held(None, text="x", action="block")
    token = desk.links.appeal(f"verdict:{verdict}").rpartition("/")[2]
    shown = desk.appeals.of_token(token)
    assert shown.decision is None
    assert shown.statement.language == "ar"
    assert "آلية" in shown.statement.automated
    appeal = desk.appeals.receive(NewAppeal(token, "not what you think"))
    first = desk.decisions.get(appeal.decision)
    assert (first.decided_by, first.verdict, first.action) == ("policy", verdict, "remove")
    with pytest.raises(AppealClosed):
        desk.appeals.receive(NewAppeal(token, "again"))
    made = desk.decide(appeal.case, RESTORE, LAYLA)
    assert ("restore", "item:m-1") in desk.sent(made.id)
    assert desk.decisions.get(first.id).superseded_by == made.id


def test_an_appeal_against_what_is_held_is_settled_in_its_case(desk: Desk) -> None:
    case = posted(desk.database, verdicts=1)
    verdict = desk.held(case, text="x")
    token = desk.links.appeal(f"verdict:{verdict}").rpartition("/")[2]
    appeal = desk.appeals.receive(NewAppeal(token, "it is a recipe"))
    assert appeal.case == case
    made = desk.decide(case, NOTHING, AMAL)
    assert desk.appeals.get(appeal.id).state is AppealState.OVERTURNED
    assert [one for one in desk.sent(made.id) if one[0] != "notify"] == [("restore", "item:m-1")]


def test_undoing_the_reversal_puts_everything_back(desk: Desk) -> None:
    desk.banks.create("known", who="x")
    desk.banks.add("known", new_entry([Signal("md5", "0" * 32)]), who="x")
    case = posted(desk.database, verdicts=1)
    desk.held(case, text=STATEMENT)
    first = desk.decide(case, draft(bank="known"), AMAL)
    appeal = desk.appeal(first.id)
    made = desk.decide(appeal.case, RESTORE, LAYLA)
    assert len(desk.banks.entries("known")) == 1
    desk.decisions.undo(made.id, LAYLA)
    assert desk.appeals.get(appeal.id).state is AppealState.OPEN
    assert desk.weight("account", "u-1") == 2
    [_, entry] = desk.banks.entries("known")
    assert entry.confirmed_by == ["person:amal"]
    again = desk.decide(appeal.case, RESTORE, LAYLA)
    assert desk.weight("account", "u-1") == 0
    assert desk.appeals.get(appeal.id).state is AppealState.OVERTURNED
    assert again.supersedes != first.id
    assert desk.decisions.get(first.id).superseded_by == again.id


def test_after_an_undone_overturn_the_first_decision_stands_for_everybody(desk: Desk) -> None:
    """For the channel's count, for what the platform is told, and for the appeal of the other side."""
    case = posted(desk.database)
    first = desk.decide(case, draft(), AMAL)
    assert _settled(desk) == (1, first.id, None)
    appeal = desk.appeal(first.id)
    made = desk.decide(appeal.case, RESTORE, LAYLA)
    assert _settled(desk) == (0, made.id, made.id)
    desk.decisions.undo(made.id, LAYLA)
    assert _settled(desk) == (1, first.id, None)
    again = desk.decide(appeal.case, RESTORE, LAYLA)
    assert _settled(desk) == (0, again.id, again.id)
    desk.decisions.undo(again.id, LAYLA)
    assert _settled(desk) == (1, first.id, None)


def test_after_an_undone_overturn_the_other_side_may_still_appeal(desk: Desk) -> None:
    """What was left as it is: the reporter's appeal is overturned, that is undone, and so it stands again."""
    first = desk.decide(posted(desk.database), NOTHING, AMAL)
    appeal = desk.appeal(first.id, Side.REPORTER)
    made = desk.decide(appeal.case, draft(), LAYLA)
    assert desk.decisions.get(first.id).superseded_by == made.id
    desk.decisions.undo(made.id, LAYLA)
    assert desk.decisions.get(first.id).superseded_by is None
    removed = desk.decide(posted(desk.database, "m-2"), draft(deviation="x"), AMAL)
    one = desk.appeal(removed.id)
    desk.decisions.undo(desk.decide(one.case, RESTORE, LAYLA).id, LAYLA)
    with pytest.raises(AppealClosed, match="what was reported was acted on"):  # and not: it does not stand any more
        desk.appeal(removed.id, Side.REPORTER)


def _settled(desk: Desk) -> tuple[int, str, str | None]:
    """Return the channel's removals, the item's last decision in effect, and what superseded the first one."""
    with desk.database.begin() as connection:
        connection.exec_driver_sql("UPDATE decisions SET effective_at = 0")
        removed = channel_history.count_removals(connection, "c-1")
        decided = states.last_decision(connection, Subject(SubjectKind.ITEM, "m-1"))
        first = next(one for _n, one in decisions.page(connection, DecisionFilter(), None, 99) if one.kind == "first")
        connection.exec_driver_sql(f"UPDATE decisions SET effective_at = {2**51}")
    assert decided is not None
    return removed, decided.id, first.superseded_by


def test_appeals_are_listed(desk: Desk) -> None:
    ids = [
        desk.appeal(desk.decide(posted(desk.database, f"m-{n}"), draft(deviation="x"), AMAL).id).id for n in range(3)
    ]
    assert [appeal.id for _, appeal in desk.appeals.page(AppealState.OPEN)] == ids[::-1]
    page = desk.appeals.page(limit=2)
    assert [appeal.id for _, appeal in desk.appeals.page(before=page[-1][0])] == ids[:1]
    assert desk.appeals.page(AppealState.UPHELD) == []
