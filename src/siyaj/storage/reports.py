"""Reports: one row for each notice, durable before its receipt is given."""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Row, and_, bindparam, exists, func, select
from sqlalchemy import case as case_when

from siyaj.model.action import ActionKind
from siyaj.model.clock import now_us, to_datetime
from siyaj.model.report import NewReport, Report, Reporter, ReportState, Subject, SubjectKind
from siyaj.storage import orders, reporters
from siyaj.storage.bulk import Among
from siyaj.storage.tables import cases, channels, decisions, evidence, reports, verdicts

MOST_OF_A_CASE = 1_000


class Received(Struct):
    """What a request key was answered with before."""

    receipt: str
    request_hash: bytes


class NewRow(Struct):
    """A report's row. `report` is its JSON."""

    receipt: str
    request_key: str
    request_hash: bytes
    subject_kind: str
    subject_id: str
    reporter_id: str | None
    received_at: int
    report: bytes
    reason: str
    weight: int
    text_key: str
    content_key: str
    young: int
    case_id: str = ""
    state: str = "open"
    outcome: str = ""
    closed_at: int | None = None


class Recent(Struct):
    """What tells whether reports are a brigade's."""

    receipt: str
    text_key: str
    young: bool
    weight: int


class Weighed(Struct):
    """A case's reports: the sum of their weights in percent, how many of them are a brigade's, and the last ones."""

    total: int = 0
    brigade: int = 0
    recent: list[Recent] = msgspec.field(default_factory=list)


class Context(Struct):
    """What is known of a subject from its checks and its channel. `seen_at`: the first check, in microseconds."""

    account: str | None = None
    channel: str | None = None
    reach: int = 0
    language: str = ""
    seen_at: int | None = None


class Standing(Struct):
    """The decision on a subject that nothing superseded, when it was made (microseconds), and what its reporters were
    told; empty where nobody had reported it."""

    decision: str
    case: str | None
    action: ActionKind
    decided_at: int
    outcome: str


_RECEIVED = Among(select(reports.c.request_key, reports.c.receipt, reports.c.request_hash), reports.c.request_key)
_MOST_RECENT = 50
_FORGET = (
    reports.update()
    .where(reports.c.seq == bindparam("number"))
    .values(report=bindparam("emptied"), forgotten_at=bindparam("at"), text_key="", reporter_id=None)
)


def insert(connection: Connection, rows: Sequence[NewRow]) -> None:
    """Raises AlreadyExists when a request key was answered meanwhile."""
    if rows:
        connection.execute(reports.insert(), [msgspec.structs.asdict(row) for row in rows])


def received(connection: Connection, request_keys: Sequence[str]) -> dict[str, Received]:
    """Return what was received before, by request key."""
    found = _RECEIVED.rows(connection, list(request_keys))
    return {row.request_key: Received(row.receipt, bytes(row.request_hash)) for row in found}


def weighed(connection: Connection, case: str, since: int, brigade_weight: int) -> Weighed:
    """Return a case's weights, and its reports since a time (the last 50), oldest first."""
    marked = and_(reports.c.weight > 0, reports.c.weight <= brigade_weight)
    sums = connection.execute(
        select(
            func.coalesce(func.sum(reports.c.weight), 0), func.coalesce(func.sum(case_when((marked, 1), else_=0)), 0)
        ).where(reports.c.case_id == case)
    ).one()
    last = connection.execute(
        select(reports.c.receipt, reports.c.text_key, reports.c.young, reports.c.weight)
        .where(reports.c.case_id == case, reports.c.received_at >= since)
        .order_by(reports.c.seq.desc())
        .limit(_MOST_RECENT)
    ).all()
    recent = [Recent(row.receipt, row.text_key, bool(row.young), row.weight) for row in reversed(last)]
    return Weighed(int(sums[0]), int(sums[1]), recent)


def reported_before(connection: Connection, case: str, reporter: str) -> bool:
    query = select(reports.c.seq).where(reports.c.case_id == case, reports.c.reporter_id == reporter).limit(1)
    return connection.execute(query).one_or_none() is not None


def set_weight(connection: Connection, receipts: Sequence[str], weight: int) -> None:
    if receipts:
        connection.execute(reports.update().where(reports.c.receipt.in_(receipts)).values(weight=weight))


def content_keys(connection: Connection, subject: Subject, until: int) -> set[str]:
    """Return the keys of what was reported of a subject until a time."""
    query = select(reports.c.content_key).where(
        reports.c.subject_kind == subject.kind.value,
        reports.c.subject_id == subject.id,
        reports.c.received_at <= until,
        reports.c.content_key != "",
    )
    return set(connection.execute(query.distinct().limit(MOST_OF_A_CASE)).scalars())


def standing(connection: Connection, subject: Subject) -> Standing | None:
    """Return the last decision on a subject, unless it was undone."""
    query = (
        select(decisions.c.id, decisions.c.case_id, decisions.c.action, decisions.c.kind, decisions.c.decided_at)
        .where(decisions.c.subject_kind == subject.kind.value, decisions.c.subject_id == subject.id)
        .where(decisions.c.kind != "sample")
        .order_by(decisions.c.seq.desc())
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    if row is None or row.kind == "undo":
        return None
    told = select(reports.c.outcome).where(reports.c.case_id == row.case_id, reports.c.outcome != "").limit(1)
    outcome = connection.execute(told).scalar_one_or_none()
    return Standing(row.id, row.case_id, ActionKind(row.action), row.decided_at, outcome or "")


def context(connection: Connection, subject: Subject) -> Context:
    """Return what the checks say of a subject: who posted it, where, and how many it reaches."""
    kinds = ("message", "media") if subject.kind is SubjectKind.ITEM else (subject.kind.value,)
    query = (
        select(verdicts.c.account_id, verdicts.c.channel_id, verdicts.c.created_at)
        .where(verdicts.c.event_id == subject.id, verdicts.c.kind.in_(kinds))
        .order_by(verdicts.c.seq.desc())
        .limit(1)
    )
    found = Context()
    row = connection.execute(query).one_or_none()
    if row is not None:
        found.account, found.channel, found.seen_at = row.account_id, row.channel_id, row.created_at
    channel = subject.id if subject.kind is SubjectKind.CHANNEL else found.channel
    if channel is not None:
        reach = select(channels.c.subscribers).where(channels.c.id == channel)
        found.reach = connection.execute(reach).scalar_one_or_none() or 0
    return found


def get(connection: Connection, receipt: str) -> Report | None:
    row = connection.execute(select(reports).where(reports.c.receipt == receipt)).one_or_none()
    return from_row(row) if row else None


def of_case(connection: Connection, case: str) -> list[Report]:
    """Return a case's reports, oldest first, at most MOST_OF_A_CASE."""
    query = select(reports).where(reports.c.case_id == case).order_by(reports.c.seq).limit(MOST_OF_A_CASE)
    return [from_row(row) for row in connection.execute(query)]


def close_case(connection: Connection, case: str, *, upheld: bool | None, outcome: str) -> None:
    """Tell a case's reporters what became of it, count who was right, close its orders; in the decision's transaction.

    `outcome`: the action that was taken (the value of an ActionKind, which pages say in words), or a sentence.
    `upheld`: the decision agrees with the reports; None: it neither does nor does not. Called again, e.g. after an
    appeal, it replaces the outcome and moves the counts.
    """
    _settle(connection, case, ReportState.CLOSED, upheld, outcome, now_us())
    orders.close_case(connection, case, now_us())


def reopen_case(connection: Connection, case: str) -> None:
    """The decision was undone: its reports wait again, and nobody was right or wrong."""
    _settle(connection, case, ReportState.OPEN, None, "", None)
    orders.close_case(connection, case, None)


def forget(connection: Connection, closed_before: int, now: int, limit: int) -> int:
    """Take names, words and contents out of reports that were closed before a time. Return how many; what was decided
    on them stays. Spared are those whose subject has an open case (an appeal's is one as well), and those of a case of
    which evidence is under legal hold."""
    same = and_(cases.c.subject_kind == reports.c.subject_kind, cases.c.subject_id == reports.c.subject_id)
    held = select(evidence.c.case_id).where(evidence.c.hold != "", evidence.c.case_id.is_not(None))
    query = (
        select(reports.c.seq, reports.c.report)
        .where(reports.c.forgotten_at.is_(None), reports.c.closed_at <= closed_before)
        .where(reports.c.case_id.not_in(held), ~exists().where(same, cases.c.state == "open"))
        .order_by(reports.c.closed_at)
        .limit(limit)
    )
    rows = [{"number": row.seq, "emptied": _emptied(bytes(row.report)), "at": now} for row in connection.execute(query)]
    if rows:
        connection.execute(_FORGET, rows)
    return len(rows)


def _emptied(report: bytes) -> bytes:
    given = msgspec.json.decode(report, type=NewReport)
    kept = NewReport(subject=given.subject, reason=given.reason, reporter=Reporter(kind=given.reporter.kind))
    return msgspec.json.encode(kept)


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


def from_row(row: Row[Any]) -> Report:
    """Return the report of a row with all columns."""
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
        weight=row.weight,
    )
