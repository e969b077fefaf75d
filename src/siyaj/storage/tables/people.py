"""Who may do what, who did it, and what each day came to."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text

from siyaj.storage.tables.schema import Id, metadata

people = Table(
    "people",
    metadata,
    Column("id", Text, primary_key=True),
    Column("login", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("password_hash", Text, comment="argon2id; null: enters by OIDC only"),
    Column("totp_secret", LargeBinary, comment="sealed"),
    Column("totp_step", BigInteger, comment="the last time step that was used: a code serves once"),
    Column("oidc_subject", Text, unique=True, comment="issuer and subject"),
    Column("roles", Text, nullable=False, comment="space-separated"),
    Column("languages", Text, nullable=False, server_default="", comment="space-separated; empty: all"),
    Column("skills", Text, nullable=False, server_default="", comment="space-separated"),
    Column("preferences", Text, nullable=False, server_default="{}", comment="JSON Preferences"),
    Column("created_at", BigInteger, nullable=False),
    Column("disabled_at", BigInteger),
    Column("failures", Integer, nullable=False, server_default="0", comment="failed log-ins in a row"),
    Column("locked_until", BigInteger),
)

sessions = Table(
    "sessions",
    metadata,
    Column("hash", LargeBinary, primary_key=True, comment="SHA-256 of the 256-bit random id in the cookie"),
    Column("person_id", Text, ForeignKey("people.id"), nullable=False, index=True),
    Column("created_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("agent", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("data", Text, nullable=False, server_default="{}", comment="JSON: what the session remembers"),
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
    Column("hash", LargeBinary, nullable=False, comment="SHA-256 of the hash before and of this row: a chain"),
    Index("ix_audit_subject", "subject", "seq"),
    Index("ix_audit_who", "who", "seq"),
    Index("ix_audit_what", "what", "seq"),
)

daily_numbers = Table(
    "daily_numbers",
    metadata,
    Column("day", Text, primary_key=True, comment="YYYY-MM-DD, UTC"),
    Column("what", Text, primary_key=True, comment="verdict | report | decision | appeal | correction"),
    Column("made_by", Text, primary_key=True, comment="policy | person; of a report: user | trusted_flagger | …"),
    Column("policy", Text, primary_key=True, comment="of a report: its reason"),
    Column("language", Text, primary_key=True),
    Column("action", Text, primary_key=True),
    Column("count", BigInteger, nullable=False),
    comment="Counts of each day, kept up in the background: a dashboard must not read a million verdicts.",
)
