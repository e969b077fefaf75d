"""A past, written straight into the tables: what verdicts and decisions there were."""

import msgspec
from sqlalchemy import select

from siyaj.model.clock import now_us
from siyaj.storage import cases, tables, verdicts
from siyaj.storage.cases import NewCase
from siyaj.storage.database import Database
from siyaj.storage.verdicts import NewVerdict

LONG_AGO = now_us() - 3_600_000_000


def add_verdicts(database: Database, *actions: str, at: int = LONG_AGO) -> None:
    """Write one verdict on a message for each action."""
    with database.begin() as connection:
        verdicts.insert(connection, [_verdict(f"{at}-{number}", action, at) for number, action in enumerate(actions)])


def _verdict(name: str, action: str, at: int) -> NewVerdict:
    return NewVerdict(
        id=f"ver_{name}",
        request_key=name,
        request_hash=b"",
        event_id=f"post-{name}",
        kind="message",
        account_id="u-1",
        channel_id=None,
        action=action,
        policy=None if action == "allow" else "tvec",
        policy_version="1",
        case_id=None,
        created_at=at,
        answer=b"{}",
        record=msgspec.json.encode({"event": {"id": name, "kind": "message", "language": "ar-SY"}}),
    )


def decide(database: Database, case: str | None, person: str, action: str, **more: object) -> str:
    """Write a decision that can no longer be undone, unless `more` says otherwise; return its id."""
    with database.begin() as connection:
        number = len(connection.execute(select(tables.decisions.c.id)).all())
        row = {
            "id": f"dec_{number}",
            "case_id": case,
            "subject_kind": "item",
            "subject_id": f"post-{number}",
            "account_id": "u-1",
            "kind": "first",
            "action": action,
            "policy": "tvec.praise" if action != "none" else None,
            "language": "ar",
            "decided_by": person,
            "decided_at": LONG_AGO,
            "effective_at": LONG_AGO,
            "draft": b"{}",
            "effects": b"{}",
            "statement": b"{}",
            **more,
        }
        connection.execute(tables.decisions.insert(), row)
    return f"dec_{number}"


def open_case(database: Database, name: str, **more: object) -> str:
    with database.begin() as connection:
        cases.insert_many(connection, [NewCase(name, "item", f"p-{name}", "tvec", [], 50, LONG_AGO, LONG_AGO)])
        if more:
            connection.execute(tables.cases.update().where(tables.cases.c.id == name).values(**more))
    return name
