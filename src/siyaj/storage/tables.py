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


def _partial(name: str, condition: str, *columns: str) -> Index:
    """Return an index of those rows only that are as the condition says."""
    return Index(name, *columns, sqlite_where=text(condition), postgresql_where=text(condition))


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
    _partial("ix_verdicts_case_id", "case_id IS NOT NULL", "case_id"),
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
    Column(
        "rank",
        Integer,
        nullable=False,
        server_default="100",
        comment="100 − priority: the queue is read in the order of its index, rank then seq",
    ),
    Column("verdicts", Integer, nullable=False, comment="how many verdicts were merged into it"),
    Column("reports", Integer, nullable=False, comment="how many reports were merged into it"),
    Column("opened_at", BigInteger, nullable=False),
    Column("deadline", BigInteger, nullable=False),
    Column(
        "version",
        Integer,
        nullable=False,
        server_default="1",
        comment="grows with each change: what a stale screen sends is refused",
    ),
    Column(
        "origin", Text, nullable=False, server_default="content", comment="content | appeal | order | sample | channel"
    ),
    Column("language", Text, nullable=False, server_default="", comment="primary subtag (BCP 47) of what was posted"),
    Column("skill", Text, nullable=False, server_default="", comment="what its reviewer must be able to, e.g. `video`"),
    Column("level", Text, nullable=False, server_default="reviewer", comment="reviewer | lead (escalated)"),
    Column("urgent", Integer, nullable=False, server_default="0", comment="1: a threat to life; before all others"),
    Column("reach", BigInteger, nullable=False, server_default="0", comment="subscribers, or views so far"),
    Column("priority_reasons", Text, nullable=False, server_default="[]", comment="JSON list of PriorityReason"),
    Column("account_id", Text, comment="who posted it"),
    Column("channel_id", Text, comment="where it was posted"),
    Column("copy_key", Text, comment="what exact copies share: `sha256:…` of the file or of the folded text"),
    Column("holder", Text, comment="the person who holds the lease"),
    Column("held_until", BigInteger, comment="when the lease ends; a lease in the past is none"),
    Column("assignee", Text, comment="the person it was handed over to"),
    Column("second_opinion", Text, nullable=False, server_default="", comment="empty | asked | agreed | split"),
    Column("first_seen_at", BigInteger, comment="when a person first took it"),
    Column("closed_at", BigInteger),
    Column("decision_id", Text, comment="the one that closed it"),
    Column("undelivered", Text, comment="the decision for which it is open again: a platform did not carry it out"),
    Index("ix_cases_queue", "state", "rank", "seq"),
    Index("ix_cases_queue_language", "state", "language", "rank", "seq"),
    Index("ix_cases_queue_policy", "state", "policy", "rank", "seq"),
    # Opening a case writes a page for each index that it is in: so it is in few. What most cases are alike in is read
    # from the queue's own index; these hold the others (`storage.queue` names the condition in its questions).
    _partial("ix_cases_queue_origin", "origin <> 'content'", "state", "origin", "rank", "seq"),
    _partial("ix_cases_queue_kind", "subject_kind <> 'item'", "state", "subject_kind", "rank", "seq"),
    _partial("ix_cases_queue_level", "level <> 'reviewer'", "state", "level", "rank", "seq"),
    _partial("ix_cases_queue_skill", "skill <> ''", "state", "skill", "rank", "seq"),
    _partial("ix_cases_holder", "holder IS NOT NULL", "holder"),
    _partial("ix_cases_assignee", "assignee IS NOT NULL", "assignee"),
    Index("ix_cases_subject_kind_subject_id", "subject_kind", "subject_id"),
    _partial("ix_cases_copy_key", "copy_key IS NOT NULL", "copy_key"),
    _partial("ix_cases_channel_id", "channel_id IS NOT NULL", "channel_id"),
    _partial("ix_cases_account_id", "account_id IS NOT NULL", "account_id"),
    Index("ix_cases_state_deadline", "state", "deadline", "seq"),
    Index("ix_cases_opened_at", "opened_at", "first_seen_at"),
    Index("ix_cases_closed_at", "closed_at", "opened_at"),
)

translations = Table(
    "translations",
    metadata,
    Column("case_id", Text, primary_key=True),
    Column("key", Text, primary_key=True, comment="SHA-256 of what was translated, and into which language"),
    Column("target", Text, nullable=False, comment="primary subtag (BCP 47)"),
    Column("text", Text, nullable=False),
    Column("by", Text, nullable=False, comment="who asked for it"),
    Column("at", BigInteger, nullable=False),
    comment="What a machine translated because a person on a case asked for it.",
)

case_skips = Table(
    "case_skips",
    metadata,
    Column("case_id", Text, primary_key=True),
    Column("person", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("why", Text, nullable=False, server_default=""),
    Column("barred", Integer, nullable=False, server_default="0", comment="1: decided before, so not again"),
    comment="Who passed a case on: it is not offered to them again for a while.",
)

notes = Table(
    "notes",
    metadata,
    Column("seq", Id, primary_key=True),
    Column("case_id", Text, nullable=False, index=True),
    Column("person", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("text", Text, nullable=False),
    Column("mentions", LargeBinary, nullable=False, comment="JSON list of people's ids"),
)

mentions = Table(
    "mentions",
    metadata,
    Column("note_seq", Id, ForeignKey("notes.seq"), primary_key=True),
    Column("person", Text, primary_key=True),
    Column("case_id", Text, nullable=False),
    Column("read_at", BigInteger),
    Index("ix_mentions_person_read_at", "person", "read_at"),
)

second_opinions = Table(
    "second_opinions",
    metadata,
    Column("case_id", Text, primary_key=True),
    Column("round", Integer, primary_key=True),
    Column("person", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("draft", LargeBinary, nullable=False, comment="JSON Draft: what this person would decide"),
    comment="Blind: nobody sees another's draft of the same round until both stand.",
)

decisions = Table(
    "decisions",
    metadata,
    Column("seq", Id, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("case_id", Text, index=True, comment="null where the policy decided alone"),
    Column("verdict_id", Text, index=True, comment="the automated verdict that this confirms or that stands alone"),
    Column("subject_kind", Text, nullable=False, comment="item | account | channel"),
    Column("subject_id", Text, nullable=False),
    Column("account_id", Text, comment="who is affected"),
    Column("channel_id", Text),
    Column("kind", Text, nullable=False, comment="first | undo | appeal | correction | sample"),
    Column("action", Text, nullable=False, comment="none | label | limit | remove | restore | suspend_account | …"),
    Column("policy", Text),
    Column("language", Text, nullable=False, server_default=""),
    Column("decided_by", Text, nullable=False, comment="a person's id, or `policy`"),
    Column("decided_at", BigInteger, nullable=False),
    Column("effective_at", BigInteger, nullable=False, comment="until then it can be undone; then its actions leave"),
    Column(
        "supersedes", Text, unique=True, comment="the decision that this one replaces; never edited, only superseded"
    ),
    Column("replaces", Text, comment="the decision that it takes the place of, unless it is undone itself"),
    Column("agreed_with", Text, comment="the person whose blind opinion was the same"),
    Column(
        "effects",
        LargeBinary,
        nullable=False,
        comment="JSON Effects: what it changed beside actions and strikes, so that it can be taken back exactly",
    ),
    Column("draft", LargeBinary, nullable=False, comment="JSON Draft: policy, organisation, act, exemption, reasons"),
    Column("statement", LargeBinary, nullable=False, comment="JSON Statement: DSA Article 17, as it was sent"),
    Index("ix_decisions_subject_kind_subject_id", "subject_kind", "subject_id"),
    Index("ix_decisions_account_id", "account_id"),
    Index("ix_decisions_channel_id", "channel_id"),
    # Only of those that have it: by the statistics of an index of mostly nulls, SQLite rather reads all decisions.
    _partial("ix_decisions_replaces", "replaces IS NOT NULL", "replaces"),
    Index("ix_decisions_decided_at", "decided_at"),
    Index("ix_decisions_decided_by", "decided_by", "seq"),
    Index("ix_decisions_policy", "policy", "seq"),
    comment="Append-only.",
)

strikes = Table(
    "strikes",
    metadata,
    Column("seq", Id, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("subject_kind", Text, nullable=False, comment="account | channel"),
    Column("subject_id", Text, nullable=False),
    Column("decision_id", Text, nullable=False, index=True),
    Column("weight", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("reversed_at", BigInteger),
    Column("reversed_by", Text, comment="the decision that reversed it"),
    Index("ix_strikes_subject_kind_subject_id", "subject_kind", "subject_id"),
)

appeals = Table(
    "appeals",
    metadata,
    Column("seq", Id, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("decision_id", Text, nullable=False),
    Column("case_id", Text, nullable=False, index=True, comment="the case in which it is decided"),
    Column("side", Text, nullable=False, comment="affected | reporter"),
    Column("text", Text, nullable=False),
    Column("language", Text, nullable=False, server_default=""),
    Column("contact", Text, nullable=False, server_default=""),
    Column("state", Text, nullable=False, comment="open | upheld | overturned"),
    Column("received_at", BigInteger, nullable=False),
    Column("decided_at", BigInteger),
    Column("decided_by", Text),
    Column("outcome", Text, nullable=False, server_default="", comment="what the appellant is told"),
    Column("outcome_decision_id", Text),
    UniqueConstraint("decision_id", "side"),
    Index("ix_appeals_state", "state"),
)

orders = Table(
    "orders",
    metadata,
    Column("id", Text, primary_key=True),
    Column("authority", Text, nullable=False),
    Column("reference", Text, nullable=False),
    Column("subject_kind", Text, nullable=False),
    Column("subject_id", Text, nullable=False),
    Column("case_id", Text, nullable=False, index=True),
    Column("received_at", BigInteger, nullable=False),
    Column("deadline", BigInteger, nullable=False),
    Column("text", Text, nullable=False),
    Column("closed_at", BigInteger),
    UniqueConstraint("authority", "reference"),
)

actions = Table(
    "actions",
    metadata,
    Column("seq", Id, primary_key=True),
    Column("id", Text, nullable=False, unique=True, comment="platforms use it to act once"),
    Column("decision_id", Text, nullable=False, index=True, comment="or the verdict, where the policy acts alone"),
    Column("case_id", Text, index=True),
    Column("subject_kind", Text, nullable=False),
    Column("subject_id", Text, nullable=False),
    Column("kind", Text, nullable=False, comment="remove | restore | label | limit | suspend_account | … | notify"),
    Column("policy", Text),
    Column("payload", LargeBinary, nullable=False, comment="JSON: what a platform needs to do it"),
    Column("created_at", BigInteger, nullable=False),
    Column("not_before", BigInteger, nullable=False, comment="end of the time in which the decision can be undone"),
    Column("cancelled_at", BigInteger, comment="undone before it left"),
    Column("ends_at", BigInteger, index=True, comment="when the measure is over; null: never, or that was seen to"),
    Index("ix_actions_subject_kind_subject_id_seq", "subject_kind", "subject_id", "seq"),
    comment="The outbox: written in the decision's transaction.",
)

endpoints = Table(
    "endpoints",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False, comment="webhook | synapse | poll"),
    Column("url", Text, nullable=False),
    Column("secrets", LargeBinary, nullable=False, comment="sealed JSON: signing secrets, newest first; access token"),
    Column("allow_private", Integer, nullable=False, server_default="0", comment="1: may be in a private network"),
    Column("created_at", BigInteger, nullable=False),
    Column("disabled_at", BigInteger),
    Column("disabled_why", Text, nullable=False, server_default=""),
    comment="Where actions go.",
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("action_seq", Id, ForeignKey("actions.seq"), primary_key=True),
    Column("endpoint_id", Text, ForeignKey("endpoints.id"), primary_key=True),
    Column("state", Text, nullable=False, comment="waiting | delivered | dead | cancelled"),
    Column("attempts", Integer, nullable=False, server_default="0", comment="counted when one begins"),
    Column(
        "next_at", BigInteger, nullable=False, comment="of the next attempt; while one runs, when it counts as lost"
    ),
    Column("delivered_at", BigInteger),
    Column("error", Text, nullable=False, server_default="", comment="what the platform said last"),
    Column("answer", Text, nullable=False, server_default="", comment="what the platform said it did"),
    Index("ix_deliveries_state_next_at", "state", "next_at"),
    Index("ix_deliveries_endpoint_id_state_next_at", "endpoint_id", "state", "next_at"),
    comment="One action at one endpoint.",
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

reporters = Table(
    "reporters",
    metadata,
    Column("id", Text, primary_key=True, comment="the platform's own id; `form:…` for those without an account"),
    Column("kind", Text, nullable=False),
    Column("upheld", Integer, nullable=False, server_default="0", comment="reports that a decision agreed with"),
    Column("rejected", Integer, nullable=False, server_default="0"),
    Column("open", Integer, nullable=False, server_default="0"),
    Column("last_at", BigInteger, nullable=False),
)

samples = Table(
    "samples",
    metadata,
    Column("seq", Id, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("stream", Text, nullable=False, comment="automated | cleared | reviewed"),
    Column("verdict_id", Text),
    Column("decision_id", Text),
    Column("case_id", Text, nullable=False, comment="the case in which it is looked at again, blind", index=True),
    Column("language", Text, nullable=False, server_default=""),
    Column("policy", Text),
    Column("first_person", Text, nullable=False, comment="who decided first: a person's id, or `policy`"),
    Column("first_action", Text, nullable=False),
    Column("second_person", Text),
    Column("second_action", Text),
    Column("second_policy", Text),
    Column("drawn_at", BigInteger, nullable=False),
    Column("judged_at", BigInteger),
    UniqueConstraint("verdict_id", "stream"),
    UniqueConstraint("decision_id"),
    Index("ix_samples_judged_at", "judged_at"),
    comment="Decisions drawn by chance, to be made again by someone who does not see the first.",
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

exposures = Table(
    "exposures",
    metadata,
    Column("person", Text, primary_key=True),
    Column("day", Text, primary_key=True, comment="YYYY-MM-DD, UTC: when the shift began"),
    Column("seconds", Integer, nullable=False, server_default="0", comment="of revealed graphic media"),
    Column("revealed", Integer, nullable=False, server_default="0"),
    Column("since", BigInteger, nullable=False, comment="when the present stretch of work began"),
    Column("last_at", BigInteger, nullable=False),
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
    Column("reason", Text, nullable=False, server_default="other"),
    Column("weight", Integer, nullable=False, server_default="100", comment="percent: accuracy, less when brigading"),
    Column("text_key", Text, nullable=False, server_default="", comment="how the reporter's folded text begins"),
    Column("content_key", Text, nullable=False, server_default="", comment="equal for equal reported content"),
    Column("young", Integer, nullable=False, server_default="0", comment="1: the reporter's account is days old"),
    Column("closed_at", BigInteger),
    Column("upheld", Integer, comment="1: a decision agreed with it; 0: it did not; null: open, or neither"),
    Column("forgotten_at", BigInteger, comment="when names, words and contents were taken out: its time was over"),
    Index("ix_reports_subject_kind_subject_id", "subject_kind", "subject_id"),
    Index("ix_reports_received_at", "received_at"),
    Index("ix_reports_reason", "reason", "seq"),
    Index("ix_reports_weight", "weight", "seq"),
    Index("ix_reports_forgotten_at_closed_at", "forgotten_at", "closed_at"),
)

mails = Table(
    "mails",
    metadata,
    Column("id", Text, primary_key=True, comment="a report's receipt, or an appeal's id; the address stands there"),
    Column("case_id", Text, nullable=False, index=True),
    Column("due", Text, nullable=False, comment="empty (nothing) | receipt | outcome"),
    Column(
        "next_at", BigInteger, nullable=False, comment="of the next attempt; while one runs, when it counts as lost"
    ),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("error", Text, nullable=False, server_default="", comment="why it was given up"),
    Index("ix_mails_due_next_at", "due", "next_at"),
    comment="Whom to write to by e-mail, and what about. Letters are composed when they leave: none is kept.",
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
