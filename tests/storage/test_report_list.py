"""Pages of reports, and a queue of what threatens a life, on both engines."""

import msgspec
import pytest

from siyaj.model.queue import QueueFilter
from siyaj.model.report import NewReport, ReportReason, ReportState, Subject, SubjectKind
from siyaj.storage import queue, report_list, reports
from siyaj.storage.database import Database
from siyaj.storage.report_list import ReportFilter
from siyaj.storage.tables import cases


@pytest.fixture(autouse=True)
def some(database: Database) -> None:
    with database.begin() as connection:
        for number in range(5):
            given = NewReport(
                Subject(SubjectKind.CHANNEL if number % 2 else SubjectKind.ITEM, f"s-{number}"),
                reason=ReportReason.THREAT_TO_LIFE if number == 3 else ReportReason.PRAISE,
            )
            row = reports.NewRow(
                receipt=f"rcp_{number}",
                request_key=f"k-{number}",
                request_hash=b"",
                subject_kind=given.subject.kind.value,
                subject_id=given.subject.id,
                reporter_id="zaid" if number == 4 else None,
                received_at=number,
                report=msgspec.json.encode(given),
                reason=given.reason.value,
                weight=50,
                text_key="",
                content_key="",
                young=0,
                case_id=f"case_{number}",
            )
            reports.insert(connection, [row])
            connection.execute(
                cases.insert(),
                {
                    "id": f"case_{number}",
                    "subject_kind": given.subject.kind.value,
                    "subject_id": given.subject.id,
                    "open_subject": given.subject.key,
                    "state": "open",
                    "reasons": b"[]",
                    "priority": 50,
                    "rank": 50,
                    "verdicts": 0,
                    "reports": 1,
                    "opened_at": number,
                    "deadline": number,
                    "urgent": int(number == 3),
                },
            )


def receipts(database: Database, chosen: ReportFilter, before: int | None = None, limit: int = 50) -> list[str]:
    with database.read() as connection:
        return [one.report.receipt for one in report_list.page(connection, chosen, before, limit)]


def test_reports_come_newest_first_page_by_page(database: Database) -> None:
    assert receipts(database, ReportFilter(), limit=2) == ["rcp_4", "rcp_3"]
    with database.read() as connection:
        last = report_list.page(connection, ReportFilter(), None, 2)[-1]
    assert last.weight == 50
    assert receipts(database, ReportFilter(), before=last.number) == ["rcp_2", "rcp_1", "rcp_0"]


def test_reports_are_filtered(database: Database) -> None:
    assert receipts(database, ReportFilter(reason=ReportReason.THREAT_TO_LIFE)) == ["rcp_3"]
    assert receipts(database, ReportFilter(kind=SubjectKind.CHANNEL)) == ["rcp_3", "rcp_1"]
    assert receipts(database, ReportFilter(subject=Subject(SubjectKind.ITEM, "s-2"))) == ["rcp_2"]
    assert receipts(database, ReportFilter(case="case_0")) == ["rcp_0"]
    assert receipts(database, ReportFilter(state=ReportState.CLOSED)) == []
    for text, found in (("zaid", "rcp_4"), ("s-1", "rcp_1"), ("rcp_2", "rcp_2")):
        assert receipts(database, ReportFilter(text=text)) == [found]


def test_a_queue_of_threats_to_life(database: Database) -> None:
    with database.read() as connection:
        found = queue.page(connection, QueueFilter(urgent=True))
    assert [case.id for _place, case in found] == ["case_3"]
