"""Quality: what chance draws is judged again by someone who does not see the first judgement.

Three streams: what the policy refused alone, what was allowed, and what reviewers decided. A draw cannot be foreseen
without the installation's key, and can be repeated with it: an id is drawn when its keyed hash, as a share of 1, lies
below the stream's rate. So nobody can say later that the sample was picked.

A second judgement does nothing on the platform by itself. Where the two differ in what they come to, the subject goes
to a lead as an ordinary case: a mistake that was found is mended.
"""

import logging
from collections import Counter
from collections.abc import Sequence

from msgspec import Struct, field

from siyaj.model.clock import now_us
from siyaj.model.errors import AlreadyExists
from siyaj.model.sample import POLICY, Stream
from siyaj.model.settings import Settings
from siyaj.model.verdict import Action
from siyaj.moderation.quality import draw
from siyaj.moderation.quality.draw import STREAMS
from siyaj.storage import audit, daily, feeds, samples
from siyaj.storage.daily import Key, day_of
from siyaj.storage.database import Connection, Database
from siyaj.storage.feeds import DecisionFeed
from siyaj.storage.keyring import Keyring
from siyaj.storage.numbers import DAY_US
from siyaj.storage.samples import NewSample

log = logging.getLogger(__name__)

BATCH = 5_000
DRAW_DAYS = 7.0


class _Batch(Struct):
    """What a reader makes of some rows: `last` is the number of the last one, `after` that of the last one before."""

    reader: str
    after: int
    last: int
    size: int
    counts: Counter[Key]
    drawn: Sequence[NewSample] = ()
    judged: Sequence[DecisionFeed] = field(default_factory=list)
    """Decisions on the cases of samples: second judgements."""


class Quality:
    """Draws samples and keeps the daily numbers up, behind the answers. Safe for many threads and processes."""

    def __init__(self, database: Database, keyring: Keyring, settings: Settings, draw_days: float = DRAW_DAYS) -> None:
        """Nothing older than `draw_days` is drawn: a past that is counted for the first time floods no queue."""
        self._draw_us = int(draw_days * 86_400_000_000)
        self._database = database
        self._shares = {stream: keyring.shares(f"sample {stream.value}") for stream in Stream}
        self._deadline_us = int(settings.first_review_hours * 3_600_000_000)
        self.rates = {
            Stream.AUTOMATED: settings.sample_automated,
            Stream.CLEARED: settings.sample_cleared,
            Stream.REVIEWED: settings.sample_reviewed,
        }

    def drawn(self, stream: Stream, id_: str, rate: float | None = None) -> bool:
        """Say whether chance draws this verdict or decision: the same answer for ever, under one key and rate."""
        return self._shares[stream](id_) < (self.rates[stream] if rate is None else rate)

    def work(self, now: int | None = None) -> int:
        """Do one batch of each feed; return how many rows were done: 0 means that nothing is left."""
        moment = now or now_us()
        batches = (self._verdicts(moment), self._reports(moment), self._decisions(moment))
        return sum(self._save(batch, moment) for batch in batches if batch is not None)

    def catch_up(self, now: int | None = None) -> int:
        """Work until nothing is left; return how many rows that were."""
        done = 0
        while some := self.work(now):
            done += some
        return done

    def _verdicts(self, now: int) -> _Batch | None:
        with self._database.read() as connection:
            after = feeds.place(connection, "numbers:verdicts")
            rows = feeds.verdicts_after(connection, after, now, BATCH)
            final = [row for row in rows if not row.pending]
            recent = [row for row in final if row.action in STREAMS and row.created_at >= now - self._draw_us]
            chosen = [row.id for row in recent if self.drawn(STREAMS[row.action], row.id)]
            named = {*chosen, *(row.id for row in final if row.action != Action.ALLOW.value)}
            details = feeds.details(connection, sorted(named))
        if not rows:
            return None
        language = {id_: draw.language_of(its.record) for id_, its in details.items()}
        told = Counter(
            (row.created_at // DAY_US, row.policy or "", language.get(row.id, ""), row.action) for row in final
        )
        counts = Counter(
            {Key(day_of(day * DAY_US), "verdict", POLICY, *its): count for (day, *its), count in told.items()}
        )
        drawn = [draw.of_verdict(details[id_], language[id_], now) for id_ in chosen]
        return _Batch("numbers:verdicts", after, rows[-1].seq, len(rows), counts, drawn)

    def _reports(self, now: int) -> _Batch | None:
        with self._database.read() as connection:
            after = feeds.place(connection, "numbers:reports")
            rows = feeds.reports_after(connection, after, now, BATCH)
        if not rows:
            return None
        counts = Counter(
            Key(day_of(row.received_at), "report", draw.reporter_kind(row.report), row.reason, "", "") for row in rows
        )
        return _Batch("numbers:reports", after, rows[-1].seq, len(rows), counts)

    def _decisions(self, now: int) -> _Batch | None:
        with self._database.read() as connection:
            after = feeds.place(connection, "numbers:decisions")
            rows = feeds.decisions_after(connection, after, now, BATCH)
        if not rows:
            return None
        final = [row for row in rows if not row.undone and row.kind != "undo"]
        standing = [row for row in final if row.origin != "sample"]
        recent = [row for row in standing if draw.may_be_sampled(row) and row.decided_at >= now - self._draw_us]
        chosen = [row for row in recent if self.drawn(Stream.REVIEWED, row.id)]
        return _Batch(
            "numbers:decisions",
            after,
            rows[-1].seq,
            len(rows),
            Counter(_key(row) for row in standing),
            [draw.of_decision(row, now) for row in chosen],
            [row for row in final if row.origin == "sample"],
        )

    def _save(self, batch: _Batch, now: int) -> int:
        """Write what a batch comes to, and move the reader: all or nothing. Another process may have been first."""
        try:
            with self._database.begin() as connection:
                if not feeds.move(connection, batch.reader, batch.after, batch.last):
                    return 0
                daily.add(connection, batch.counts)
                samples.insert_many(connection, batch.drawn)
                for one in batch.drawn:
                    self._note(connection, one)
                for decision in batch.judged:
                    self._judge(connection, decision, now)
        except AlreadyExists:
            log.info("another process was first to read %s", batch.reader)
            return 0
        return batch.size

    def _note(self, connection: Connection, one: NewSample) -> None:
        of, rate = one.verdict_id if one.decision_id is None else one.decision_id, self.rates[one.stream]
        audit.write(connection, "system", "sample.draw", one.id, stream=one.stream, of=of, rate=rate)

    def _judge(self, connection: Connection, row: DecisionFeed, now: int) -> None:
        """Note a second judgement; where it differs from the first, a lead gets a case about it."""
        sample = samples.of_case(connection, row.case_id or "")
        if sample is None:
            return
        samples.judge(connection, sample.case, row.decided_by, row.action, row.policy, row.decided_at)
        sample.second_action, sample.second_person, sample.second_policy = row.action, row.decided_by, row.policy
        if sample.agrees is False:
            samples.open_correction(connection, sample, draw.DIFFER, now, now + self._deadline_us)


def _key(row: DecisionFeed) -> Key:
    what = "decision" if row.kind == "first" else row.kind
    made_by = POLICY if row.decided_by == POLICY else "person"
    return Key(day_of(row.decided_at), what, made_by, row.policy or "", row.language, row.action)
