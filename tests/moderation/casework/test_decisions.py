"""A decision does all that its preview said, in one transaction, and can be taken back exactly."""

import threading
from typing import Any

import pytest
from sqlalchemy import select

from siyaj.banks.curation import new_entry
from siyaj.model.bank import Opinion
from siyaj.model.case import CaseOrigin, Level
from siyaj.model.clock import now_us
from siyaj.model.decision import DecisionKind
from siyaj.model.errors import CaseHeld, DecisionFinal, Forbidden, InvalidRequest, SiyajError, StaleVersion
from siyaj.model.person import Role
from siyaj.model.report import Subject, SubjectKind
from siyaj.model.signal import Signal
from siyaj.storage import audit, leases, reporters, reports
from siyaj.storage.database import Database
from siyaj.storage.tables import cases as case_table
from siyaj.storage.tables import metadata, people
from tests.moderation.desk import NOTHING, Desk, draft, open_desk, posted
from tests.moderation.staff import employ, new_case, person

AMAL, BASIM, LAYLA = person("amal"), person("basim"), person("layla", Role.LEAD)
STATEMENT = "نعلن لأهلنا في كل قرية أننا سنزرع ألف شجرة زيتون قبل نهاية الشتاء، وأبواب مشتلنا مفتوحة للجميع."
ALSO_LIMIT = {"on": "account", "action": "limit"}


@pytest.fixture
def desk(database: Database) -> Desk:
    return open_desk(database, undo_seconds=60)


def test_one_decision_does_everything(desk: Desk) -> None:
    case = posted(desk.database)
    receipt = desk.report(case, "u-9")
    made = desk.decide(case, draft(act="praise"), AMAL)
    assert desk.sent(made.id) == [("remove", "item:m-1"), ("notify", "account:u-1")]
    assert (desk.weight("account", "u-1"), desk.weight("channel", "c-1")) == (2, 1)
    closed = desk.cases.get(case)
    assert (closed.state, closed.decision, closed.holder) == ("closed", made.id, None)
    with desk.database.read() as connection:
        told = reports.get(connection, receipt)
        assert told is not None
        assert (told.state, told.outcome != "") == ("closed", True)
        assert reporters.found(connection, ["u-9"])["u-9"].upheld == 1
        assert [row.what for row in audit.listed(connection)] == ["case.take", "decision.make"]
        assert not audit.verify(connection).fault
    assert desk.decisions.get(made.id) == made
    for kind, id_ in (("item", "m-1"), ("account", "u-1"), ("channel", "c-1")):
        assert [one.id for one in desk.decisions.of_subject(Subject(SubjectKind(kind), id_))] == [made.id]


def test_the_preview_is_what_happens(desk: Desk) -> None:
    case = posted(desk.database, language="ar")
    also = [{"on": "account", "action": "suspend_account"}, {"on": "channel", "action": "limit"}]
    given = draft(policy="tvec.perpetrator", also=also)
    shown = desk.decisions.preview(case, given, AMAL)
    assert not shown.deviates
    assert shown.proposal.also == given.also
    made = desk.decide(case, given, AMAL)
    sent = desk.sent(made.id)
    assert [(one.kind.value, one.subject.key) for one in shown.actions] == sent[:-1]
    assert sent[-1] == ("notify", "account:u-1")
    assert {one.subject.key: one.total for one in shown.strikes} == {
        "account:u-1": desk.weight("account", "u-1"),
        "channel:c-1": desk.weight("channel", "c-1"),
    }
    assert shown.statement is not None
    assert shown.statement.action == made.statement.action


def test_what_was_held_is_released_when_nothing_is_wrong(desk: Desk) -> None:
    case = posted(desk.database, verdicts=1, reports=0)
    made = desk.decide(case, NOTHING, AMAL)
    assert desk.sent(made.id) == [("restore", "item:m-1")]
    assert desk.weight("account", "u-1") == 0
    reported = desk.decide(posted(desk.database, "m-2"), NOTHING, AMAL)
    assert desk.sent(reported.id) == []


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"exemption": "news"}, "exemption"),
        ({"policy": ""}, "policy"),
        ({"policy": "tvec.unknown"}, "policy"),
        ({"action": "close_channel"}, "action"),
        ({"action": "restore"}, "action"),
        ({"action": "label"}, "deviation"),
        ({"also": [{"on": "account", "action": "limit"}]}, "deviation"),
        ({"also": [{"on": "item", "action": "limit"}]}, "also[0].on"),
        ({"also": [{"on": "account", "action": "close_channel"}]}, "also[0].action"),
        ({"also": [ALSO_LIMIT, ALSO_LIMIT]}, "also"),
        ({"bank": "known"}, "bank"),
        ({"copies": True}, "copies"),
        ({"action": "none", "policy": "", "bank": "known"}, "bank"),
    ],
)
def test_what_cannot_be_decided_is_refused_with_its_field(desk: Desk, given: dict[str, Any], field: str) -> None:
    case = posted(desk.database)
    taken = desk.cases.take(case, AMAL)
    with pytest.raises(SiyajError) as refused:
        desk.decisions.decide(case, draft(**given), AMAL, taken.version)
    assert refused.value.field == field
    assert desk.cases.get(case) == taken


def test_an_exemption_leaves_no_strike_and_needs_no_reason(desk: Desk) -> None:
    made = desk.decide(posted(desk.database), draft("label", exemption="news"), AMAL)
    assert desk.sent(made.id)[0] == ("label", "item:m-1")
    assert desk.weight("account", "u-1") == 0
    assert "news" in made.statement.ground


def test_strikes_add_up_until_the_ladder_proposes_more(desk: Desk) -> None:
    for number in range(2):
        desk.decide(posted(desk.database, f"m-{number}"), draft(deviation="x"), AMAL)
    assert desk.weight("account", "u-1") == 4
    shown = desk.decisions.preview(posted(desk.database, "m-9"), draft(), AMAL)
    assert [(one.on, one.action) for one in shown.proposal.also] == [("account", "limit")]
    assert shown.deviates


def test_deciding_needs_the_live_lease_and_the_version_seen(desk: Desk) -> None:
    case = posted(desk.database)
    with pytest.raises(CaseHeld):
        desk.decisions.decide(case, NOTHING, AMAL, 1)
    seen = desk.cases.take(case, AMAL).version
    with pytest.raises(StaleVersion):
        desk.decisions.decide(case, NOTHING, AMAL, seen - 1)
    with pytest.raises(CaseHeld):
        desk.decisions.decide(case, NOTHING, BASIM, seen)
    with desk.database.begin() as connection:
        connection.execute(case_table.update().values(held_until=now_us() - 1))
    with pytest.raises(CaseHeld):
        desk.decisions.decide(case, NOTHING, AMAL, seen)


def test_a_retry_gives_the_decision_that_was_made(desk: Desk) -> None:
    case = posted(desk.database)
    version = desk.cases.take(case, AMAL).version
    made = desk.decisions.decide(case, draft(), AMAL, version)
    assert made is not None
    assert desk.decisions.decide(case, draft(), AMAL, version) == made
    with pytest.raises(StaleVersion):
        desk.decisions.decide(case, NOTHING, AMAL, version)
    with pytest.raises(StaleVersion):
        desk.decisions.decide(case, draft(), BASIM, version)
    assert desk.weight("account", "u-1") == 2


def test_escalated_cases_are_decided_by_leads(desk: Desk) -> None:
    case = posted(desk.database, level=Level.LEAD)
    with pytest.raises(Forbidden):
        desk.decide(case, NOTHING, AMAL)
    with desk.database.read() as connection:
        refused = audit.listed(connection)[-1]
    assert (refused.who, refused.what, refused.subject) == ("person:amal", "refused", case)
    assert refused.detail["deed"] == "case.take"
    with pytest.raises(Forbidden):
        desk.decisions.preview(case, NOTHING, person("curator", Role.CURATOR))
    assert desk.decide(case, NOTHING, LAYLA).decided_by == LAYLA.id


def test_a_decision_banks_the_item_and_a_second_person_makes_it_act(desk: Desk) -> None:
    desk.banks.create("known", who="person:noor")
    case = posted(desk.database, verdicts=1)
    desk.held(case, text=STATEMENT)
    given = draft(bank="known")
    shown = desk.decisions.preview(case, given, AMAL).entry
    assert shown is not None
    assert (shown.items, shown.signals, shown.known) == (1, ["text"], False)
    made = desk.decide(case, given, AMAL)
    [entry] = desk.banks.entries("known")
    assert (entry.opinion, entry.confirmed_by) == (Opinion.CONFIRMED, ["person:amal"])
    assert entry.provenance["decision"] == made.id
    assert not entry.acts_alone
    assert desk.banks.confirm("known", entry.id, who="person:basim").acts_alone


def test_only_the_files_that_matched_are_banked(desk: Desk) -> None:
    desk.banks.create("known", who="x")
    case = posted(desk.database, verdicts=1)
    signals = [Signal("md5", f"{n}" * 32, part=f"file:{n}") for n in range(2)] + [
        Signal("md5", "a" * 32, part="hash:0")
    ]
    desk.held(case, text=STATEMENT, signals=signals)
    shown = desk.decisions.preview(case, draft(bank="known"), AMAL).entry
    assert shown is not None
    assert (shown.items, shown.signals) == (3, ["md5"])


def test_what_is_known_as_harmless_is_not_banked_over(desk: Desk) -> None:
    desk.banks.create("known", who="x")
    desk.banks.add("known", new_entry([Signal("text", STATEMENT)], opinion=Opinion.NEGATIVE), who="x")
    case = posted(desk.database, verdicts=1)
    desk.held(case, text=STATEMENT)
    with pytest.raises(InvalidRequest):
        desk.decide(case, draft(bank="known"), AMAL)
    assert desk.weight("account", "u-1") == 0
    assert desk.cases.get(case).state == "open"


def test_exact_copies_are_decided_together_and_near_ones_are_not(desk: Desk) -> None:
    case = posted(desk.database, copy_key="sha256:aa")
    copy = posted(desk.database, "m-2", copy_key="sha256:aa", account="u-2", channel=None)
    held = posted(desk.database, "m-3", copy_key="sha256:aa", account="u-3")
    near = posted(desk.database, "m-4", copy_key="sha256:ab", account="u-4")
    desk.cases.take(held, BASIM)
    given = draft(copies=True, deviation="")
    assert [one.case for one in desk.decisions.preview(case, given, AMAL).copies] == [copy]
    made = desk.decide(case, given, AMAL)
    other = desk.cases.get(copy).decision
    assert other is not None
    assert other != made.id
    assert desk.decisions.get(other).account == "u-2"
    assert desk.sent(other) == [("remove", "item:m-2"), ("notify", "account:u-2")]
    assert [desk.weight("account", f"u-{n}") for n in (1, 2, 3, 4)] == [2, 2, 0, 0]
    assert {desk.cases.get(one).state for one in (held, near)} == {"open"}
    desk.decisions.undo(made.id, AMAL)
    assert [desk.weight("account", f"u-{n}") for n in (1, 2)] == [0, 0]
    assert {desk.cases.get(one).state for one in (case, copy)} == {"open"}


# ── Undo ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

LEFT_ALONE = {"audit", "decisions", "bank_changes", "meta"}
"""Append-only: what was done and taken back stays written there."""
MARKS = {"version", "held_until", "closed_at", "reversed_at", "reversed_by", "cancelled_at", "at", "revoked_at"}


def state(database: Database) -> dict[str, list[dict[str, Any]]]:
    """Return all that means something: live strikes, waiting actions, entries that match, cases, reports."""
    with database.read() as connection:
        rows = {
            table.name: [dict(row._mapping) for row in connection.execute(select(table).order_by(*table.primary_key))]
            for table in metadata.sorted_tables
            if table.name not in LEFT_ALONE
        }
    rows["strikes"] = [row for row in rows["strikes"] if row["reversed_at"] is None]
    rows["actions"] = [row for row in rows["actions"] if row["cancelled_at"] is None]
    gone = {row["id"] for row in rows["entries"] if row["revoked_at"] is not None}
    rows["entries"] = [row for row in rows["entries"] if row["id"] not in gone]
    for name in ("entry_signals", "entry_confirmations"):
        rows[name] = [row for row in rows[name] if row["entry_id"] not in gone]
    return {
        name: [{key: value for key, value in row.items() if key not in MARKS} for row in its]
        for name, its in rows.items()
    }


@pytest.mark.parametrize("known", [False, True])
def test_undo_is_the_exact_inverse(desk: Desk, known: bool) -> None:
    desk.banks.create("known", who="x")
    if known:
        desk.banks.add("known", new_entry([Signal("text", STATEMENT)], labels=["seen"]), who="person:noor")
    case = posted(desk.database, verdicts=1, copy_key="sha256:aa", language="ar")
    posted(desk.database, "m-2", copy_key="sha256:aa", account="u-2", channel="c-1")
    desk.held(case, text=STATEMENT)
    desk.report(case, "u-9")
    version = desk.cases.take(case, AMAL).version
    before = state(desk.database)
    given = draft(bank="known", copies=True, also=[ALSO_LIMIT], deviation="again and again", act="praise")
    made = desk.decisions.decide(case, given, AMAL, version)
    assert made is not None
    assert state(desk.database) != before
    undone = desk.decisions.undo(made.id, AMAL)
    assert state(desk.database) == before
    assert (undone.kind, undone.supersedes) == (DecisionKind.UNDO, made.id)
    assert desk.decisions.get(made.id).superseded_by == undone.id
    again = desk.decisions.decide(case, given, AMAL, desk.cases.get(case).version)
    assert again is not None
    assert again.id != made.id


def test_undo_is_its_makers_and_in_time(desk: Desk) -> None:
    made = desk.decide(posted(desk.database), draft(), AMAL)
    with pytest.raises(Forbidden):
        desk.decisions.undo(made.id, BASIM)
    desk.decisions.undo(made.id, AMAL)
    with pytest.raises(DecisionFinal):
        desk.decisions.undo(made.id, AMAL)
    hasty = open_desk(desk.database, undo_seconds=0)
    final = hasty.decide(posted(desk.database, "m-2"), draft(), AMAL)
    with pytest.raises(DecisionFinal):
        hasty.decisions.undo(final.id, AMAL)
    assert desk.weight("account", "u-1") == 2


def test_undo_twice_at_once_undoes_once(desk: Desk) -> None:
    made = desk.decide(posted(desk.database), draft(), AMAL)
    outcomes: list[str] = []

    def undo() -> None:
        try:
            outcomes.append(desk.decisions.undo(made.id, AMAL).kind.value)
        except SiyajError as error:
            outcomes.append(error.code.value)

    threads = [threading.Thread(target=undo) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["decision_final"] * 4 + ["undo"]
    assert desk.weight("account", "u-1") == 0


def test_a_case_reopened_beside_a_new_one_stands_open_too(desk: Desk) -> None:
    case = posted(desk.database)
    made = desk.decide(case, draft(), AMAL)
    newer = posted(desk.database)
    desk.decisions.undo(made.id, AMAL)
    assert {desk.cases.get(one).state for one in (case, newer)} == {"open"}
    desk.decide(newer, NOTHING, BASIM)
    desk.decide(case, NOTHING, AMAL)


def test_decided_at_once_by_many_a_case_has_one_decision(desk: Desk) -> None:
    case = posted(desk.database)
    outcomes: list[str] = []

    def work(number: int) -> None:
        try:
            outcomes.append("made" if desk.decide(case, draft(), person(f"w{number}")) else "none")
        except SiyajError as error:
            outcomes.append(error.code.value)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("made") == 1
    assert set(outcomes) <= {"made", "case_held", "stale_version"}
    assert desk.weight("account", "u-1") == 2


# ── Second opinions ──────────────────────────────────────────────────────────────────────────────────────────────────


def asked(desk: Desk) -> str:
    case = posted(desk.database)
    desk.cases.ask_second_opinion(case, AMAL, desk.cases.take(case, AMAL).version, draft())
    return case


def test_a_second_opinion_is_blind_and_two_that_agree_decide(desk: Desk) -> None:
    case = asked(desk)
    assert desk.cases.opinions(case, BASIM) == []
    assert [one.person for one in desk.cases.opinions(case, AMAL)] == [AMAL.id]
    with pytest.raises(Forbidden):
        desk.cases.take(case, AMAL)
    made = desk.decide(case, draft(reasons="other words"), BASIM)
    assert (made.decided_by, made.agreed_with) == (BASIM.id, AMAL.id)
    assert [one.person for one in desk.cases.opinions(case, BASIM)] == [AMAL.id, BASIM.id]
    assert desk.cases.get(case).second_opinion == "agreed"


def test_two_that_differ_go_to_a_lead_who_sees_both(desk: Desk) -> None:
    case = asked(desk)
    taken = desk.cases.take(case, BASIM)
    assert desk.decisions.decide(case, NOTHING, BASIM, taken.version) is None
    there = desk.cases.get(case)
    assert (there.second_opinion, there.level, there.state, there.holder) == ("split", "lead", "open", None)
    assert desk.weight("account", "u-1") == 0
    assert [one.draft.action for one in desk.cases.opinions(case, LAYLA)] == ["remove", "none"]
    assert desk.decide(case, draft(), LAYLA).decided_by == LAYLA.id


def test_undoing_an_agreed_decision_asks_again(desk: Desk) -> None:
    case = asked(desk)
    made = desk.decide(case, draft(), BASIM)
    desk.decisions.undo(made.id, BASIM)
    assert desk.cases.get(case).second_opinion == "asked"


def test_a_sample_is_judged_and_changes_nothing(desk: Desk) -> None:
    case = new_case(desk.database, "item:m-1", origin=CaseOrigin.SAMPLE, key="sample:x", account="u-1")
    made = desk.decide(case, draft("label"), AMAL)
    assert made.kind is DecisionKind.SAMPLE
    assert desk.sent(made.id) == []
    assert desk.weight("account", "u-1") == 0
    assert desk.decisions.of_subject(made.subject) == []


def test_barred_people_do_not_decide(desk: Desk) -> None:
    case = posted(desk.database)
    taken = desk.cases.take(case, AMAL)
    with desk.database.begin() as connection:
        leases.skip(connection, case, AMAL.id, barred=True)
    with pytest.raises(Forbidden):
        desk.decisions.decide(case, NOTHING, AMAL, taken.version)


def test_a_reviewer_who_was_disabled_decides_nothing(desk: Desk) -> None:
    employ(desk.database, AMAL)
    case = posted(desk.database)
    taken = desk.cases.take(case, AMAL)
    with desk.database.begin() as connection:
        connection.execute(people.update().values(disabled_at=1))
    with pytest.raises(Forbidden):
        desk.decisions.decide(case, draft(), AMAL, taken.version)
    assert desk.cases.get(case).state == "open"
