"""What others told, what they are told, and what is on its way to platforms."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text

from siyaj.storage.tables.schema import Id, metadata

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
