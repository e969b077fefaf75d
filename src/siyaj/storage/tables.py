"""All tables, one schema for SQLite and PostgreSQL. Times are UTC, in microseconds since 1970 (integers sort,
compare and index alike on both engines). JSON columns hold msgspec-encoded bytes.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Id = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows only for a column that is declared exactly INTEGER."""

meta = Table(
    "meta",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
    comment="`instance`: the id of this database; index snapshots carry it so that they never serve another one.",
)

banks = Table(
    "banks",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("description", Text, nullable=False, server_default=""),
    Column("created_at", BigInteger, nullable=False),
)

entries = Table(
    "entries",
    metadata,
    Column("id", Id, primary_key=True),
    Column("bank_id", Id, ForeignKey("banks.id"), nullable=False),
    Column("key", Text, nullable=False, comment="identity in its bank, e.g. `sha256:…` or `pdq:…`"),
    Column("opinion", Text, nullable=False),
    Column("labels", LargeBinary, nullable=False, comment="JSON list of strings"),
    Column("provenance", LargeBinary, nullable=False, comment="JSON object: source, who, file name, original id"),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("revoked_at", BigInteger),
    UniqueConstraint("bank_id", "key"),
)

entry_signals = Table(
    "entry_signals",
    metadata,
    Column("id", Id, primary_key=True, comment="the `ref` that indexes carry"),
    Column("entry_id", Id, ForeignKey("entries.id"), nullable=False, index=True),
    Column("type", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("quality", Integer, nullable=False, server_default="100"),
)

entry_confirmations = Table(
    "entry_confirmations",
    metadata,
    Column("entry_id", Id, ForeignKey("entries.id"), primary_key=True),
    Column("person", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
)

bank_changes = Table(
    "bank_changes",
    metadata,
    Column("seq", Id, primary_key=True, comment="writers are serialised, so it grows in the order of commit"),
    Column("op", Text, nullable=False, comment="add | remove | touch (metadata of the entry changed)"),
    Column("first_ref", Id, nullable=False, comment="entry_signals.id; the range is inclusive"),
    Column("last_ref", Id, nullable=False),
    Column("at", BigInteger, nullable=False),
    comment="The feed by which every process keeps its indexes current.",
    sqlite_autoincrement=True,
)

verdicts = Table(
    "verdicts",
    metadata,
    Column("seq", Id, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("request_key", Text, nullable=False, unique=True, comment="whose key + idempotency key or event id"),
    Column("request_hash", LargeBinary, nullable=False, comment="SHA-256 of the request that was answered"),
    Column("event_id", Text, nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("account_id", Text),
    Column("channel_id", Text),
    Column("action", Text, nullable=False),
    Column("policy", Text),
    Column("policy_version", Text, nullable=False),
    Column("case_id", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("answer", LargeBinary, nullable=False, comment="the exact JSON that was answered"),
    Column(
        "record",
        LargeBinary,
        nullable=False,
        comment="JSON: event, signals, matches, rules, missing, timings",
    ),
    Index(
        "ix_verdicts_case_id",
        "case_id",
        sqlite_where=text("case_id IS NOT NULL"),
        postgresql_where=text("case_id IS NOT NULL"),
    ),
)

exhibits = Table(
    "exhibits",
    metadata,
    Column("verdict_id", Text, primary_key=True),
    Column("type", Text, primary_key=True, comment="signal type"),
    Column("part", Text, primary_key=True),
    Column("variant", Text, primary_key=True),
    Column("data", LargeBinary, nullable=False, comment="the signal's value, or its still: 64 × 64 grey"),
    comment="What it takes to show a reviewer why something matched; small, grey, only where something matched.",
)

cases = Table(
    "cases",
    metadata,
    Column("seq", Id, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("subject_kind", Text, nullable=False, comment="item | account | channel"),
    Column("subject_id", Text, nullable=False),
    Column(
        "open_subject",
        Text,
        unique=True,
        comment="`kind:id` while the case is open, else null: one open case a subject",
    ),
    Column("state", Text, nullable=False, comment="open | closed"),
    Column("policy", Text),
    Column("reasons", LargeBinary, nullable=False, comment="JSON list of Reason"),
    Column("priority", Integer, nullable=False),
    Column("verdicts", Integer, nullable=False, comment="how many verdicts were merged into it"),
    Column("reports", Integer, nullable=False, comment="how many reports were merged into it"),
    Column("opened_at", BigInteger, nullable=False),
    Column("deadline", BigInteger, nullable=False),
    Index("ix_cases_state_priority", "state", "priority"),
)

reports = Table(
    "reports",
    metadata,
    Column("seq", Id, primary_key=True),
    Column("receipt", Text, nullable=False, unique=True, comment="who has it may ask what became of the report"),
    Column("request_key", Text, nullable=False, unique=True, comment="whose key + idempotency key or report id"),
    Column("request_hash", LargeBinary, nullable=False, comment="SHA-256 of the report that was received"),
    Column("subject_kind", Text, nullable=False, comment="item | account | channel"),
    Column("subject_id", Text, nullable=False),
    Column("reporter_id", Text, comment="the platform's own id"),
    Column("case_id", Text, nullable=False, index=True),
    Column("state", Text, nullable=False, comment="open | closed"),
    Column("outcome", Text, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("report", LargeBinary, nullable=False, comment="JSON: what was reported, by whom, and what was there"),
)

keys = Table(
    "keys",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("hash", LargeBinary, nullable=False, unique=True, comment="SHA-256 of the 256-bit random key"),
    Column("scopes", Text, nullable=False, comment="space-separated"),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("revoked_at", BigInteger),
)

audit = Table(
    "audit",
    metadata,
    Column("seq", Id, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("who", Text, nullable=False, comment="`key:…`, `cli:…` or `system`"),
    Column("what", Text, nullable=False, comment="e.g. `bank.create`, `entry.revoke`, `key.create`"),
    Column("subject", Text, nullable=False),
    Column("detail", LargeBinary, nullable=False, comment="JSON object"),
)

scan_files = Table(
    "scan_files",
    metadata,
    Column(
        "scan",
        Text,
        primary_key=True,
        comment="SHA-256 of the scan's paths, policy version and bank selection",
    ),
    Column("path", Text, primary_key=True),
    Column("fingerprint", Text, nullable=False, comment="size and modification time when it was scanned"),
    Column("result", LargeBinary, nullable=False, comment="the JSON line that was printed"),
    Column("at", BigInteger, nullable=False),
)
