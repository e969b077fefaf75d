"""The spine: banks, entries, verdicts, cases, keys, audit, scans."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False, comment="`key:…`, `cli:…` or `system`"),
        sa.Column("what", sa.Text(), nullable=False, comment="e.g. `bank.create`, `entry.revoke`, `key.create`"),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", sa.LargeBinary(), nullable=False, comment="JSON object"),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit")),
    )
    op.create_table(
        "bank_changes",
        sa.Column(
            "seq",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
            comment="writers are serialised, so it grows in the order of commit",
        ),
        sa.Column("op", sa.Text(), nullable=False, comment="add | remove | touch (metadata of the entry changed)"),
        sa.Column(
            "first_ref",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
            comment="entry_signals.id; the range is inclusive",
        ),
        sa.Column("last_ref", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_bank_changes")),
        comment="The feed by which every process keeps its indexes current.",
        sqlite_autoincrement=True,
    )
    op.create_table(
        "banks",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_banks")),
        sa.UniqueConstraint("name", name=op.f("uq_banks_name")),
    )
    op.create_table(
        "cases",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False, comment="item | account | channel"),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column(
            "open_subject",
            sa.Text(),
            nullable=True,
            comment="`kind:id` while the case is open, else null: one open case a subject",
        ),
        sa.Column("state", sa.Text(), nullable=False, comment="open | closed"),
        sa.Column("policy", sa.Text(), nullable=True),
        sa.Column("reasons", sa.LargeBinary(), nullable=False, comment="JSON list of Reason"),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("verdicts", sa.Integer(), nullable=False, comment="how many verdicts were merged into it"),
        sa.Column("reports", sa.Integer(), nullable=False, comment="how many reports were merged into it"),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("deadline", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_cases")),
        sa.UniqueConstraint("id", name=op.f("uq_cases_id")),
        sa.UniqueConstraint("open_subject", name=op.f("uq_cases_open_subject")),
    )
    op.create_index("ix_cases_state_priority", "cases", ["state", "priority"], unique=False)
    op.create_table(
        "exhibits",
        sa.Column("verdict_id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False, comment="signal type"),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("variant", sa.Text(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False, comment="the signal's value, or its still: 64 × 64 grey"),
        sa.PrimaryKeyConstraint("verdict_id", "type", "part", "variant", name=op.f("pk_exhibits")),
        comment="What it takes to show a reviewer why something matched; small, grey, only where something matched.",
    )
    op.create_table(
        "keys",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False, comment="SHA-256 of the 256-bit random key"),
        sa.Column("scopes", sa.Text(), nullable=False, comment="space-separated"),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_keys")),
        sa.UniqueConstraint("hash", name=op.f("uq_keys_hash")),
    )
    op.create_table(
        "meta",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_meta")),
        comment="`instance`: the id of this database; index snapshots carry it so that they never serve another one.",
    )
    op.create_table(
        "reports",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("receipt", sa.Text(), nullable=False, comment="who has it may ask what became of the report"),
        sa.Column("request_key", sa.Text(), nullable=False, comment="whose key + idempotency key or report id"),
        sa.Column("request_hash", sa.LargeBinary(), nullable=False, comment="SHA-256 of the report that was received"),
        sa.Column("subject_kind", sa.Text(), nullable=False, comment="item | account | channel"),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("reporter_id", sa.Text(), nullable=True, comment="the platform's own id"),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False, comment="open | closed"),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column(
            "report", sa.LargeBinary(), nullable=False, comment="JSON: what was reported, by whom, and what was there"
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_reports")),
        sa.UniqueConstraint("receipt", name=op.f("uq_reports_receipt")),
        sa.UniqueConstraint("request_key", name=op.f("uq_reports_request_key")),
    )
    op.create_index(op.f("ix_reports_case_id"), "reports", ["case_id"], unique=False)
    op.create_table(
        "scan_files",
        sa.Column(
            "scan", sa.Text(), nullable=False, comment="SHA-256 of the scan's paths, policy version and bank selection"
        ),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False, comment="size and modification time when it was scanned"),
        sa.Column("result", sa.LargeBinary(), nullable=False, comment="the JSON line that was printed"),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("scan", "path", name=op.f("pk_scan_files")),
    )
    op.create_table(
        "verdicts",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("request_key", sa.Text(), nullable=False, comment="whose key + idempotency key or event id"),
        sa.Column("request_hash", sa.LargeBinary(), nullable=False, comment="SHA-256 of the request that was answered"),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=True),
        sa.Column("channel_id", sa.Text(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=True),
        sa.Column("policy_version", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False, comment="the exact JSON that was answered"),
        sa.Column(
            "record", sa.LargeBinary(), nullable=False, comment="JSON: event, signals, matches, rules, missing, timings"
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_verdicts")),
        sa.UniqueConstraint("id", name=op.f("uq_verdicts_id")),
        sa.UniqueConstraint("request_key", name=op.f("uq_verdicts_request_key")),
    )
    op.create_index(op.f("ix_verdicts_event_id"), "verdicts", ["event_id"], unique=False)
    op.create_index(
        "ix_verdicts_case_id",
        "verdicts",
        ["case_id"],
        unique=False,
        sqlite_where=sa.text("case_id IS NOT NULL"),
        postgresql_where=sa.text("case_id IS NOT NULL"),
    )
    op.create_table(
        "entries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("bank_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.Text(), nullable=False, comment="identity in its bank, e.g. `sha256:…` or `pdq:…`"),
        sa.Column("opinion", sa.Text(), nullable=False),
        sa.Column("labels", sa.LargeBinary(), nullable=False, comment="JSON list of strings"),
        sa.Column(
            "provenance", sa.LargeBinary(), nullable=False, comment="JSON object: source, who, file name, original id"
        ),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["bank_id"], ["banks.id"], name=op.f("fk_entries_bank_id_banks")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entries")),
        sa.UniqueConstraint("bank_id", "key", name=op.f("uq_entries_bank_id_key")),
    )
    op.create_table(
        "entry_confirmations",
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name=op.f("fk_entry_confirmations_entry_id_entries")),
        sa.PrimaryKeyConstraint("entry_id", "person", name=op.f("pk_entry_confirmations")),
    )
    op.create_table(
        "entry_signals",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
            comment="the `ref` that indexes carry",
        ),
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("quality", sa.Integer(), server_default="100", nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name=op.f("fk_entry_signals_entry_id_entries")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entry_signals")),
    )
    op.create_index(op.f("ix_entry_signals_entry_id"), "entry_signals", ["entry_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_entry_signals_entry_id"), table_name="entry_signals")
    op.drop_table("entry_signals")
    op.drop_table("entry_confirmations")
    op.drop_table("entries")
    op.drop_index("ix_verdicts_case_id", table_name="verdicts")
    op.drop_index(op.f("ix_verdicts_event_id"), table_name="verdicts")
    op.drop_table("verdicts")
    op.drop_table("scan_files")
    op.drop_index(op.f("ix_reports_case_id"), table_name="reports")
    op.drop_table("reports")
    op.drop_table("meta")
    op.drop_table("keys")
    op.drop_table("exhibits")
    op.drop_index("ix_cases_state_priority", table_name="cases")
    op.drop_table("cases")
    op.drop_table("banks")
    op.drop_table("bank_changes")
    op.drop_table("audit")
