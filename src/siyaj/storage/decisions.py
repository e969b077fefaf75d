"""Decisions: append-only rows. What takes one back or replaces it is another row that supersedes it."""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Row, Select, exists, func, literal_column, select

from siyaj.model.action import ActionKind
from siyaj.model.clock import to_datetime, to_us
from siyaj.model.decision import Decision, DecisionKind, Draft, Statement
from siyaj.model.report import Subject, SubjectKind
from siyaj.storage.bulk import Among
from siyaj.storage.keyset import Order
from siyaj.storage.tables import decisions

_LATER, _UNDO = decisions.alias("later"), decisions.alias("undo")
_UNDOES: Any = literal_column(f"'{DecisionKind.UNDO.value}'")
"""No bound value: questions by many ids are compiled once."""


def not_undone(one: Any) -> Any:
    """The condition that a row (of `decisions` or an alias) was not undone."""
    return ~exists().where(_UNDO.c.supersedes == one.c.id, _UNDO.c.kind == _UNDOES)


_NOTHING: Any = literal_column("''")
_SUPERSEDED_BY = (
    # Of the plain id SQLite would read the greatest first, and so all decisions for each one shown, where none fits.
    select(func.max(_LATER.c.id.concat(_NOTHING)))
    .where(_LATER.c.replaces == decisions.c.id, not_undone(_LATER))
    .scalar_subquery()
)
_SHOWN: Select[Any] = select(decisions, _SUPERSEDED_BY.label("superseded_by"))
"""As a join SQLite would make an index of its own over all decisions, at each question."""
_BY_IDS = Among(_SHOWN, decisions.c.id)
WHEN = Order(decisions.c.seq, decisions.c.seq)
POLICY = Order(decisions.c.policy, decisions.c.seq, nullable=True)
DECIDED_BY = Order(decisions.c.decided_by, decisions.c.seq)
"""Orders of lists, each with an index."""


class BankedEntry(Struct, omit_defaults=True):
    """An entry that a decision made or confirmed; `before` is what it was like, where the bank had it already."""

    bank: str
    entry: int
    created: bool
    by: str
    """The name under which its maker confirmed it."""
    before: dict[str, Any] = msgspec.field(default_factory=dict)


class Effects(Struct, omit_defaults=True):
    """What a decision changed beside its actions and strikes, so that undoing it is exact. `key` is the closed case's
    `open_subject`; `copies` are the decisions on exact copies; `appeals` those that it settled."""

    key: str = ""
    entries: list[BankedEntry] = msgspec.field(default_factory=list)
    copies: list[str] = msgspec.field(default_factory=list)
    lead: str = ""
    """Of a copy: the decision that it was made with."""
    appeals: list[str] = msgspec.field(default_factory=list)
    second_opinion: str = ""
    reversed: list[str] = msgspec.field(default_factory=list)
    """Strikes that it reversed."""
    unbanked: list[BankedEntry] = msgspec.field(default_factory=list)
    """Entries that it took back."""
    undelivered: str = ""
    """The decision that it took the place of because a platform did not carry that one out."""
    overtaken: list[str] = msgspec.field(default_factory=list)
    """Actions of that one which arrived nowhere, and no longer need to."""


class DecisionFilter(Struct, kw_only=True, omit_defaults=True):
    """All that are given must hold."""

    subject: Subject | None = None
    case: str = ""
    account: str = ""
    channel: str = ""
    decided_by: str = ""
    policy: str = ""
    language: str | None = None
    action: ActionKind | None = None
    kind: DecisionKind | None = None


def insert(connection: Connection, made: Decision, effects: Effects) -> None:
    """Raises AlreadyExists when another decision superseded the same one first."""
    connection.execute(
        decisions.insert(),
        {
            "id": made.id,
            "case_id": made.case,
            "verdict_id": made.verdict,
            "subject_kind": made.subject.kind.value,
            "subject_id": made.subject.id,
            "account_id": made.account,
            "channel_id": made.channel,
            "kind": made.kind.value,
            "action": made.draft.action.value,
            "policy": made.draft.policy or None,
            "language": made.language,
            "decided_by": made.decided_by,
            "decided_at": to_us(made.decided_at),
            "effective_at": to_us(made.effective_at),
            "supersedes": made.supersedes,
            "replaces": _replaced(connection, made.supersedes),
            "agreed_with": made.agreed_with,
            "effects": msgspec.json.encode(effects),
            "draft": msgspec.json.encode(made.draft),
            "statement": msgspec.json.encode(made.statement),
        },
    )


def _replaced(connection: Connection, before: str | None) -> str | None:
    """Return what takes the place of which decision, by the row before it in the chain: behind an undone one, it is
    what that one had replaced."""
    undone = (
        select(_LATER.c.replaces)
        .join(_UNDO, _UNDO.c.supersedes == _LATER.c.id)
        .where(_UNDO.c.id == before, _UNDO.c.kind == DecisionKind.UNDO.value)
    )
    row = connection.execute(undone).one_or_none() if before is not None else None
    return before if row is None else row.replaces


def last_in_chain(connection: Connection, decision: str) -> str:
    """Return the last one of the rows that supersede each other, undone and undoing ones among them."""
    while True:
        later = connection.execute(
            select(decisions.c.id).where(decisions.c.supersedes == decision)
        ).scalar_one_or_none()
        if later is None:
            return decision
        decision = later


def get(connection: Connection, decision: str) -> Decision | None:
    row = connection.execute(_SHOWN.where(decisions.c.id == decision)).one_or_none()
    return from_row(row) if row else None


def among(connection: Connection, ids: Sequence[str]) -> dict[str, Decision]:
    return {row.id: from_row(row) for row in _BY_IDS.rows(connection, list(ids))}


def effects(connection: Connection, decision: str) -> Effects:
    row = connection.execute(select(decisions.c.effects).where(decisions.c.id == decision)).one()
    return msgspec.json.decode(bytes(row.effects), type=Effects)


def of_verdict(connection: Connection, verdict: str) -> Decision | None:
    """Return the row in which the policy's own verdict stands as a decision, if it was written."""
    query = _SHOWN.where(decisions.c.verdict_id == verdict, decisions.c.decided_by == "policy")
    row = connection.execute(query).first()
    return from_row(row) if row else None


def page(
    connection: Connection, chosen: DecisionFilter, before: int | None = None, limit: int = 50
) -> list[tuple[int, Decision]]:
    """Return (number, decision), newest first, with a number below `before`."""
    query = those(chosen)
    if before is not None:
        query = query.where(decisions.c.seq < before)
    rows = connection.execute(query.order_by(decisions.c.seq.desc()).limit(limit))
    return [(row.seq, from_row(row)) for row in rows]


def those(chosen: DecisionFilter) -> Select[Any]:
    """Return the question for them, in no order; its rows are read by `from_row`."""
    return _SHOWN.where(*_conditions(chosen))


def touching(connection: Connection, subject: Subject, limit: int = 50) -> list[Decision]:
    """Return the decisions on a subject, and for an account or channel those on its items, newest first.

    Two questions, each of its own index: asked with `or` and a limit, SQLite walks back through all decisions.
    """
    c = decisions.c
    touched: list[Any] = [(c.subject_kind == subject.kind.value) & (c.subject_id == subject.id)]
    if subject.kind is SubjectKind.ACCOUNT:
        touched.append(c.account_id == subject.id)
    elif subject.kind is SubjectKind.CHANNEL:
        touched.append(c.channel_id == subject.id)
    found: dict[int, Row[Any]] = {}
    for own in touched:
        query = _SHOWN.where(own, c.kind != DecisionKind.SAMPLE.value).order_by(c.seq.desc()).limit(limit)
        found |= {row.seq: row for row in connection.execute(query)}
    return [from_row(found[seq]) for seq in sorted(found, reverse=True)[:limit]]


def _conditions(chosen: DecisionFilter) -> list[Any]:
    c = decisions.c
    equal = [
        (c.case_id, chosen.case or None),
        (c.account_id, chosen.account or None),
        (c.channel_id, chosen.channel or None),
        (c.decided_by, chosen.decided_by or None),
        (c.policy, chosen.policy or None),
        (c.language, chosen.language),
        (c.action, chosen.action.value if chosen.action else None),
        (c.kind, chosen.kind.value if chosen.kind else None),
        (c.subject_kind, chosen.subject.kind.value if chosen.subject else None),
        (c.subject_id, chosen.subject.id if chosen.subject else None),
    ]
    return [column == value for column, value in equal if value is not None]


def from_row(row: Row[Any]) -> Decision:
    return Decision(
        id=row.id,
        case=row.case_id,
        verdict=row.verdict_id,
        subject=Subject(SubjectKind(row.subject_kind), row.subject_id),
        account=row.account_id,
        channel=row.channel_id,
        kind=DecisionKind(row.kind),
        draft=msgspec.json.decode(bytes(row.draft), type=Draft),
        language=row.language,
        decided_by=row.decided_by,
        decided_at=to_datetime(row.decided_at),
        effective_at=to_datetime(row.effective_at),
        supersedes=row.supersedes,
        superseded_by=row.superseded_by,
        agreed_with=row.agreed_with,
        statement=msgspec.json.decode(bytes(row.statement), type=Statement),
    )
