"""What is known, how it came and went, and how far a scan has got."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text, UniqueConstraint

from siyaj.storage.tables.schema import Id, metadata

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
    Index("ix_entries_bank_id", "bank_id", "id"),
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
