"""People decide: leases, decisions, outbox, strikes, appeals, evidence, people, channels; the audit log is a chain."""

import sqlalchemy as sa
from alembic import op

from siyaj.storage import audit
from siyaj.storage.audit import Head

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    _tables()
    _rank()
    _chain()


def _rank() -> None:
    """Cases that wait already stand in the queue by their priority."""
    op.execute(sa.text("UPDATE cases SET rank = 100 - priority"))


def _chain() -> None:
    """Give the rows of the log that stand already their hashes, and close the chain."""
    connection = op.get_bind()
    before, rows = bytes(32), 0
    for row in connection.execute(sa.text("SELECT seq, at, who, what, subject, detail FROM audit ORDER BY seq")).all():
        before = audit.chained(before, row.at, row.who, row.what, row.subject, bytes(row.detail))
        connection.execute(sa.text("UPDATE audit SET hash = :hash WHERE seq = :seq"), {"hash": before, "seq": row.seq})
        rows += 1
    if rows:
        audit.set_head(connection, Head(rows, before.hex()), fresh=True)
    with op.batch_alter_table("audit") as batch:
        batch.alter_column("hash", server_default=None, existing_type=sa.LargeBinary(), existing_nullable=False)


def _tables() -> None:  # noqa: PLR0915  (written by autogenerate)
    op.create_table(
        "accounts",
        sa.Column("id", sa.Text(), nullable=False, comment="the platform's own id"),
        sa.Column("handle", sa.Text(), server_default="", nullable=False),
        sa.Column("avatar", sa.Text(), server_default="", nullable=False, comment="pdq"),
        sa.Column(
            "links",
            sa.Text(),
            server_default="[]",
            nullable=False,
            comment="JSON list: addresses in what it says of itself",
        ),
        sa.Column("seen_at", sa.BigInteger(), nullable=False, comment="when it was last checked itself"),
        sa.Column(
            "grounds",
            sa.Text(),
            server_default="[]",
            nullable=False,
            comment="JSON: suspended accounts it was taken for",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        comment="What is needed to recognise a suspended account that comes back; only of accounts that were checked.",
    )
    op.create_table(
        "actions",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.Text(), nullable=False, comment="platforms use it to act once"),
        sa.Column("decision_id", sa.Text(), nullable=False, comment="or the verdict, where the policy acts alone"),
        sa.Column("case_id", sa.Text(), nullable=True),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column(
            "kind", sa.Text(), nullable=False, comment="remove | restore | label | limit | suspend_account | … | notify"
        ),
        sa.Column("policy", sa.Text(), nullable=True),
        sa.Column("payload", sa.LargeBinary(), nullable=False, comment="JSON: what a platform needs to do it"),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column(
            "not_before", sa.BigInteger(), nullable=False, comment="end of the time in which the decision can be undone"
        ),
        sa.Column("cancelled_at", sa.BigInteger(), nullable=True, comment="undone before it left"),
        sa.Column(
            "ends_at",
            sa.BigInteger(),
            nullable=True,
            comment="when the measure is over; null: never, or that was seen to",
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_actions")),
        sa.UniqueConstraint("id", name=op.f("uq_actions_id")),
        comment="The outbox: written in the decision's transaction.",
    )
    with op.batch_alter_table("actions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_actions_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_actions_decision_id"), ["decision_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_actions_ends_at"), ["ends_at"], unique=False)
        batch_op.create_index(
            "ix_actions_subject_kind_subject_id_seq", ["subject_kind", "subject_id", "seq"], unique=False
        )

    op.create_table(
        "appeals",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("decision_id", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False, comment="the case in which it is decided"),
        sa.Column("side", sa.Text(), nullable=False, comment="affected | reporter"),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), server_default="", nullable=False),
        sa.Column("contact", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.Text(), nullable=False, comment="open | upheld | overturned"),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), server_default="", nullable=False, comment="what the appellant is told"),
        sa.Column("outcome_decision_id", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_appeals")),
        sa.UniqueConstraint("decision_id", "side", name=op.f("uq_appeals_decision_id_side")),
        sa.UniqueConstraint("id", name=op.f("uq_appeals_id")),
    )
    with op.batch_alter_table("appeals", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_appeals_case_id"), ["case_id"], unique=False)
        batch_op.create_index("ix_appeals_state", ["state"], unique=False)

    op.create_table(
        "case_skips",
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("why", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "barred", sa.Integer(), server_default="0", nullable=False, comment="1: decided before, so not again"
        ),
        sa.PrimaryKeyConstraint("case_id", "person", name=op.f("pk_case_skips")),
        comment="Who passed a case on: it is not offered to them again for a while.",
    )
    op.create_table(
        "channel_days",
        sa.Column("channel_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False, comment="days since 1970, UTC"),
        sa.Column("language", sa.Text(), nullable=False, comment="primary subtag (BCP 47), or empty"),
        sa.Column("checked", sa.BigInteger(), nullable=False),
        sa.Column("held", sa.BigInteger(), nullable=False),
        sa.Column("blocked", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("channel_id", "day", "language", name=op.f("pk_channel_days")),
        comment="Items by day and language: a channel's history in few rows.",
    )
    op.create_table(
        "channel_facts",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("channel_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column(
            "what",
            sa.Text(),
            nullable=False,
            comment="subscribers | title | topic | handle | avatar | admin (+id or -id) | state",
        ),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_channel_facts")),
        comment="What changed about a channel, and when.",
    )
    with op.batch_alter_table("channel_facts", schema=None) as batch_op:
        batch_op.create_index("ix_channel_facts_channel_id_what_at", ["channel_id", "what", "at"], unique=False)

    op.create_table(
        "channel_links",
        sa.Column("channel_id", sa.Text(), nullable=False),
        sa.Column(
            "kind", sa.Text(), nullable=False, comment="own (the way into this channel) | invite (into another) | link"
        ),
        sa.Column("url", sa.Text(), nullable=False, comment="canonical, as the signal type `url` writes it"),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("times", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("channel_id", "kind", "url", name=op.f("pk_channel_links")),
        comment="Where a channel can be entered, and where it leads.",
    )
    with op.batch_alter_table("channel_links", schema=None) as batch_op:
        batch_op.create_index("ix_channel_links_url", ["url"], unique=False)

    op.create_table(
        "channels",
        sa.Column("id", sa.Text(), nullable=False, comment="the platform's own id"),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("handle", sa.Text(), server_default="", nullable=False),
        sa.Column("topic", sa.Text(), server_default="", nullable=False),
        sa.Column("avatar", sa.Text(), server_default="", nullable=False, comment="pdq"),
        sa.Column("subscribers", sa.BigInteger(), nullable=True),
        sa.Column("public", sa.Integer(), nullable=True),
        sa.Column("admins", sa.Text(), server_default="[]", nullable=False, comment="JSON list of accounts' ids"),
        sa.Column(
            "created_at",
            sa.BigInteger(),
            nullable=True,
            comment="when it was made on the platform, where the platform told its age",
        ),
        sa.Column("first_seen_at", sa.BigInteger(), nullable=False),
        sa.Column("last_seen_at", sa.BigInteger(), nullable=False),
        sa.Column("checked", sa.BigInteger(), server_default="0", nullable=False, comment="items"),
        sa.Column("held", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("blocked", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column(
            "removed",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="items that a person decided to remove",
        ),
        sa.Column("reports", sa.BigInteger(), server_default="0", nullable=False, comment="on it and on items in it"),
        sa.Column("state", sa.Text(), server_default="open", nullable=False, comment="open | limited | closed"),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column(
            "fired", sa.Text(), server_default="{}", nullable=False, comment="JSON: what each rule's case rested on"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channels")),
    )
    with op.batch_alter_table("channels", schema=None) as batch_op:
        batch_op.create_index("ix_channels_last_seen_at", ["last_seen_at"], unique=False)
        batch_op.create_index("ix_channels_state", ["state"], unique=False)

    op.create_table(
        "daily_numbers",
        sa.Column("day", sa.Text(), nullable=False, comment="YYYY-MM-DD, UTC"),
        sa.Column("what", sa.Text(), nullable=False, comment="verdict | report | decision | appeal | correction"),
        sa.Column(
            "made_by", sa.Text(), nullable=False, comment="policy | person; of a report: user | trusted_flagger | …"
        ),
        sa.Column("policy", sa.Text(), nullable=False, comment="of a report: its reason"),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "day", "what", "made_by", "policy", "language", "action", name=op.f("pk_daily_numbers")
        ),
        comment="Counts of each day, kept up in the background: a dashboard must not read a million verdicts.",
    )
    op.create_table(
        "decisions",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=True, comment="null where the policy decided alone"),
        sa.Column(
            "verdict_id",
            sa.Text(),
            nullable=True,
            comment="the automated verdict that this confirms or that stands alone",
        ),
        sa.Column("subject_kind", sa.Text(), nullable=False, comment="item | account | channel"),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=True, comment="who is affected"),
        sa.Column("channel_id", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False, comment="first | undo | appeal | correction | sample"),
        sa.Column(
            "action", sa.Text(), nullable=False, comment="none | label | limit | remove | restore | suspend_account | …"
        ),
        sa.Column("policy", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), server_default="", nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False, comment="a person's id, or `policy`"),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.Column(
            "effective_at",
            sa.BigInteger(),
            nullable=False,
            comment="until then it can be undone; then its actions leave",
        ),
        sa.Column(
            "supersedes",
            sa.Text(),
            nullable=True,
            comment="the decision that this one replaces; never edited, only superseded",
        ),
        sa.Column("agreed_with", sa.Text(), nullable=True, comment="the person whose blind opinion was the same"),
        sa.Column(
            "effects",
            sa.LargeBinary(),
            nullable=False,
            comment="JSON Effects: what it changed beside actions and strikes, so that it can be taken back exactly",
        ),
        sa.Column(
            "draft",
            sa.LargeBinary(),
            nullable=False,
            comment="JSON Draft: policy, organisation, act, exemption, reasons",
        ),
        sa.Column(
            "statement", sa.LargeBinary(), nullable=False, comment="JSON Statement: DSA Article 17, as it was sent"
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_decisions")),
        sa.UniqueConstraint("id", name=op.f("uq_decisions_id")),
        sa.UniqueConstraint("supersedes", name=op.f("uq_decisions_supersedes")),
        comment="Append-only.",
    )
    with op.batch_alter_table("decisions", schema=None) as batch_op:
        batch_op.create_index("ix_decisions_account_id", ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_decisions_case_id"), ["case_id"], unique=False)
        batch_op.create_index("ix_decisions_channel_id", ["channel_id"], unique=False)
        batch_op.create_index("ix_decisions_decided_at", ["decided_at"], unique=False)
        batch_op.create_index("ix_decisions_decided_by", ["decided_by", "seq"], unique=False)
        batch_op.create_index("ix_decisions_policy", ["policy", "seq"], unique=False)
        batch_op.create_index("ix_decisions_subject_kind_subject_id", ["subject_kind", "subject_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_decisions_verdict_id"), ["verdict_id"], unique=False)

    op.create_table(
        "endpoints",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="webhook | synapse | poll"),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column(
            "secrets",
            sa.LargeBinary(),
            nullable=False,
            comment="sealed JSON: signing secrets, newest first; access token",
        ),
        sa.Column(
            "allow_private", sa.Integer(), server_default="0", nullable=False, comment="1: may be in a private network"
        ),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("disabled_at", sa.BigInteger(), nullable=True),
        sa.Column("disabled_why", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_endpoints")),
        sa.UniqueConstraint("name", name=op.f("uq_endpoints_name")),
        comment="Where actions go.",
    )
    op.create_table(
        "evidence",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=True),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("verdict_id", sa.Text(), nullable=True),
        sa.Column("receipt", sa.Text(), nullable=True, comment="the report it came with"),
        sa.Column("name", sa.Text(), nullable=False, comment="the file's name as the platform gave it"),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False, comment="bytes, unsealed"),
        sa.Column("sha256", sa.Text(), nullable=False, comment="of what was sealed"),
        sa.Column("sealed_by", sa.Text(), nullable=False),
        sa.Column("sealed_at", sa.BigInteger(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False, comment="which key sealed it"),
        sa.Column("nonce", sa.LargeBinary(), nullable=False),
        sa.Column("location", sa.Text(), nullable=False, comment="its name in the blob store"),
        sa.Column("keep_until", sa.BigInteger(), nullable=False),
        sa.Column(
            "hold", sa.Text(), server_default="", nullable=False, comment="why it is under legal hold; empty: it is not"
        ),
        sa.Column("destroyed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_evidence")),
        sa.UniqueConstraint("id", name=op.f("uq_evidence_id")),
        comment="Sealed copies of what was decided on: removing is not destroying.",
    )
    with op.batch_alter_table("evidence", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_evidence_case_id"), ["case_id"], unique=False)
        batch_op.create_index("ix_evidence_keep_until", ["keep_until"], unique=False)
        batch_op.create_index(batch_op.f("ix_evidence_receipt"), ["receipt"], unique=False)
        batch_op.create_index("ix_evidence_sha256", ["sha256"], unique=False)
        batch_op.create_index("ix_evidence_subject_kind_subject_id", ["subject_kind", "subject_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_evidence_verdict_id"), ["verdict_id"], unique=False)

    op.create_table(
        "exposures",
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False, comment="YYYY-MM-DD, UTC: when the shift began"),
        sa.Column("seconds", sa.Integer(), server_default="0", nullable=False, comment="of revealed graphic media"),
        sa.Column("revealed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False, comment="when the present stretch of work began"),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("person", "day", name=op.f("pk_exposures")),
    )
    op.create_table(
        "late_checks",
        sa.Column("verdict_id", sa.Text(), nullable=False, comment="what was answered at once, `pending`"),
        sa.Column("scope", sa.Text(), nullable=False, comment="whose key"),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False, comment="when another process may take it over"),
        sa.PrimaryKeyConstraint("verdict_id", name=op.f("pk_late_checks")),
        comment="Checks answered while their media was still being decoded; gone when the final verdict is there.",
    )
    with op.batch_alter_table("late_checks", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_late_checks_next_at"), ["next_at"], unique=False)

    op.create_table(
        "notes",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("mentions", sa.LargeBinary(), nullable=False, comment="JSON list of people's ids"),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_notes")),
    )
    with op.batch_alter_table("notes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_notes_case_id"), ["case_id"], unique=False)

    op.create_table(
        "orders",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("deadline", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint("authority", "reference", name=op.f("uq_orders_authority_reference")),
    )
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_orders_case_id"), ["case_id"], unique=False)

    op.create_table(
        "people",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True, comment="argon2id; null: enters by OIDC only"),
        sa.Column("totp_secret", sa.LargeBinary(), nullable=True, comment="sealed"),
        sa.Column(
            "totp_step", sa.BigInteger(), nullable=True, comment="the last time step that was used: a code serves once"
        ),
        sa.Column("oidc_subject", sa.Text(), nullable=True, comment="issuer and subject"),
        sa.Column("roles", sa.Text(), nullable=False, comment="space-separated"),
        sa.Column("languages", sa.Text(), server_default="", nullable=False, comment="space-separated; empty: all"),
        sa.Column("skills", sa.Text(), server_default="", nullable=False, comment="space-separated"),
        sa.Column("preferences", sa.Text(), server_default="{}", nullable=False, comment="JSON Preferences"),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("disabled_at", sa.BigInteger(), nullable=True),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False, comment="failed log-ins in a row"),
        sa.Column("locked_until", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
        sa.UniqueConstraint("login", name=op.f("uq_people_login")),
        sa.UniqueConstraint("oidc_subject", name=op.f("uq_people_oidc_subject")),
    )
    op.create_table(
        "reporters",
        sa.Column(
            "id", sa.Text(), nullable=False, comment="the platform's own id; `form:…` for those without an account"
        ),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column(
            "upheld", sa.Integer(), server_default="0", nullable=False, comment="reports that a decision agreed with"
        ),
        sa.Column("rejected", sa.Integer(), server_default="0", nullable=False),
        sa.Column("open", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reporters")),
    )
    op.create_table(
        "samples",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False, comment="automated | cleared | reviewed"),
        sa.Column("verdict_id", sa.Text(), nullable=True),
        sa.Column("decision_id", sa.Text(), nullable=True),
        sa.Column("case_id", sa.Text(), nullable=False, comment="the case in which it is looked at again, blind"),
        sa.Column("language", sa.Text(), server_default="", nullable=False),
        sa.Column("policy", sa.Text(), nullable=True),
        sa.Column("first_person", sa.Text(), nullable=False, comment="who decided first: a person's id, or `policy`"),
        sa.Column("first_action", sa.Text(), nullable=False),
        sa.Column("second_person", sa.Text(), nullable=True),
        sa.Column("second_action", sa.Text(), nullable=True),
        sa.Column("second_policy", sa.Text(), nullable=True),
        sa.Column("drawn_at", sa.BigInteger(), nullable=False),
        sa.Column("judged_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_samples")),
        sa.UniqueConstraint("decision_id", name=op.f("uq_samples_decision_id")),
        sa.UniqueConstraint("id", name=op.f("uq_samples_id")),
        sa.UniqueConstraint("verdict_id", "stream", name=op.f("uq_samples_verdict_id_stream")),
        comment="Decisions drawn by chance, to be made again by someone who does not see the first.",
    )
    with op.batch_alter_table("samples", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_samples_case_id"), ["case_id"], unique=False)
        batch_op.create_index("ix_samples_judged_at", ["judged_at"], unique=False)

    op.create_table(
        "second_opinions",
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("draft", sa.LargeBinary(), nullable=False, comment="JSON Draft: what this person would decide"),
        sa.PrimaryKeyConstraint("case_id", "round", "person", name=op.f("pk_second_opinions")),
        comment="Blind: nobody sees another's draft of the same round until both stand.",
    )
    op.create_table(
        "strikes",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False, comment="account | channel"),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("decision_id", sa.Text(), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("reversed_at", sa.BigInteger(), nullable=True),
        sa.Column("reversed_by", sa.Text(), nullable=True, comment="the decision that reversed it"),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_strikes")),
        sa.UniqueConstraint("id", name=op.f("uq_strikes_id")),
    )
    with op.batch_alter_table("strikes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_strikes_decision_id"), ["decision_id"], unique=False)
        batch_op.create_index("ix_strikes_subject_kind_subject_id", ["subject_kind", "subject_id"], unique=False)

    op.create_table(
        "deliveries",
        sa.Column("action_seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("endpoint_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False, comment="waiting | delivered | dead | cancelled"),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False, comment="counted when one begins"),
        sa.Column(
            "next_at",
            sa.BigInteger(),
            nullable=False,
            comment="of the next attempt; while one runs, when it counts as lost",
        ),
        sa.Column("delivered_at", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.Text(), server_default="", nullable=False, comment="what the platform said last"),
        sa.Column("answer", sa.Text(), server_default="", nullable=False, comment="what the platform said it did"),
        sa.ForeignKeyConstraint(["action_seq"], ["actions.seq"], name=op.f("fk_deliveries_action_seq_actions")),
        sa.ForeignKeyConstraint(["endpoint_id"], ["endpoints.id"], name=op.f("fk_deliveries_endpoint_id_endpoints")),
        sa.PrimaryKeyConstraint("action_seq", "endpoint_id", name=op.f("pk_deliveries")),
        comment="One action at one endpoint.",
    )
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.create_index(
            "ix_deliveries_endpoint_id_state_next_at", ["endpoint_id", "state", "next_at"], unique=False
        )
        batch_op.create_index("ix_deliveries_state_next_at", ["state", "next_at"], unique=False)

    op.create_table(
        "mentions",
        sa.Column("note_seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("read_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["note_seq"], ["notes.seq"], name=op.f("fk_mentions_note_seq_notes")),
        sa.PrimaryKeyConstraint("note_seq", "person", name=op.f("pk_mentions")),
    )
    with op.batch_alter_table("mentions", schema=None) as batch_op:
        batch_op.create_index("ix_mentions_person_read_at", ["person", "read_at"], unique=False)

    op.create_table(
        "sessions",
        sa.Column("hash", sa.LargeBinary(), nullable=False, comment="SHA-256 of the 256-bit random id in the cookie"),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), server_default="{}", nullable=False, comment="JSON: what the session remembers"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_sessions_person_id_people")),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_sessions")),
    )
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sessions_person_id"), ["person_id"], unique=False)

    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "hash",
                sa.LargeBinary(),
                nullable=False,
                server_default="",
                comment="SHA-256 of the hash before and of this row: a chain",
            )
        )
        batch_op.create_index("ix_audit_subject", ["subject"], unique=False)
        batch_op.create_index("ix_audit_who", ["who"], unique=False)

    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "rank",
                sa.Integer(),
                server_default="100",
                nullable=False,
                comment="100 − priority: the queue is read in the order of its index, rank then seq",
            )
        )
        batch_op.add_column(
            sa.Column(
                "version",
                sa.Integer(),
                server_default="1",
                nullable=False,
                comment="grows with each change: what a stale screen sends is refused",
            )
        )
        batch_op.add_column(
            sa.Column(
                "origin",
                sa.Text(),
                server_default="content",
                nullable=False,
                comment="content | appeal | order | sample | channel",
            )
        )
        batch_op.add_column(
            sa.Column(
                "language",
                sa.Text(),
                server_default="",
                nullable=False,
                comment="primary subtag (BCP 47) of what was posted",
            )
        )
        batch_op.add_column(
            sa.Column(
                "skill",
                sa.Text(),
                server_default="",
                nullable=False,
                comment="what its reviewer must be able to, e.g. `video`",
            )
        )
        batch_op.add_column(
            sa.Column(
                "level", sa.Text(), server_default="reviewer", nullable=False, comment="reviewer | lead (escalated)"
            )
        )
        batch_op.add_column(
            sa.Column(
                "urgent",
                sa.Integer(),
                server_default="0",
                nullable=False,
                comment="1: a threat to life; before all others",
            )
        )
        batch_op.add_column(
            sa.Column(
                "reach", sa.BigInteger(), server_default="0", nullable=False, comment="subscribers, or views so far"
            )
        )
        batch_op.add_column(
            sa.Column(
                "priority_reasons",
                sa.Text(),
                server_default="[]",
                nullable=False,
                comment="JSON list of PriorityReason",
            )
        )
        batch_op.add_column(sa.Column("account_id", sa.Text(), nullable=True, comment="who posted it"))
        batch_op.add_column(sa.Column("channel_id", sa.Text(), nullable=True, comment="where it was posted"))
        batch_op.add_column(
            sa.Column(
                "copy_key",
                sa.Text(),
                nullable=True,
                comment="what exact copies share: `sha256:…` of the file or of the folded text",
            )
        )
        batch_op.add_column(sa.Column("holder", sa.Text(), nullable=True, comment="the person who holds the lease"))
        batch_op.add_column(
            sa.Column(
                "held_until", sa.BigInteger(), nullable=True, comment="when the lease ends; a lease in the past is none"
            )
        )
        batch_op.add_column(sa.Column("assignee", sa.Text(), nullable=True, comment="the person it was handed over to"))
        batch_op.add_column(
            sa.Column(
                "second_opinion", sa.Text(), server_default="", nullable=False, comment="empty | asked | agreed | split"
            )
        )
        batch_op.add_column(
            sa.Column("first_seen_at", sa.BigInteger(), nullable=True, comment="when a person first took it")
        )
        batch_op.add_column(sa.Column("closed_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("decision_id", sa.Text(), nullable=True, comment="the one that closed it"))
        batch_op.drop_index(batch_op.f("ix_cases_state_priority"))
        batch_op.create_index("ix_cases_account_id", ["account_id"], unique=False)
        batch_op.create_index(
            "ix_cases_assignee",
            ["assignee"],
            unique=False,
            sqlite_where=sa.text("assignee IS NOT NULL"),
            postgresql_where=sa.text("assignee IS NOT NULL"),
        )
        batch_op.create_index("ix_cases_channel_id", ["channel_id"], unique=False)
        batch_op.create_index("ix_cases_closed_at", ["closed_at", "opened_at"], unique=False)
        batch_op.create_index("ix_cases_copy_key", ["copy_key"], unique=False)
        batch_op.create_index(
            "ix_cases_holder",
            ["holder"],
            unique=False,
            sqlite_where=sa.text("holder IS NOT NULL"),
            postgresql_where=sa.text("holder IS NOT NULL"),
        )
        batch_op.create_index("ix_cases_opened_at", ["opened_at", "first_seen_at"], unique=False)
        batch_op.create_index("ix_cases_queue", ["state", "rank", "seq"], unique=False)
        batch_op.create_index("ix_cases_queue_kind", ["state", "subject_kind", "rank", "seq"], unique=False)
        batch_op.create_index("ix_cases_queue_language", ["state", "language", "rank", "seq"], unique=False)
        batch_op.create_index("ix_cases_queue_level", ["state", "level", "rank", "seq"], unique=False)
        batch_op.create_index("ix_cases_queue_origin", ["state", "origin", "rank", "seq"], unique=False)
        batch_op.create_index("ix_cases_queue_policy", ["state", "policy", "rank", "seq"], unique=False)
        batch_op.create_index("ix_cases_rank", ["rank", "seq"], unique=False)
        batch_op.create_index("ix_cases_state_deadline", ["state", "deadline", "seq"], unique=False)
        batch_op.create_index("ix_cases_subject_kind_subject_id", ["subject_kind", "subject_id"], unique=False)

    with op.batch_alter_table("reports", schema=None) as batch_op:
        batch_op.add_column(sa.Column("reason", sa.Text(), server_default="other", nullable=False))
        batch_op.add_column(
            sa.Column(
                "weight",
                sa.Integer(),
                server_default="100",
                nullable=False,
                comment="percent: accuracy, less when brigading",
            )
        )
        batch_op.add_column(
            sa.Column(
                "text_key",
                sa.Text(),
                server_default="",
                nullable=False,
                comment="how the reporter's folded text begins",
            )
        )
        batch_op.add_column(
            sa.Column(
                "content_key", sa.Text(), server_default="", nullable=False, comment="equal for equal reported content"
            )
        )
        batch_op.add_column(
            sa.Column(
                "young",
                sa.Integer(),
                server_default="0",
                nullable=False,
                comment="1: the reporter's account is days old",
            )
        )
        batch_op.add_column(sa.Column("closed_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(
            sa.Column(
                "upheld",
                sa.Integer(),
                nullable=True,
                comment="1: a decision agreed with it; 0: it did not; null: open, or neither",
            )
        )
        batch_op.add_column(
            sa.Column(
                "forgotten_at",
                sa.BigInteger(),
                nullable=True,
                comment="when names, words and contents were taken out: its time was over",
            )
        )
        batch_op.create_index("ix_reports_forgotten_at_closed_at", ["forgotten_at", "closed_at"], unique=False)
        batch_op.create_index("ix_reports_received_at", ["received_at"], unique=False)
        batch_op.create_index("ix_reports_subject_kind_subject_id", ["subject_kind", "subject_id"], unique=False)
