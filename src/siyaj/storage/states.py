"""What was decided about a subject last: read for reconciliation."""

from datetime import datetime

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, FromClause, and_, not_, select

from siyaj.model.action import ActionKind
from siyaj.model.clock import now_us, to_datetime
from siyaj.model.decision import DecisionKind, Statement
from siyaj.model.report import Subject
from siyaj.storage.decisions import not_undone
from siyaj.storage.tables import decisions

_POLICY = "policy"


class Decided(Struct):
    id: str
    case: str | None
    policy: str | None
    decided_at: datetime
    appeal_url: str | None


def last_decision(connection: Connection, subject: Subject) -> Decided | None:
    """Return the newest decision of a person about a subject that is in effect: not undone, not superseded.

    A second judgement of a sample changes nothing, and neither does an appeal in which the first decision stands, nor
    the decision that stands for a verdict which was appealed.
    """
    newer = decisions.alias("newer")
    query = (
        select(decisions)
        .where(decisions.c.subject_kind == subject.kind.value, decisions.c.subject_id == subject.id)
        .where(decisions.c.effective_at <= now_us(), decisions.c.kind != DecisionKind.UNDO.value, _changes(decisions))
        .where(
            ~select(newer.c.seq).where(newer.c.replaces == decisions.c.id, not_undone(newer), _changes(newer)).exists()
        )
        .order_by(decisions.c.seq.desc())
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    statement = msgspec.json.decode(bytes(row.statement), type=Statement)
    return Decided(row.id, row.case_id, row.policy, to_datetime(row.decided_at), statement.appeal_url)


def _changes(one: FromClause) -> ColumnElement[bool]:
    upheld = and_(one.c.kind == DecisionKind.APPEAL.value, one.c.action == ActionKind.NONE.value)
    by_person = and_(one.c.kind != DecisionKind.SAMPLE.value, one.c.decided_by != _POLICY)
    return and_(by_person, not_(upheld))
