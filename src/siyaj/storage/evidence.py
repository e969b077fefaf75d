"""Evidence rows: what is known of sealed blobs. The bytes themselves are in the blob store."""

from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Row, ScalarSelect, Select, and_, exists, func, select

from siyaj.model.clock import to_datetime, to_us
from siyaj.model.evidence import Evidence
from siyaj.model.report import Subject, SubjectKind
from siyaj.storage.keyset import Order
from siyaj.storage.tables import cases, evidence

SEALED = Order(evidence.c.seq, evidence.c.seq)
KEEP_UNTIL = Order(evidence.c.keep_until, evidence.c.seq)
"""Orders of lists, each with an index."""


class Kept(Struct):
    """A row with what it takes to open it."""

    evidence: Evidence
    key_id: str
    nonce: bytes
    location: str


class Due(Struct):
    """Evidence whose time has come by its own date. `closed_at`: when the last case of its subject was closed,
    where there was one."""

    id: str
    location: str
    keep_until: int
    closed_at: int | None


def insert(connection: Connection, sealed: Sequence[Kept]) -> None:
    if sealed:
        connection.execute(evidence.insert(), [_columns(one) for one in sealed])


def get(connection: Connection, evidence_id: str) -> Kept | None:
    row = connection.execute(select(evidence).where(evidence.c.id == evidence_id)).one_or_none()
    return Kept(from_row(row), row.key_id, bytes(row.nonce), row.location) if row else None


def copy_of(connection: Connection, sha256: str, keep_until: int) -> Kept | None:
    """Return live evidence of the same bytes whose date is not before `keep_until`."""
    query = (
        select(evidence)
        .where(evidence.c.sha256 == sha256, evidence.c.destroyed_at.is_(None), evidence.c.keep_until >= keep_until)
        .order_by(evidence.c.seq.desc())
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return Kept(from_row(row), row.key_id, bytes(row.nonce), row.location) if row else None


def listed(
    connection: Connection,
    *,
    case: str = "",
    subject: Subject | None = None,
    receipt: str = "",
    verdict: str = "",
    held: bool | None = None,
    after: str = "",
    limit: int = 1_000,
) -> list[Evidence]:
    """Return evidence, oldest first, behind the id `after`; also what was destroyed: its row stays."""
    query = select(evidence)
    if case:
        query = query.where(evidence.c.case_id == case)
    if subject is not None:
        query = query.where(evidence.c.subject_kind == subject.kind.value, evidence.c.subject_id == subject.id)
    if receipt:
        query = query.where(evidence.c.receipt == receipt)
    if verdict:
        query = query.where(evidence.c.verdict_id == verdict)
    if held is not None:
        query = query.where(evidence.c.hold != "" if held else evidence.c.hold == "")
    if after:
        query = query.where(evidence.c.seq > _number_of(after))
    return [from_row(row) for row in connection.execute(query.order_by(evidence.c.seq).limit(limit))]


def those(*, case: str = "", subject: str = "", state: str = "") -> Select[Any]:
    """Return the question for evidence, in no order; its rows are read by `from_row`. `subject`: `kind:id`; `state`:
    kept, held or destroyed."""
    query = select(evidence)
    if case:
        query = query.where(evidence.c.case_id == case)
    if subject:
        kind, _, subject_id = subject.partition(":")
        query = query.where(evidence.c.subject_kind == kind, evidence.c.subject_id == subject_id)
    if state == "destroyed":
        query = query.where(evidence.c.destroyed_at.is_not(None))
    elif state:
        held = evidence.c.hold != "" if state == "held" else evidence.c.hold == ""
        query = query.where(evidence.c.destroyed_at.is_(None), held)
    return query


def set_hold(connection: Connection, evidence_id: str, why: str) -> bool:
    """False when it is not there, or destroyed."""
    live = (evidence.c.id == evidence_id) & evidence.c.destroyed_at.is_(None)
    return connection.execute(evidence.update().where(live).values(hold=why)).rowcount == 1


def set_keep_until(connection: Connection, evidence_id: str, moment: int) -> None:
    connection.execute(evidence.update().where(evidence.c.id == evidence_id).values(keep_until=moment))


def due(connection: Connection, now: int, limit: int) -> list[Due]:
    """Return evidence past its date that is neither held nor destroyed, nor of a subject that has an open case: an
    appeal's is one as well."""
    same = and_(cases.c.subject_kind == evidence.c.subject_kind, cases.c.subject_id == evidence.c.subject_id)
    closed_at = select(func.max(cases.c.closed_at)).where(same).scalar_subquery()
    query = (
        select(evidence.c.id, evidence.c.location, evidence.c.keep_until, closed_at.label("closed_at"))
        .where(evidence.c.keep_until <= now, evidence.c.hold == "", evidence.c.destroyed_at.is_(None))
        .where(~exists().where(same, cases.c.state == "open"))
        .order_by(evidence.c.keep_until)
        .limit(limit)
    )
    return [Due(row.id, row.location, row.keep_until, row.closed_at) for row in connection.execute(query)]


def mark_destroyed(connection: Connection, evidence_id: str, now: int) -> bool:
    """False when it was held or destroyed meanwhile."""
    free = (evidence.c.id == evidence_id) & (evidence.c.hold == "") & evidence.c.destroyed_at.is_(None)
    return connection.execute(evidence.update().where(free).values(destroyed_at=now)).rowcount == 1


def live_locations(connection: Connection, locations: Iterable[str]) -> set[str]:
    """Return those that a row names which is not destroyed."""
    query = select(evidence.c.location).where(
        evidence.c.location.in_(list(locations)), evidence.c.destroyed_at.is_(None)
    )
    return set(connection.execute(query).scalars())


def _number_of(evidence_id: str) -> ScalarSelect[int]:
    return select(evidence.c.seq).where(evidence.c.id == evidence_id).scalar_subquery()


def from_row(row: Row[tuple[object, ...]]) -> Evidence:
    return Evidence(
        id=row.id,
        subject=Subject(SubjectKind(row.subject_kind), row.subject_id),
        case=row.case_id,
        verdict=row.verdict_id,
        receipt=row.receipt,
        name=row.name,
        media_type=row.media_type,
        size=row.size,
        sha256=row.sha256,
        sealed_by=row.sealed_by,
        sealed_at=to_datetime(row.sealed_at),
        why=row.why,
        keep_until=to_datetime(row.keep_until),
        hold=row.hold,
        destroyed_at=to_datetime(row.destroyed_at) if row.destroyed_at is not None else None,
    )


def _columns(one: Kept) -> dict[str, object]:
    known = one.evidence
    return {
        "id": known.id,
        "case_id": known.case,
        "subject_kind": known.subject.kind.value,
        "subject_id": known.subject.id,
        "verdict_id": known.verdict,
        "receipt": known.receipt,
        "name": known.name,
        "media_type": known.media_type,
        "size": known.size,
        "sha256": known.sha256,
        "sealed_by": known.sealed_by,
        "sealed_at": to_us(known.sealed_at),
        "why": known.why,
        "key_id": one.key_id,
        "nonce": one.nonce,
        "location": one.location,
        "keep_until": to_us(known.keep_until),
        "hold": known.hold,
    }
