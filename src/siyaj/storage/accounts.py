"""Accounts that were checked themselves: what is needed to recognise a suspended one that comes back."""

from collections.abc import Sequence

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Row, delete, or_, select, text

from siyaj.storage.bulk import Among
from siyaj.storage.tables import accounts, actions


class KnownAccount(Struct):
    """`links` are addresses in what it says of itself; `grounds` the suspended accounts that it was taken for."""

    id: str
    seen_at: int
    handle: str = ""
    avatar: str = ""
    links: list[str] = msgspec.field(default_factory=list)
    grounds: list[str] = msgspec.field(default_factory=list)


class Suspension(Struct, frozen=True):
    """An account was suspended, or let in again."""

    seq: int
    account: str
    suspended: bool


# What was not told stays as it was.
_KEEP = text(
    "INSERT INTO accounts (id, handle, avatar, links, seen_at, grounds)"
    " VALUES (:id, :handle, :avatar, :links, :seen_at, :grounds) ON CONFLICT (id) DO UPDATE SET"
    " handle = CASE WHEN excluded.handle = '' THEN accounts.handle ELSE excluded.handle END,"
    " avatar = CASE WHEN excluded.avatar = '' THEN accounts.avatar ELSE excluded.avatar END,"
    " links = CASE WHEN excluded.links = '[]' THEN accounts.links ELSE excluded.links END,"
    " seen_at = excluded.seen_at, grounds = excluded.grounds"
)
_BY_ID = Among(select(accounts), accounts.c.id)


def known(connection: Connection, ids: Sequence[str]) -> dict[str, KnownAccount]:
    return {row.id: _account(row) for row in _BY_ID.rows(connection, ids)}


def keep(connection: Connection, seen: Sequence[KnownAccount]) -> None:
    """In the order of ids, so that two processes never wait for each other in a ring."""
    if seen:
        connection.execute(_KEEP, [_columns(one) for one in sorted(seen, key=lambda one: one.id)])


def suspensions_since(connection: Connection, seq: int, limit: int = 10_000) -> list[Suspension]:
    """Return what was done to accounts with a higher number, oldest first. A suspension undone in time is none."""
    query = (
        select(actions.c.seq, actions.c.subject_id, actions.c.kind, actions.c.cancelled_at)
        .where(
            actions.c.seq > seq,
            actions.c.kind.in_(("suspend_account", "reinstate_account")),
            or_(actions.c.kind == "suspend_account", actions.c.cancelled_at.is_(None)),
        )
        .order_by(actions.c.seq)
        .limit(limit)
    )
    return [
        Suspension(row.seq, row.subject_id, row.kind == "suspend_account" and row.cancelled_at is None)
        for row in connection.execute(query)
    ]


def forget(connection: Connection, seen_before: int, limit: int = 1_000) -> int:
    """Take out accounts that were not checked since, and were never suspended; return how many."""
    suspended = select(actions.c.subject_id).where(actions.c.kind == "suspend_account")
    old = select(accounts.c.id).where(accounts.c.seen_at < seen_before, accounts.c.id.not_in(suspended)).limit(limit)
    return connection.execute(delete(accounts).where(accounts.c.id.in_(old))).rowcount


def _account(row: Row[tuple[object, ...]]) -> KnownAccount:
    links, grounds = (msgspec.json.decode(column, type=list[str]) for column in (row.links, row.grounds))
    return KnownAccount(row.id, row.seen_at, row.handle, row.avatar, links, grounds)


def _columns(one: KnownAccount) -> dict[str, object]:
    return {
        "id": one.id,
        "handle": one.handle,
        "avatar": one.avatar,
        "links": msgspec.json.encode(one.links).decode(),
        "seen_at": one.seen_at,
        "grounds": msgspec.json.encode(one.grounds).decode(),
    }
