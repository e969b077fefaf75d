"""Numbers: the dashboard of a team's own work, from daily counts and indexes."""

import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from siyaj.model.clock import now_us, to_datetime
from siyaj.model.numbers import AgreementLine, Dashboard, Day, ErrorRates, QualityReport, Share
from siyaj.model.sample import Grade, Sample, Stream, grade
from siyaj.moderation.quality.agreement import kappa, wilson
from siyaj.storage import numbers, samples
from siyaj.storage.daily import day_of
from siyaj.storage.database import Connection, Database
from siyaj.storage.numbers import DAY_US, Waits

HOUR_US = 3_600_000_000
AGES = (("1h", 1), ("4h", 4), ("12h", 12), ("24h", 24), ("72h", 72))
"""Upper ends of the ages of what waits, in hours; the last slice is `older`."""
MOST_SLICES = 12
MOST_DAYS = 400
REMEMBERED_SECONDS = 15.0
"""Many look at the dashboard at once; it says of when it is."""


class Numbers:
    """Reads; changes nothing. Safe for many threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._remembered: dict[int, tuple[float, Dashboard]] = {}

    def dashboard(self, days: int = 30, now: int | None = None) -> Dashboard:
        """Return the last `days` days, today among them; at most REMEMBERED_SECONDS old, unless `now` is given."""
        before = self._remembered.get(days)
        if now is None and before is not None and time.monotonic() - before[0] < REMEMBERED_SECONDS:
            return before[1]
        moment = now or now_us()
        until = (moment // DAY_US + 1) * DAY_US
        since = until - min(max(days, 1), MOST_DAYS) * DAY_US
        with self._database.read() as connection:
            seen = _dashboard(connection, since, until, moment)
        if now is None:
            self._remembered[days] = (time.monotonic(), seen)
        return seen

    def quality(self, days: int = 90, now: int | None = None) -> QualityReport:
        """Return how well people agree, and the error rates, over the last `days` days."""
        moment = now or now_us()
        with self._database.read() as connection:
            judged = samples.judged(connection, moment - days * DAY_US, moment + 1)
            waiting = samples.waiting(connection)
        people = [sample for sample in judged if sample.stream is Stream.REVIEWED]
        return QualityReport(
            judged=len(judged),
            waiting=waiting,
            overall=kappa(_pair(sample) for sample in people),
            reviewers=_lines([(sample.first_person, sample) for sample in people]),
            policies=_lines([(_policy(sample), sample) for sample in people]),
            languages=_lines([(sample.language, sample) for sample in people]),
            errors=errors(judged),
        )


def errors(judged: Iterable[Sample]) -> ErrorRates:
    """Return the error rates in both directions, of samples that were judged."""
    seen: Counter[tuple[Stream, Grade, Grade]] = Counter((sample.stream, *_pair(sample)) for sample in judged)

    def rate(stream: Stream, first: set[Grade], wrong: set[Grade]) -> tuple[int, int]:
        of = sum(n for (its, before, _), n in seen.items() if its is stream and before in first)
        count = sum(
            n for (its, before, after), n in seen.items() if its is stream and before in first and after in wrong
        )
        return count, of

    acted = {Grade.REMOVED, Grade.LIMITED}
    return ErrorRates(
        wrongly_removed=wilson(*rate(Stream.AUTOMATED, {Grade.REMOVED}, {Grade.LEFT})),
        wrongly_left=wilson(*rate(Stream.CLEARED, {Grade.LEFT}, acted)),
        disputed_removals=wilson(*rate(Stream.REVIEWED, acted, {Grade.LEFT})),
        disputed_leaves=wilson(*rate(Stream.REVIEWED, {Grade.LEFT}, acted)),
    )


def _dashboard(connection: Connection, since: int, until: int, now: int) -> Dashboard:
    looks, closings = numbers.first_looks(connection, since, until), numbers.closings(connection, since, until)
    waiting = numbers.waiting_since(connection)
    decided = numbers.appeals_by_day(connection, since, until)
    overturned = sum(count for (_, state), count in decided.items() if state == "overturned")
    by_action = numbers.counted(connection, since, until, what="verdict", columns=["action"])
    people = {
        key: count
        for key, count in numbers.keys(connection, since, until, "decision").items()
        if key.made_by != "policy"
    }
    return Dashboard(
        at=to_datetime(now),
        days=_days(connection, since, until, looks, closings, len(waiting), decided),
        waiting=len(waiting),
        overdue=numbers.overdue(connection, now),
        oldest_hours=(now - waiting[0]) / HOUR_US if waiting else 0.0,
        ages=_ages(waiting, now),
        first_look=looks.overall,
        to_decision=closings.overall,
        by_policy=_slices((key.policy, count) for key, count in people.items() if key.policy),
        by_language=_slices((key.language, count) for key, count in people.items()),
        by_action=_slices((key.action, count) for key, count in people.items()),
        automated=sum(count for (action,), count in by_action.items() if action in ("block", "limit", "label")),
        by_people=sum(count for key, count in people.items() if grade(key.action) is not Grade.LEFT),
        left_by_people=sum(count for key, count in people.items() if grade(key.action) is Grade.LEFT),
        verdicts=sum(by_action.values()),
        overturned=wilson(overturned, sum(decided.values())),
        errors=errors(samples.judged(connection, since, until)),
    )


def _days(
    connection: Connection,
    since: int,
    until: int,
    looks: Waits,
    closings: Waits,
    waiting: int,
    decided: Mapping[tuple[str, str], int],
) -> list[Day]:
    opened, closed = numbers.opened(connection, since, until), numbers.closed(connection, since, until)
    reported = numbers.reported(connection, since, until)
    days: list[Day] = []
    for start in range(until - DAY_US, since - 1, -DAY_US):  # backwards: how many wait is known of the present
        day = day_of(start)
        states = {state: decided.get((day, state), 0) for state in ("upheld", "overturned")}
        days.append(
            Day(
                day=day,
                opened=opened.get(day, 0),
                closed=closed.get(day, 0),
                reports=reported.get(day, 0),
                backlog=waiting,
                first_look=looks.days.get(day),
                to_decision=closings.days.get(day),
                appeals=sum(states.values()),
                overturned=states["overturned"],
            )
        )
        waiting = max(0, waiting - opened.get(day, 0) + closed.get(day, 0))
    return days[::-1]


def _ages(waiting: Sequence[int], now: int) -> list[Share]:
    """Slice the open cases, which are given oldest first, by their age."""
    slices, left = [], len(waiting)
    for name, hours in AGES:
        older = bisect_left(waiting, now - hours * HOUR_US)
        slices.append(Share(name, left - older))
        left = older
    return [*slices, Share("older", left)]


def _slices(counts: Iterable[tuple[str, int]]) -> list[Share]:
    """Sum by name, the largest first; small ones beyond the twelfth are one slice, `…`."""
    total: Counter[str] = Counter()
    for name, count in counts:
        total[name] += count
    ordered = [Share(name, count) for name, count in total.most_common()]
    rest = sum(share.count for share in ordered[MOST_SLICES:])
    return ordered[:MOST_SLICES] + ([Share("…", rest)] if rest else [])


def _pair(sample: Sample) -> tuple[Grade, Grade]:
    return grade(sample.first_action), grade(sample.second_action or "")


def _policy(sample: Sample) -> str:
    """What the two disagree about: the first one's policy, or the second's where the first saw none."""
    return sample.policy or sample.second_policy or ""


def _lines(named: Iterable[tuple[str, Sample]]) -> list[AgreementLine]:
    by_name: dict[str, list[Sample]] = {}
    for name, sample in named:
        by_name.setdefault(name, []).append(sample)
    ordered = sorted(by_name.items(), key=lambda item: (-len(item[1]), item[0]))
    return [AgreementLine(name, kappa(_pair(sample) for sample in its)) for name, its in ordered]
