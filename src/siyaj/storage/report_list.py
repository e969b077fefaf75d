"""Pages of reports, for lists and exports."""

from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Row, Select, or_, select

from siyaj.model.report import Report, ReportReason, ReportState, Subject, SubjectKind
from siyaj.storage.keyset import Order
from siyaj.storage.reports import from_row as report_of
from siyaj.storage.tables import reports

RECEIVED = Order(reports.c.seq, reports.c.seq)
REASON = Order(reports.c.reason, reports.c.seq)
WEIGHT = Order(reports.c.weight, reports.c.seq)
"""Orders of lists, each with an index."""


class ReportFilter(Struct, kw_only=True, omit_defaults=True):
    """All that are given must hold. `text` is a whole id: of a subject or reporter, or a receipt."""

    state: ReportState | None = None
    reason: ReportReason | None = None
    kind: SubjectKind | None = None
    subject: Subject | None = None
    case: str = ""
    text: str = ""


class Listing(Struct):
    """A report as a list has it; `weight` in percent."""

    number: int
    report: Report
    weight: int


def page(connection: Connection, chosen: ReportFilter, before: int | None = None, limit: int = 50) -> list[Listing]:
    """Return reports, newest first, with a number below `before`."""
    query = those(chosen)
    if before is not None:
        query = query.where(reports.c.seq < before)
    return [from_row(row) for row in connection.execute(query.order_by(reports.c.seq.desc()).limit(limit))]


def those(chosen: ReportFilter) -> Select[Any]:
    """Return the question for them, in no order; its rows are read by `from_row`."""
    c = reports.c
    equal = [
        (c.state, chosen.state.value if chosen.state else None),
        (c.reason, chosen.reason.value if chosen.reason else None),
        (c.subject_kind, chosen.kind.value if chosen.kind else None),
        (c.case_id, chosen.case or None),
        (c.subject_kind, chosen.subject.kind.value if chosen.subject else None),
        (c.subject_id, chosen.subject.id if chosen.subject else None),
    ]
    query = select(reports).where(*(column == value for column, value in equal if value is not None))
    if chosen.text:
        query = query.where(or_(c.subject_id == chosen.text, c.reporter_id == chosen.text, c.receipt == chosen.text))
    return query


def from_row(row: Row[Any]) -> Listing:
    return Listing(row.seq, report_of(row), row.weight)
