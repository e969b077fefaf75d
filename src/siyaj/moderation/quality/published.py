"""The figures that a platform publishes: Articles 15, 24 and 42 of Regulation (EU) 2022/2065 (DSA), and Article 7 of
Regulation (EU) 2021/784 (terrorist content online).

A figure that was not measured is null, never nought. docs/numbers.md says what each measure counts.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from siyaj.model.clock import to_us
from siyaj.model.errors import InvalidRequest
from siyaj.model.numbers import Line, Published, Rate
from siyaj.model.sample import Grade, grade
from siyaj.moderation.quality.agreement import wilson
from siyaj.moderation.quality.numbers import errors
from siyaj.storage import numbers, samples
from siyaj.storage.daily import Key
from siyaj.storage.database import Connection, Database
from siyaj.storage.numbers import Waits

LONGEST_DAYS = 400


def publish(database: Database, since: date, until: date) -> Published:
    """Return the figures over whole days (UTC), both ends included. Raises InvalidRequest for a period that is none."""
    if until < since:
        raise InvalidRequest(f"{until} lies before {since}", field="until")
    if (until - since).days >= LONGEST_DAYS:
        raise InvalidRequest(f"a period has at most {LONGEST_DAYS} days", field="since", hint="ask by quarter or year")
    first, last = _midnight(since), _midnight(until + timedelta(days=1))
    with database.read() as connection:
        lines = [*_reports(connection, first, last), *_actions(connection, first, last)]
        lines += [*_times(connection, first, last), *_appeals(connection, first, last)]
        lines += [*_orders(connection, first, last), *_errors(connection, first, last)]
    return Published(since.isoformat(), until.isoformat(), lines)


def last_quarter(today: date) -> tuple[date, date]:
    """Return the first and the last day of the quarter before this one."""
    start = date(today.year, 3 * ((today.month - 1) // 3) + 1, 1)
    end = start - timedelta(days=1)
    return date(end.year, end.month - 2, 1), end


def as_csv(published: Published) -> str:
    """Return the figures as CSV: one line each, with a column for each breakdown."""
    columns = ["reason", "reporter", "policy", "action", "decided_by", "language", "authority", "of"]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")  # RFC 4180
    writer.writerow(["since", "until", "measure", *columns, "value", "low_95", "high_95"])
    for line in published.lines:
        broken = [line.by.get(column, "") for column in columns]
        bounds = ["" if bound is None else f"{bound:g}" for bound in (line.low, line.high)]
        value = "" if line.value is None else f"{line.value:.10g}"
        writer.writerow([published.since, published.until, line.measure, *broken, value, *bounds])
    return text.getvalue()


def _midnight(day: date) -> int:
    return to_us(datetime(day.year, day.month, day.day, tzinfo=UTC))


def _reports(connection: Connection, since: int, until: int) -> Iterable[Line]:
    """DSA Article 15(1)(b): notices by type of alleged illegal content, and those of trusted flaggers."""
    found = numbers.keys(connection, since, until, "report")
    yield Line("reports_received", sum(found.values()))
    yield from _broken("reports_received", found, reason="policy", reporter="made_by")


def _actions(connection: Connection, since: int, until: int) -> Iterable[Line]:
    """DSA Article 15(1)(c) and (e), Article 24(1): what was done, why, and by which means."""
    verdicts = numbers.keys(connection, since, until, "verdict")
    people = numbers.keys(connection, since, until, "decision")
    refused = {key: n for key, n in verdicts.items() if key.action in ("block", "limit", "label")}
    acted = {key: n for key, n in people.items() if key.made_by != "policy" and grade(key.action) is not Grade.LEFT}
    left = sum(n for key, n in people.items() if key.made_by != "policy" and grade(key.action) is Grade.LEFT)
    yield Line("items_checked", sum(verdicts.values()))
    yield Line("actions_automated", sum(refused.values()))
    yield Line("actions_by_people", sum(acted.values()))
    yield Line("decisions_to_leave", left)
    both = Counter(refused) + Counter(acted)
    yield from _broken("actions", both, policy="policy", action="action", decided_by="made_by", language="language")


def _times(connection: Connection, since: int, until: int) -> Iterable[Line]:
    yield Line("median_hours_to_first_look", _hours(numbers.first_looks(connection, since, until)))
    yield Line("median_hours_to_decision", _hours(numbers.closings(connection, since, until)))


def _appeals(connection: Connection, since: int, until: int) -> Iterable[Line]:
    """DSA Article 15(1)(d): complaints, what was decided on them, how often decisions were reversed, and how long."""
    lines = numbers.appeals_decided(connection, since, until)
    overturned = sum(line.count for line in lines if line.state == "overturned")
    yield Line("appeals_received", numbers.appeals_received(connection, since, until))
    yield Line("appeals_decided", sum(line.count for line in lines))
    yield Line("appeals_overturned", overturned)
    yield _rate("appeals_overturned_rate", wilson(overturned, sum(line.count for line in lines)))
    yield Line("median_hours_of_appeals", _hours(numbers.appeal_waits(connection, since, until)))
    for automated, decided_by in ((True, "policy"), (False, "person")):
        its = [line for line in lines if line.automated is automated]
        over = sum(line.count for line in its if line.state == "overturned")
        yield _rate("appeals_overturned_rate", wilson(over, sum(line.count for line in its)), decided_by=decided_by)


def _orders(connection: Connection, since: int, until: int) -> Iterable[Line]:
    """DSA Article 15(1)(a), Regulation (EU) 2021/784 Article 7(3): orders and how long they took."""
    found = numbers.orders_received(connection, since, until)
    yield Line("orders_received", sum(found.values()))
    for authority, count in sorted(found.items()):
        yield Line("orders_received", count, {"authority": authority})
    yield Line("median_hours_of_orders", _hours(numbers.order_waits(connection, since, until)))


def _errors(connection: Connection, since: int, until: int) -> Iterable[Line]:
    """DSA Article 15(1)(e): indicators of the accuracy and the possible rate of error of the automated means."""
    found = errors(samples.judged(connection, since, until))
    yield _rate("error_rate_automated_wrongly_removed", found.wrongly_removed)
    yield _rate("error_rate_automated_wrongly_left", found.wrongly_left)
    yield _rate("dispute_rate_of_reviewers_removals", found.disputed_removals)
    yield _rate("dispute_rate_of_reviewers_leaves", found.disputed_leaves)


def _broken(measure: str, counts: dict[Key, int], **columns: str) -> Iterable[Line]:
    """Break a measure down by several columns at once; the largest first."""
    total: Counter[tuple[str, ...]] = Counter()
    for key, count in counts.items():
        total[tuple(getattr(key, column) for column in columns.values())] += count
    for values, count in sorted(total.items(), key=lambda item: (-item[1], item[0])):
        yield Line(measure, count, dict(zip(columns, values, strict=True)))


def _rate(measure: str, rate: Rate, **by: str) -> Line:
    return Line(measure, rate.share, {**by, "of": str(rate.of)}, rate.low, rate.high)


def _hours(waits: Waits) -> float | None:
    return None if waits.overall is None else round(waits.overall / 3_600, 2)
