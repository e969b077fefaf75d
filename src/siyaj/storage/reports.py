"""Reports: one row for each notice, durable before its receipt is given."""

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Row, select

from siyaj.model.clock import to_datetime
from siyaj.model.report import NewReport, Report, ReportState
from siyaj.storage.tables import reports

MOST_OF_A_CASE = 1_000


class Received(Struct):
    """What a request key was answered with before."""

    receipt: str
    request_hash: bytes


def insert(
    connection: Connection,
    given: NewReport,
    *,
    receipt: str,
    request_key: str,
    request_hash: bytes,
    case: str,
    received_at: int,
) -> None:
    """Raises AlreadyExists when the request key was answered meanwhile."""
    connection.execute(
        reports.insert(),
        {
            "receipt": receipt,
            "request_key": request_key,
            "request_hash": request_hash,
            "subject_kind": given.subject.kind.value,
            "subject_id": given.subject.id,
            "reporter_id": given.reporter.id or None,
            "case_id": case,
            "state": ReportState.OPEN.value,
            "outcome": "",
            "received_at": received_at,
            "report": msgspec.json.encode(given),
        },
    )


def received(connection: Connection, request_key: str) -> Received | None:
    query = select(reports.c.receipt, reports.c.request_hash).where(reports.c.request_key == request_key)
    row = connection.execute(query).one_or_none()
    return Received(row.receipt, bytes(row.request_hash)) if row else None


def get(connection: Connection, receipt: str) -> Report | None:
    row = connection.execute(select(reports).where(reports.c.receipt == receipt)).one_or_none()
    return _report(row) if row else None


def of_case(connection: Connection, case: str) -> list[Report]:
    """Return a case's reports, oldest first, at most MOST_OF_A_CASE."""
    query = select(reports).where(reports.c.case_id == case).order_by(reports.c.seq).limit(MOST_OF_A_CASE)
    return [_report(row) for row in connection.execute(query)]


def _report(row: Row[tuple[object, ...]]) -> Report:
    given = msgspec.json.decode(bytes(row.report), type=NewReport)
    return Report(
        receipt=row.receipt,
        subject=given.subject,
        reason=given.reason,
        text=given.text,
        reporter=given.reporter,
        content=given.content,
        state=ReportState(row.state),
        outcome=row.outcome,
        case=row.case_id,
        received_at=to_datetime(row.received_at),
    )
