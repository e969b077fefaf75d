"""What a drawn verdict or decision becomes: a sample, and a case that says nothing of the first judgement.

And what becomes of two judgements that differ: a case for a lead.
"""

import msgspec

from siyaj.model.case import CaseOrigin
from siyaj.model.event import EventKind
from siyaj.model.ids import new_id
from siyaj.model.sample import POLICY, Stream
from siyaj.model.verdict import Action, Reason
from siyaj.storage.cases import NewCase
from siyaj.storage.feeds import DecisionFeed, VerdictDetails
from siyaj.storage.samples import NewSample

PRIORITY = 20
"""A sample waits behind what may do harm."""
DEADLINE_US = 7 * 24 * 3_600_000_000

STREAMS = {Action.BLOCK.value: Stream.AUTOMATED, Action.ALLOW.value: Stream.CLEARED}
"""What stream a verdict belongs to. What is held goes to a person anyway; labels and limits leave the item there."""

DRAWN = Reason(
    "sample",
    "",
    Action.ALLOW,
    "Drawn by chance, to see how well we decide. The first judgement is not shown.",
    "اختيرت بالقرعة لقياس جودة قراراتنا، ولا يُعرض الحكم الأول.",
)
DIFFER = Reason(
    "sample",
    "",
    Action.HOLD,
    "It was judged twice, blind, and the two judgements differ. Decide which one stands.",
    "حُكم عليها مرتين دون أن يطّلع أحدهما على حكم الآخر، واختلف الحكمان. قرّر أيهما يثبت.",
)


class _Event(msgspec.Struct):
    language: str = ""


class _Record(msgspec.Struct):
    event: _Event


class _Reporter(msgspec.Struct):
    kind: str = "user"


class _Report(msgspec.Struct):
    reporter: _Reporter = msgspec.field(default_factory=_Reporter)


_RECORD = msgspec.json.Decoder(_Record)
_REPORT = msgspec.json.Decoder(_Report)


def may_be_sampled(row: DecisionFeed) -> bool:
    """A person's first word on what was posted: appeals, orders and samples are others' second look."""
    return row.kind == "first" and row.decided_by != POLICY and row.origin in ("content", "channel")


def of_verdict(row: VerdictDetails, language: str, now: int) -> NewSample:
    kind = row.kind if row.kind in (EventKind.ACCOUNT.value, EventKind.CHANNEL.value) else "item"
    return NewSample(
        id=new_id("sam"),
        stream=STREAMS[row.action],
        verdict_id=row.id,
        decision_id=None,
        language=language,
        policy=row.policy,
        first_person=POLICY,
        first_action=row.action,
        drawn_at=now,
        case=_case(row, kind, row.event_id, language, now),
    )


def of_decision(row: DecisionFeed, now: int) -> NewSample:
    return NewSample(
        id=new_id("sam"),
        stream=Stream.REVIEWED,
        verdict_id=row.verdict_id,
        decision_id=row.id,
        language=row.language,
        policy=row.policy,
        first_person=row.decided_by,
        first_action=row.action,
        drawn_at=now,
        case=_case(row, row.subject_kind, row.subject_id, row.language, now),
    )


def _case(row: VerdictDetails | DecisionFeed, kind: str, subject_id: str, language: str, now: int) -> NewCase:
    """The case says nothing of the first judgement: no policy, no reason but that chance drew it."""
    return NewCase(
        id=new_id("case"),
        subject_kind=kind,
        subject_id=subject_id,
        policy=None,
        reasons=[DRAWN],
        priority=PRIORITY,
        opened_at=now,
        deadline=now + DEADLINE_US,
        verdicts=0,
        origin=CaseOrigin.SAMPLE,
        language=language,
        account=row.account_id,
        channel=row.channel_id,
        key=f"sample:{row.id}",
    )


def language_of(record: bytes) -> str:
    """Return the primary subtag (BCP 47) that the platform gave for a verdict's event."""
    return _RECORD.decode(record).event.language.partition("-")[0].lower()


def reporter_kind(report: bytes) -> str:
    return _REPORT.decode(report).reporter.kind
