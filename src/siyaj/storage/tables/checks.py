"""What was checked, what was kept of it, and what was seen of channels and accounts meanwhile."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Table, Text

from siyaj.storage.tables.schema import Id, metadata, partial

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
    partial("ix_verdicts_case_id", "case_id IS NOT NULL", "case_id"),
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

late_checks = Table(
    "late_checks",
    metadata,
    Column("verdict_id", Text, primary_key=True, comment="what was answered at once, `pending`"),
    Column("scope", Text, nullable=False, comment="whose key"),
    Column("who", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_at", BigInteger, nullable=False, index=True, comment="when another process may take it over"),
    comment="Checks answered while their media was still being decoded; gone when the final verdict is there.",
)

evidence = Table(
    "evidence",
    metadata,
    Column("seq", Id, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("case_id", Text, index=True),
    Column("subject_kind", Text, nullable=False),
    Column("subject_id", Text, nullable=False),
    Column("verdict_id", Text, index=True),
    Column("receipt", Text, index=True, comment="the report it came with"),
    Column("name", Text, nullable=False, comment="the file's name as the platform gave it"),
    Column("media_type", Text, nullable=False),
    Column("size", BigInteger, nullable=False, comment="bytes, unsealed"),
    Column("sha256", Text, nullable=False, comment="of what was sealed"),
    Column("sealed_by", Text, nullable=False),
    Column("sealed_at", BigInteger, nullable=False),
    Column("why", Text, nullable=False),
    Column("key_id", Text, nullable=False, comment="which key sealed it"),
    Column("nonce", LargeBinary, nullable=False),
    Column("location", Text, nullable=False, comment="its name in the blob store"),
    Column("keep_until", BigInteger, nullable=False),
    Column("hold", Text, nullable=False, server_default="", comment="why it is under legal hold; empty: it is not"),
    Column("destroyed_at", BigInteger),
    Index("ix_evidence_subject_kind_subject_id", "subject_kind", "subject_id"),
    Index("ix_evidence_keep_until", "keep_until"),
    Index("ix_evidence_sha256", "sha256"),
    comment="Sealed copies of what was decided on: removing is not destroying.",
)

channels = Table(
    "channels",
    metadata,
    Column("id", Text, primary_key=True, comment="the platform's own id"),
    Column("title", Text, nullable=False, server_default=""),
    Column("handle", Text, nullable=False, server_default=""),
    Column("topic", Text, nullable=False, server_default=""),
    Column("avatar", Text, nullable=False, server_default="", comment="pdq"),
    Column("subscribers", BigInteger),
    Column("public", Integer),
    Column("admins", Text, nullable=False, server_default="[]", comment="JSON list of accounts' ids"),
    Column("created_at", BigInteger, comment="when it was made on the platform, where the platform told its age"),
    Column("first_seen_at", BigInteger, nullable=False),
    Column("last_seen_at", BigInteger, nullable=False),
    Column("checked", BigInteger, nullable=False, server_default="0", comment="items"),
    Column("held", BigInteger, nullable=False, server_default="0"),
    Column("blocked", BigInteger, nullable=False, server_default="0"),
    Column("removed", BigInteger, nullable=False, server_default="0", comment="items that a person decided to remove"),
    Column("reports", BigInteger, nullable=False, server_default="0", comment="on it and on items in it"),
    Column("state", Text, nullable=False, server_default="open", comment="open | limited | closed"),
    Column("closed_at", BigInteger),
    Column("fired", Text, nullable=False, server_default="{}", comment="JSON: what each rule's case rested on"),
    Index("ix_channels_last_seen_at", "last_seen_at"),
    Index("ix_channels_state", "state"),
)

channel_days = Table(
    "channel_days",
    metadata,
    Column("channel_id", Text, primary_key=True),
    Column("day", Integer, primary_key=True, comment="days since 1970, UTC"),
    Column("language", Text, primary_key=True, comment="primary subtag (BCP 47), or empty"),
    Column("checked", BigInteger, nullable=False),
    Column("held", BigInteger, nullable=False),
    Column("blocked", BigInteger, nullable=False),
    comment="Items by day and language: a channel's history in few rows.",
)

channel_links = Table(
    "channel_links",
    metadata,
    Column("channel_id", Text, primary_key=True),
    Column("kind", Text, primary_key=True, comment="own (the way into this channel) | invite (into another) | link"),
    Column("url", Text, primary_key=True, comment="canonical, as the signal type `url` writes it"),
    Column("first_at", BigInteger, nullable=False),
    Column("last_at", BigInteger, nullable=False),
    Column("times", BigInteger, nullable=False),
    Index("ix_channel_links_url", "url"),
    comment="Where a channel can be entered, and where it leads.",
)

channel_facts = Table(
    "channel_facts",
    metadata,
    Column("seq", Id, primary_key=True),
    Column("channel_id", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column(
        "what",
        Text,
        nullable=False,
        comment="subscribers | title | topic | handle | avatar | admin (+id or -id) | state",
    ),
    Column("value", Text, nullable=False),
    Index("ix_channel_facts_channel_id_what_at", "channel_id", "what", "at"),
    comment="What changed about a channel, and when.",
)

accounts = Table(
    "accounts",
    metadata,
    Column("id", Text, primary_key=True, comment="the platform's own id"),
    Column("handle", Text, nullable=False, server_default=""),
    Column("avatar", Text, nullable=False, server_default="", comment="pdq"),
    Column(
        "links", Text, nullable=False, server_default="[]", comment="JSON list: addresses in what it says of itself"
    ),
    Column("seen_at", BigInteger, nullable=False, comment="when it was last checked itself"),
    Column("grounds", Text, nullable=False, server_default="[]", comment="JSON: suspended accounts it was taken for"),
    comment="What is needed to recognise a suspended account that comes back; only of accounts that were checked.",
)
