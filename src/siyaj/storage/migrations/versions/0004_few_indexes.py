"""A case is in few indexes: opening one wrote a page for each, which cost more than the case."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_RARE = {
    "origin": ("origin <> 'content'", ["state", "origin", "rank", "seq"]),
    "kind": ("subject_kind <> 'item'", ["state", "subject_kind", "rank", "seq"]),
    "level": ("level <> 'reviewer'", ["state", "level", "rank", "seq"]),
    "skill": ("skill <> ''", ["state", "skill", "rank", "seq"]),
}


def upgrade() -> None:
    op.drop_index("ix_cases_rank", "cases")
    for name, (condition, columns) in _RARE.items():
        _replace(f"ix_cases_queue_{name}", condition, columns)
    for column in ("copy_key", "channel_id", "account_id"):
        _replace(f"ix_cases_{column}", f"{column} IS NOT NULL", [column])


def _replace(name: str, condition: str, columns: list[str]) -> None:
    which = sa.text(condition)
    op.drop_index(name, "cases")
    op.create_index(name, "cases", columns, sqlite_where=which, postgresql_where=which)
