"""A case whose decision was not carried out is open again; translations; lists are read in each of their orders."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column(
        "cases",
        sa.Column(
            "undelivered",
            sa.Text(),
            comment="the decision for which it is open again: a platform did not carry it out",
        ),
    )
    _replaces()
    op.create_index("ix_cases_queue_skill", "cases", ["state", "skill", "rank", "seq"])
    op.create_index("ix_audit_what", "audit", ["what", "seq"])
    for column in ("who", "subject"):  # PostgreSQL would sort all rows of equal value by their number
        op.drop_index(f"ix_audit_{column}", "audit")
        op.create_index(f"ix_audit_{column}", "audit", [column, "seq"])
    op.create_index("ix_reports_reason", "reports", ["reason", "seq"])
    op.create_index("ix_reports_weight", "reports", ["weight", "seq"])
    op.create_index("ix_entries_bank_id", "entries", ["bank_id", "id"])
    op.create_table(
        "mails",
        sa.Column(
            "id", sa.Text(), nullable=False, comment="a report's receipt, or an appeal's id; the address stands there"
        ),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("due", sa.Text(), nullable=False, comment="empty (nothing) | receipt | outcome"),
        sa.Column(
            "next_at",
            sa.BigInteger(),
            nullable=False,
            comment="of the next attempt; while one runs, when it counts as lost",
        ),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("error", sa.Text(), server_default="", nullable=False, comment="why it was given up"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mails")),
        comment="Whom to write to by e-mail, and what about. Letters are composed when they leave: none is kept.",
    )
    op.create_index(op.f("ix_mails_case_id"), "mails", ["case_id"])
    op.create_index("ix_mails_due_next_at", "mails", ["due", "next_at"])
    op.create_table(
        "translations",
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False, comment="SHA-256 of what was translated, and into which language"),
        sa.Column("target", sa.Text(), nullable=False, comment="primary subtag (BCP 47)"),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False, comment="who asked for it"),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "key", name=op.f("pk_translations")),
        comment="What a machine translated because a person on a case asked for it.",
    )


def _replaces() -> None:
    """What follows on an undone decision takes the place of what that one had taken the place of."""
    replaces = "the decision that it takes the place of, unless it is undone itself"
    op.add_column("decisions", sa.Column("replaces", sa.Text(), comment=replaces))
    known = sa.text("replaces IS NOT NULL")
    op.create_index("ix_decisions_replaces", "decisions", ["replaces"], sqlite_where=known, postgresql_where=known)
    op.execute(sa.text("UPDATE decisions SET replaces = supersedes WHERE supersedes IS NOT NULL"))
    connection = op.get_bind()
    chain = "FROM decisions later JOIN decisions back ON back.id = later.supersedes AND back.kind = 'undo' "
    for later in connection.execute(sa.text(f"SELECT later.id {chain} ORDER BY later.seq")).scalars().all():
        first = sa.text(
            f"SELECT gone.replaces {chain} JOIN decisions gone ON gone.id = back.supersedes WHERE later.id = :id"
        )
        values = {"id": later, "first": connection.execute(first, {"id": later}).scalar_one()}
        connection.execute(sa.text("UPDATE decisions SET replaces = :first WHERE id = :id"), values)
