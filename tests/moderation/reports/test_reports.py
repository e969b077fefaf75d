"""Reports are merged, weighed by who reports, and told the outcome; a brigade counts little, a life everything."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import pytest

from siyaj.model.action import ActionKind
from siyaj.model.case import Case, PriorityFactor
from siyaj.model.clock import now_us
from siyaj.model.decision import Draft, Exemption
from siyaj.model.errors import IdempotencyMismatch, InvalidRequest, StorageUnavailable
from siyaj.model.event import MediaFile
from siyaj.model.report import NewReport, Report
from siyaj.model.settings import Settings
from siyaj.moderation.appeals import wording
from siyaj.moderation.evidence.evidence import Vault
from siyaj.moderation.reports.reports import Reports
from siyaj.storage import audit, cases, evidence, reporters, tables
from siyaj.storage import reports as stored
from siyaj.storage.blobs import Blobs
from siyaj.storage.database import Database
from siyaj.storage.keyring import Keyring


class Desk:
    """Reports over a database of the test's own, and what one sees of them."""

    def __init__(self, database: Database, folder: Path, **settings: Any) -> None:
        self.database = database
        self.vault = Vault(database, Keyring.open(folder), Blobs.open("", folder), 183)
        self.reports = Reports(database, self.vault, Settings(data=str(folder), **settings))

    def report(self, subject: str = "item:m-1", files: list[MediaFile] | None = None, **fields: Any) -> Report:
        return self.reports.get(self.receipt(subject, files, **fields))

    def receipt(self, subject: str = "item:m-1", files: list[MediaFile] | None = None, **fields: Any) -> str:
        kind, _, subject_id = subject.partition(":")
        given = msgspec.convert({"subject": {"kind": kind, "id": subject_id}, **fields}, NewReport)
        return self.reports.receive(given, scope="key_1", files=files or [], who="key:forum")

    def case(self, report: Report) -> Case:
        with self.database.read() as connection:
            found = cases.get(connection, report.case or "")
        assert found is not None
        return found

    def decide(self, case: Case, action: ActionKind, upheld: bool) -> None:
        """Close a case as a decision does."""
        draft = Draft(action, Exemption.NONE)
        with self.database.begin() as connection:
            connection.execute(
                tables.decisions.insert(),
                {"id": f"dec_{case.id}", "case_id": case.id, "subject_kind": case.subject.kind.value}
                | {"subject_id": case.subject.id, "kind": "first", "action": action.value, "decided_by": "amal"}
                | {"decided_at": now_us(), "effective_at": now_us(), "draft": msgspec.json.encode(draft)}
                | {"statement": b"{}", "effects": b"{}"},
            )
            changes = {"state": "closed", "open_subject": None, "closed_at": now_us()}
            connection.execute(tables.cases.update().where(tables.cases.c.id == case.id).values(changes))
            stored.close_case(connection, case.id, upheld=upheld, outcome=action.value)

    def accuracy(self, who: str) -> float:
        with self.database.read() as connection:
            return reporters.found(connection, [who])[who].accuracy


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> Iterator[Desk]:
    made = Desk(database, tmp_path, life_contact="Police unit, 123")
    yield made
    made.reports.close()


def factors(case: Case) -> dict[PriorityFactor, str]:
    return {reason.factor: reason.value for reason in case.priority_reasons}


def test_reports_on_one_subject_are_one_case_and_more_reporters_weigh_more(desk: Desk) -> None:
    first = desk.report(reason="praise", reporter={"id": "u-1"})
    before = desk.case(first)
    second = desk.report(reason="recruitment", reporter={"id": "u-2"})
    after = desk.case(second)
    assert (first.case, after.reports) == (second.case, 2)
    assert first.receipt != second.receipt
    assert after.priority > before.priority
    assert factors(after)[PriorityFactor.REPORTERS] == "200"


def test_the_same_reporter_again_has_a_receipt_and_no_more_weight(desk: Desk) -> None:
    receipts = {desk.receipt(reporter={"id": "u-1"}) for _ in range(4)}
    assert len(receipts) == 4
    report = desk.report(reporter={"id": "u-1"})
    assert (desk.case(report).reports, report.weight) == (5, 0)
    assert factors(desk.case(report))[PriorityFactor.REPORTERS] == "100"


def test_ten_in_the_same_second_are_ten_receipts_and_one_case(desk: Desk) -> None:
    with ThreadPoolExecutor(10) as threads:
        receipts = list(threads.map(lambda n: desk.receipt(reporter={"id": f"u-{n}"}, text=f"report {n}"), range(10)))
    told = [desk.reports.get(receipt) for receipt in receipts]
    assert len(set(receipts)) == 10
    assert len({report.case for report in told}) == 1
    assert desk.case(told[0]).reports == 10


def test_two_processes_merge_into_the_same_cases(desk: Desk, tmp_path: Path) -> None:
    other = Desk(desk.database, tmp_path)
    with ThreadPoolExecutor(12) as threads:

        def report(number: int) -> str:
            mine = desk if number % 2 else other
            return mine.receipt(f"item:m-{number % 5}", reporter={"id": f"u-{number % 11}"})

        receipts = list(threads.map(report, range(120)))
    other.reports.close()
    with desk.database.read() as connection:
        rows = connection.execute(tables.reports.select()).all()
        opened = cases.open_ids(connection, [f"item:m-{number}" for number in range(5)])
        counted = {case: (found := cases.get(connection, case)) and found.reports for case in opened.values()}
        waiting = reporters.found(connection, [f"u-{number}" for number in range(11)])
    assert len(opened) == 5
    assert counted == {case: sum(row.case_id == case for row in rows) for case in opened.values()}
    assert sum(record.open for record in waiting.values()) == len(rows) == len(set(receipts))


def test_who_was_right_weighs_more_than_who_was_wrong(desk: Desk) -> None:
    for number, (who, upheld) in enumerate([("right", True), ("wrong", False)] * 3):
        report = desk.report(f"item:old-{number}", reporter={"id": who})
        desk.decide(desk.case(report), ActionKind.REMOVE if upheld else ActionKind.NONE, upheld)
        assert desk.reports.get(report.receipt).outcome == ("remove" if upheld else "none")
    assert (desk.accuracy("right"), desk.accuracy("wrong")) == (0.8, 0.2)
    right, wrong = desk.report("item:a", reporter={"id": "right"}), desk.report("item:b", reporter={"id": "wrong"})
    assert right.weight == 160
    assert wrong.weight == 40
    assert desk.case(right).priority > desk.case(wrong).priority


def test_an_undone_decision_leaves_nobody_right_or_wrong(desk: Desk) -> None:
    report = desk.report(reporter={"id": "u-1"})
    desk.decide(desk.case(report), ActionKind.REMOVE, upheld=True)
    with desk.database.begin() as connection:
        stored.reopen_case(connection, report.case or "")
    assert desk.accuracy("u-1") == 0.5
    assert (desk.reports.get(report.receipt).state, desk.reports.get(report.receipt).outcome) == ("open", "")


def test_an_overturned_decision_moves_who_was_right(desk: Desk) -> None:
    report = desk.report(reporter={"id": "u-1"})
    desk.decide(desk.case(report), ActionKind.REMOVE, upheld=True)
    with desk.database.begin() as connection:
        stored.close_case(connection, report.case or "", upheld=False, outcome="restore")
    assert desk.accuracy("u-1") == pytest.approx(1 / 3)
    assert desk.reports.get(report.receipt).outcome == "restore"


def test_a_brigade_counts_for_little_and_is_named(desk: Desk) -> None:
    honest = desk.report(reason="violence", reporter={"id": "old", "age_days": 900}, text="Please look at this video")
    texts = [f"This channel is terrorist, close it now{'!' * n}" for n in range(8)]
    for number, text in enumerate(texts):
        young = {"id": f"new-{number}", "age_days": 0.5}
        last = desk.report(reason="violence", reporter=young, text=text)
    case = desk.case(last)
    assert case.reports == 9
    assert factors(case)[PriorityFactor.BRIGADING] == "8"
    assert factors(case)[PriorityFactor.REPORTERS] == str(100 + 8 * 10)
    assert case.priority < 40
    with desk.database.read() as connection:
        weights = [report.weight for report in stored.of_case(connection, case.id)]
    assert weights == [100] + [10] * 8
    assert desk.reports.get(honest.receipt).weight == 100


@pytest.mark.parametrize(
    ("age_days", "same_text"), [(400.0, True), (0.5, False), (None, True)], ids=["old", "own words", "age unknown"]
)
def test_many_honest_reports_are_no_brigade(desk: Desk, age_days: float | None, same_text: bool) -> None:
    words = ["a video of the attack", "praises the group", "calls people to join", "hateful chant", "money for them"]
    for number in range(8):
        text = "the same words as a form gives" if same_text else f"{words[number % 5]} {number * 7919}"
        last = desk.report(text=text, reporter={"id": f"u-{number}", "age_days": age_days})
    assert PriorityFactor.BRIGADING not in factors(desk.case(last))
    assert last.weight == 100


def test_a_threat_to_life_goes_before_all_has_an_hour_and_names_whom_to_notify(desk: Desk) -> None:
    calm = desk.report(reason="other")
    urgent = desk.report(reason="threat_to_life")
    case = desk.case(urgent)
    assert (case.id, case.urgent, case.priority) == (calm.case, True, 100)
    assert (case.deadline - case.opened_at).total_seconds() <= 3_601
    assert any("Police unit, 123" in reason.text and "Police unit, 123" in reason.text_ar for reason in case.reasons)
    desk.report(reason="threat_to_life", reporter={"id": "another"})
    desk.report(reason="other", reporter={"id": "third"})
    assert desk.case(urgent).priority == 100
    with desk.database.read() as connection:
        noted = [row for row in audit.listed(connection) if row.what == "case.life"]
    assert [(row.subject, row.detail["notify"]) for row in noted] == [(case.id, "Police unit, 123")]


CONTENT = {"text": "the very same words", "links": ["https://example.org/a"]}


def test_what_was_decided_on_is_answered_at_once_and_other_content_opens_a_case(desk: Desk) -> None:
    first = desk.report(content=CONTENT)
    desk.decide(desk.case(first), ActionKind.NONE, upheld=False)
    same = desk.report(content=CONTENT, reporter={"id": "u-2"})
    assert (same.state, same.outcome, same.case) == ("closed", "none", first.case)
    edited = desk.report(content={"text": "other words since"})
    assert edited.state == "open"
    assert edited.case != first.case


def test_what_an_appeal_gave_back_is_answered_at_once_too(desk: Desk) -> None:
    first = desk.report(content=CONTENT)
    case = desk.case(first)
    desk.decide(case, ActionKind.REMOVE, upheld=True)
    appealed = msgspec.structs.replace(case, id="case_of_the_appeal")
    desk.decide(appealed, ActionKind.RESTORE, upheld=False)
    again = desk.report(content=CONTENT)
    assert (again.state, again.outcome) == ("closed", wording.TOLD["en"][False])


def test_files_are_part_of_what_was_decided_on(desk: Desk) -> None:
    first = desk.report(files=[MediaFile("a.png", b"one")])
    desk.decide(desk.case(first), ActionKind.NONE, upheld=False)
    assert desk.report(files=[MediaFile("b.png", b"one")]).state == "closed"
    assert desk.report(files=[MediaFile("a.png", b"two")]).state == "open"


@pytest.mark.parametrize("fields", [{"reason": "threat_to_life"}, {"reporter": {"kind": "authority"}}])
def test_a_life_and_an_authority_are_always_seen_by_a_person(desk: Desk, fields: dict[str, Any]) -> None:
    first = desk.report(content=CONTENT)
    desk.decide(desk.case(first), ActionKind.REMOVE, upheld=True)
    again = desk.report(content=CONTENT, **fields)
    assert again.state == "open"
    assert again.case != first.case


def test_what_was_removed_stays_removed_where_nothing_new_is_shown(desk: Desk) -> None:
    first = desk.report(content=CONTENT)
    desk.decide(desk.case(first), ActionKind.REMOVE, upheld=True)
    assert desk.report().outcome == "remove"
    assert desk.report(content={"text": "posted again, changed"}).state == "open"
    left_up = desk.report("item:m-2", content=CONTENT)
    desk.decide(desk.case(left_up), ActionKind.NONE, upheld=False)
    assert desk.report("item:m-2").state == "open"


def test_an_unknown_subject_is_a_case_of_its_own(desk: Desk) -> None:
    case = desk.case(desk.report("channel:never-seen"))
    assert (case.verdicts, case.channel, case.account, case.reach) == (0, "never-seen", None, 0)


def test_texts_of_100_000_characters_are_kept_whole(desk: Desk) -> None:
    text = "بلاغ " * 20_000
    report = desk.report(text=text, content={"text": text})
    assert (report.text, report.content.text) == (text, text)
    assert desk.case(report).language == "ar"


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "\u202egnp.exe\u2066", "a/../../etc/passwd", "x" * 900])
def test_names_are_kept_as_they_came_and_harm_nothing(desk: Desk, name: str) -> None:
    report = desk.report(reporter={"name": name}, files=[MediaFile(name, b"bytes")])
    assert report.reporter.name == name
    (one,) = desk.vault.of_case(report.case or "")
    assert one.name == name[:255]
    assert desk.vault.open(one.id, "person:amal", "") == b"bytes"


def test_a_nul_is_refused_wherever_it_stands(desk: Desk) -> None:
    for fields in ({"text": "a\0b"}, {"content": {"links": ["a\0"]}}, {"reporter": {"name": "\0"}}):
        with pytest.raises(InvalidRequest):
            desk.report(**fields)
    assert desk.report(text="a backslash and \\u0000 in letters").state == "open"


def test_files_are_sealed_with_receipt_and_case_and_a_retry_seals_nothing_more(desk: Desk) -> None:
    files = [MediaFile("a.png", b"one"), MediaFile("b.png", b"two")]
    report = desk.report(files=files, id="r-1")
    assert desk.report(files=files, id="r-1").receipt == report.receipt
    sealed = desk.vault.of_case(report.case or "")
    assert [(one.name, one.receipt, one.sealed_by) for one in sealed] == [
        ("a.png", report.receipt, "key:forum"),
        ("b.png", report.receipt, "key:forum"),
    ]
    with pytest.raises(IdempotencyMismatch):
        desk.report(files=[MediaFile("a.png", b"other")], id="r-1")


def test_names_and_words_are_forgotten_when_their_time_is_over(desk: Desk) -> None:
    fields: dict[str, Any] = {"text": "words", "reporter": {"id": "u-1", "name": "Amal", "contact": "a@example.org"}}
    closed = desk.report("item:a", content=CONTENT, **fields)
    held = desk.report("item:b", files=[MediaFile("a.png", b"one")], **fields)
    waiting = desk.report("item:c", **fields)
    for report in (closed, held):
        desk.decide(desk.case(report), ActionKind.REMOVE, upheld=True)
    (one,) = desk.vault.of_case(held.case or "")
    desk.vault.hold(one.id, "person:lead", "request 12/2026")
    assert desk.vault.sweep().forgotten == 0
    with desk.database.begin() as connection:
        connection.execute(tables.reports.update().values(closed_at=1).where(tables.reports.c.closed_at.is_not(None)))
    assert desk.vault.sweep().forgotten == 1
    after = desk.reports.get(closed.receipt)
    assert (after.text, after.content.text, after.reporter.name, after.reporter.id) == ("", "", "", "")
    assert (after.outcome, after.subject) == ("remove", closed.subject)
    assert desk.reports.get(held.receipt).text == desk.reports.get(waiting.receipt).text == "words"
    assert desk.vault.sweep().forgotten == 0


def test_a_full_store_refuses_the_report_and_a_retry_succeeds(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> Any:
        raise StorageUnavailable("the evidence store cannot be used now")

    with monkeypatch.context() as patch:
        patch.setattr(Blobs, "put", full)
        with pytest.raises(StorageUnavailable):
            desk.report(files=[MediaFile("a.png", b"one")], id="r-1")
    with desk.database.read() as connection:
        assert evidence.listed(connection) == []
        assert cases.open_ids(connection, ["item:m-1"]) == {}
    assert desk.report(files=[MediaFile("a.png", b"one")], id="r-1").state == "open"
