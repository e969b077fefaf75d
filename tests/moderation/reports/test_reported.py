"""Files that came with a report are matched as those of a check; the case says so, and nothing acts by itself."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from siyaj.banks.curation import new_entry
from siyaj.cli.demo import pictures
from siyaj.model.bank import Opinion
from siyaj.model.errors import StorageUnavailable
from siyaj.model.event import Channel, Event, EventKind, MediaFile
from siyaj.model.report import NewReport, ReportReason, Subject, SubjectKind
from siyaj.model.settings import Settings
from siyaj.model.verdict import Action
from siyaj.moderation.checks.extraction import draw_entry
from siyaj.moderation.checks.requests import CheckRequest, hash_request
from siyaj.moderation.runtime import Runtime
from siyaj.storage import actions, verdicts

PICTURE = pictures.landscape(1)
KNOWN, AGAIN = pictures.jpeg(PICTURE), pictures.jpeg(PICTURE, 40)
OTHER = pictures.jpeg(pictures.landscape(9))


@pytest.fixture
def runtime(tmp_path: Path, database_url: str) -> Iterator[Runtime]:
    """With a picture that two people confirmed: a check of it is blocked."""
    with Runtime.open(Settings(data=str(tmp_path), database=database_url, decoders=1)) as opened:
        opened.banks.create("known", who="test")
        entry = new_entry(draw_entry(opened.box, KNOWN).signals, opinion=Opinion.CONFIRMED)
        added = opened.banks.add("known", entry, who="amal").entry
        opened.banks.confirm("known", added.id, who="basim")
        yield opened


def report(runtime: Runtime, data: bytes, item: str = "m-1") -> str:
    given = NewReport(Subject(SubjectKind.ITEM, item), ReportReason.PRAISE, id=f"r-{item}")
    receipt = runtime.reports.receive(given, scope="test", files=[MediaFile("seen.jpg", data)])
    return runtime.reports.get(receipt).case or ""


def seen(runtime: Runtime, case: str) -> list[verdicts.VerdictRow]:
    with runtime.database.read() as connection:
        return verdicts.of_case(connection, case)


def test_a_reported_file_that_is_known_is_shown_on_the_case(runtime: Runtime) -> None:
    case = report(runtime, AGAIN)
    assert seen(runtime, case) == []
    before = runtime.cases.get(case).priority
    assert runtime.late.work() == 1
    (found,) = seen(runtime, case)
    assert found.action is Action.HOLD, "nothing is blocked on the ground of a report: a person looks"
    assert b'"bank":"known"' in bytes(found.record)
    shown = runtime.cases.get(case)
    assert shown.reasons[0].rule == "report.file" and "known" in shown.reasons[0].text
    assert "يطابق" in shown.reasons[0].text_ar
    assert shown.priority > before
    assert runtime.late.work() == 0
    with runtime.database.read() as connection:
        assert actions.of_subject(connection, Subject(SubjectKind.ITEM, "m-1")) == []


def test_a_file_that_matches_nothing_leaves_no_trace_on_the_case(runtime: Runtime) -> None:
    case = report(runtime, OTHER)
    assert runtime.late.work() == 1
    assert seen(runtime, case) == [] and runtime.cases.get(case).verdicts == 0


def test_what_the_platform_said_before_stays_and_is_counted_once(runtime: Runtime) -> None:
    event = Event("m-1", EventKind.MESSAGE, text="a calm caption", channel=Channel("c-1", subscribers=5))
    runtime.checker.check_now([CheckRequest(event, (), "key", None, hash_request(event))])
    case = report(runtime, KNOWN)
    runtime.late.work()
    (found,) = seen(runtime, case)
    assert b"a calm caption" in bytes(found.record)
    assert runtime.channels.page()[0].checked == 1
    assert runtime.cases.get(case).verdicts == 1


def test_it_is_tried_again_and_said_once(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    case = report(runtime, KNOWN)
    opened = runtime.vault.open

    def away(*_: str) -> bytes:
        raise StorageUnavailable("the evidence store is away")

    monkeypatch.setattr(runtime.vault, "open", away)
    with pytest.raises(StorageUnavailable):
        runtime.late.work()
    monkeypatch.setattr(runtime.vault, "open", opened)
    for _ in range(2):
        with runtime.database.begin() as connection:
            connection.exec_driver_sql("UPDATE late_checks SET next_at = 0")
        runtime.late.work()
    assert len(seen(runtime, case)) == 1
    assert [one.rule for one in runtime.cases.get(case).reasons].count("report.file") == 1


def test_files_of_a_report_on_an_account_go_to_its_case(runtime: Runtime) -> None:
    given = NewReport(Subject(SubjectKind.ACCOUNT, "u-1"), ReportReason.PRAISE)
    receipt = runtime.reports.receive(given, scope="test", files=[MediaFile("a.jpg", KNOWN)])
    runtime.late.work()
    assert len(seen(runtime, runtime.reports.get(receipt).case or "")) == 1


def test_a_broken_file_is_no_fault_of_the_report(runtime: Runtime) -> None:
    case = report(runtime, b"\xff\xd8\xff" + b"not a picture" * 50)
    assert runtime.late.work() == 1
    assert seen(runtime, case) == []
