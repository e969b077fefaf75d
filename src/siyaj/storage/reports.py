"""Reports: one row for each notice, durable before its receipt is given."""

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Row, select

from siyaj.model.clock import now_us, to_datetime
from siyaj.model.report import NewReport, Report, ReportState
from siyaj.storage import reporters
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


def close_case(connection: Connection, case: str, *, upheld: bool | None, outcome: str) -> None:
    """Tell a case's reporters what became of it, and count who was right; in the decision's transaction.

    `upheld`: the decision agrees with the reports; None: it neither does nor does not. Called again, e.g. after an
    appeal, it replaces the outcome and moves the counts.
    """
    _settle(connection, case, ReportState.CLOSED, upheld, outcome, now_us())


def reopen_case(connection: Connection, case: str) -> None:
    """The decision was undone: its reports wait again, and nobody was right or wrong."""
    _settle(connection, case, ReportState.OPEN, None, "", None)


def _settle(
    connection: Connection, case: str, state: ReportState, upheld: bool | None, outcome: str, closed_at: int | None
) -> None:
    query = select(reports.c.reporter_id, reports.c.state, reports.c.upheld)
    theirs = connection.execute(query.where(reports.c.case_id == case, reports.c.reporter_id.is_not(None))).all()
    is_open = state is ReportState.OPEN
    reporters.move(
        connection,
        [
            (row.reporter_id, None if row.upheld is None else bool(row.upheld), upheld, row.state == "open", is_open)
            for row in theirs
        ],
    )
    changes = {"state": state.value, "outcome": outcome, "closed_at": closed_at}
    changes["upheld"] = None if upheld is None else int(upheld)
    connection.execute(reports.update().where(reports.c.case_id == case).values(changes))


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
