"""The dashboard and the published figures, against a past that is small enough to count by hand."""

import random
from datetime import date, timedelta
from statistics import median_low

import pytest

from siyaj.model.clock import now_us, to_datetime
from siyaj.model.errors import InvalidRequest
from siyaj.model.numbers import Published
from siyaj.model.settings import Settings
from siyaj.moderation.quality.numbers import Numbers
from siyaj.moderation.quality.published import as_csv, last_quarter, publish
from siyaj.moderation.quality.quality import Quality
from siyaj.storage import numbers, tables
from siyaj.storage.database import Database
from siyaj.storage.keyring import Keyring
from tests.moderation.past import add_verdicts, decide, open_case

HOUR = 3_600_000_000
DAY = 24 * HOUR
KEYS = Keyring([b"k" * 32])
NOW = now_us()
TODAY = to_datetime(NOW).date()


@pytest.fixture
def past(database: Database) -> Database:
    """Three days: five cases, two decided; four verdicts; an appeal that was successful; a sample that differs."""
    add_verdicts(database, "allow", "block", "block", "hold")
    open_case(database, "c1", opened_at=NOW - 2 * DAY, first_seen_at=NOW - 2 * DAY + HOUR)
    open_case(database, "c2", opened_at=NOW - 2 * DAY, first_seen_at=NOW - 2 * DAY + 3 * HOUR)
    open_case(database, "c3", opened_at=NOW - 2 * HOUR, deadline=NOW - HOUR)
    closed = {"state": "closed", "open_subject": None}
    open_case(
        database, "c4", opened_at=NOW - 2 * DAY, closed_at=NOW - DAY, first_seen_at=NOW - 2 * DAY + HOUR, **closed
    )
    open_case(database, "c5", opened_at=NOW - DAY, closed_at=NOW - DAY + 2 * HOUR, **closed)
    removed = decide(database, "c4", "per_amal", "remove")
    decide(database, "c5", "per_basim", "none")
    with database.begin() as connection:
        connection.execute(tables.appeals.insert(), _appeal(removed))
        connection.execute(
            tables.samples.insert(),
            [_sample(1, "automated", "block", "none"), _sample(2, "automated", "block", "remove")],
        )
        connection.execute(tables.samples.insert(), [_sample(3, "cleared", "allow", "none")])
        reviewed = {"first_person": "per_amal", "language": "ar"}
        connection.execute(
            tables.samples.insert(),
            [
                _sample(4, "reviewed", "remove", "remove", **reviewed),
                _sample(5, "reviewed", "none", "none", **reviewed),
            ],
        )
    Quality(database, KEYS, Settings(sample_automated=0, sample_cleared=0, sample_reviewed=0)).catch_up(NOW + HOUR)
    return database


def _appeal(decision: str) -> dict[str, object]:
    at = {"received_at": NOW - HOUR, "decided_at": NOW - HOUR // 2}
    return {
        "id": "app_1",
        "decision_id": decision,
        "case_id": "c9",
        "side": "affected",
        "text": "",
        "state": "overturned",
        **at,
    }


def _sample(number: int, stream: str, first: str, second: str, **more: object) -> dict[str, object]:
    return {
        "id": f"sam_{number}",
        "stream": stream,
        "verdict_id": f"ver_s{number}",
        "decision_id": f"dec_s{number}",
        "case_id": f"s{number}",
        "policy": "tvec",
        "first_person": "policy",
        "first_action": first,
        "second_person": "per_basim",
        "second_action": second,
        "drawn_at": NOW - HOUR,
        "judged_at": NOW - HOUR // 2,
        **more,
    }


def test_the_dashboard_counts_what_came_waited_and_went(past: Database) -> None:
    seen = Numbers(past).dashboard(7, NOW)
    assert [day.opened for day in seen.days][-3:] == by_day({2: 3, 1: 1}, c3=1)
    assert sum(day.closed for day in seen.days) == 2
    assert (seen.waiting, seen.overdue) == (3, 3)
    assert seen.days[-1].backlog == 3
    assert seen.days[0].backlog == 0
    assert {share.name: share.count for share in seen.ages if share.count} == {"4h": 1, "72h": 2}
    assert seen.oldest_hours == pytest.approx(48)
    assert seen.first_look == 3_600
    assert seen.to_decision == 2 * 3_600
    assert [(share.name, share.count) for share in seen.by_policy] == [("tvec.praise", 1)]
    assert (seen.automated, seen.by_people, seen.left_by_people, seen.verdicts) == (2, 1, 1, 4)
    assert (seen.overturned.count, seen.overturned.of) == (1, 1)
    assert seen.errors.wrongly_removed.share == 0.5
    assert seen.errors.wrongly_left.share == 0


def by_day(ago: dict[int, int], c3: int) -> list[int]:
    """Where two hours ago is yesterday, the newest case is too."""
    days = [ago.get(2, 0), ago.get(1, 0), 0]
    days[2 if to_datetime(NOW - 2 * HOUR).date() == TODAY else 1] += c3
    return days


def test_agreement_is_shown_by_person_policy_and_language(past: Database) -> None:
    seen = Numbers(past).quality(7, NOW)
    assert (seen.judged, seen.waiting) == (5, 0)
    assert (seen.overall.agreed, seen.overall.of, seen.overall.value) == (2, 2, 1)
    assert [line.name for line in seen.reviewers] == ["per_amal"]
    assert [line.name for line in seen.languages] == ["ar"]


def test_the_published_figures_count_the_same(past: Database) -> None:
    found = publish(past, TODAY - timedelta(days=6), TODAY)
    values = {line.measure: line.value for line in found.lines if not line.by or set(line.by) == {"of"}}
    assert values["items_checked"] == 4
    assert values["actions_automated"] == 2
    assert values["actions_by_people"] == 1
    assert values["decisions_to_leave"] == 1
    assert values["appeals_decided"] == values["appeals_overturned"] == values["appeals_overturned_rate"] == 1
    assert values["median_hours_to_first_look"] == 1
    assert values["error_rate_automated_wrongly_removed"] == 0.5
    assert values["median_hours_of_orders"] is None
    broken = [line for line in found.lines if line.measure == "actions"]
    assert sum(line.value or 0 for line in broken) == 3
    assert {"policy": "tvec.praise", "action": "remove", "decided_by": "person", "language": "ar"} in [
        line.by for line in broken
    ]


def test_csv_has_a_line_for_each_figure_and_a_column_for_each_breakdown(past: Database) -> None:
    found = publish(past, TODAY - timedelta(days=6), TODAY)
    lines = as_csv(found).splitlines()
    assert len(lines) == len(found.lines) + 1
    assert lines[0].startswith("since,until,measure,reason")
    assert len({line.count(",") for line in lines}) == 1


def test_medians_are_those_of_the_textbook(database: Database) -> None:
    chance = random.Random(5)
    waits: dict[int, list[int]] = {}
    for number in range(60):
        day, waited = number % 3, chance.randrange(1, 10_000) * 1_000_000
        at = (NOW // DAY - 5 + day) * DAY + number
        open_case(database, f"m{number}", opened_at=at, first_seen_at=at + waited)
        waits.setdefault(day, []).append(waited // 1_000_000)
    with database.read() as connection:
        found = numbers.first_looks(connection, NOW - 10 * DAY, NOW)
    assert list(found.days.values()) == [median_low(its) for its in waits.values()]
    assert found.overall == median_low([one for its in waits.values() for one in its])


def test_an_empty_period_says_nothing_rather_than_nought(database: Database) -> None:
    found: Published = publish(database, date(2020, 1, 1), date(2020, 3, 31))
    rates = [line for line in found.lines if "rate" in line.measure or "median" in line.measure]
    assert rates
    assert all(line.value is None for line in rates)
    seen = Numbers(database).dashboard(30)
    assert (len(seen.days), seen.waiting, seen.first_look) == (30, 0, None)


@pytest.mark.parametrize(
    ("today", "quarter"),
    [
        (date(2026, 11, 25), (date(2026, 7, 1), date(2026, 9, 30))),
        (date(2026, 1, 1), (date(2025, 10, 1), date(2025, 12, 31))),
        (date(2026, 5, 31), (date(2026, 1, 1), date(2026, 3, 31))),
    ],
)
def test_the_last_quarter(today: date, quarter: tuple[date, date]) -> None:
    assert last_quarter(today) == quarter


def test_a_period_that_is_none_is_refused(database: Database) -> None:
    for since, until in [(date(2026, 2, 1), date(2026, 1, 1)), (date(2020, 1, 1), date(2026, 1, 1))]:
        with pytest.raises(InvalidRequest):
            publish(database, since, until)
