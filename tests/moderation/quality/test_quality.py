"""What chance draws, who judges it again, and what becomes of two judgements that differ."""

import pytest
from sqlalchemy import select

from siyaj.model.case import CaseOrigin, Level
from siyaj.model.clock import now_us
from siyaj.model.sample import Sample, Stream
from siyaj.model.settings import Settings
from siyaj.moderation.quality.quality import Quality
from siyaj.storage import audit, cases, leases, samples
from siyaj.storage.database import Database
from siyaj.storage.keyring import Keyring
from siyaj.storage.tables import daily_numbers
from tests.moderation.past import LONG_AGO, add_verdicts, decide, open_case

KEYS = Keyring([b"k" * 32])


def quality(database: Database, **rates: float) -> Quality:
    return Quality(
        database, KEYS, Settings(**{"sample_automated": 0, "sample_cleared": 0, "sample_reviewed": 0, **rates})
    )


def drawn(database: Database) -> list[Sample]:
    with database.read() as connection:
        return [samples.from_row(row) for row in connection.execute(samples.those().order_by(samples.DRAWN.tie.desc()))]


def counts(database: Database, *columns: str) -> dict[tuple[str, ...], int]:
    found: dict[tuple[str, ...], int] = {}
    with database.read() as connection:
        for row in connection.execute(select(daily_numbers)):
            key = tuple(getattr(row, column) for column in columns)
            found[key] = found.get(key, 0) + row.count
    return found


def test_every_verdict_is_counted_once_however_often_it_works(database: Database) -> None:
    add_verdicts(database, "allow", "block", "block", "hold")
    worker = quality(database)
    worker.catch_up()
    worker.catch_up()
    quality(database).catch_up()
    add_verdicts(database, "allow", at=LONG_AGO + 1)
    worker.catch_up()
    expected = {("allow", ""): 2, ("block", "ar"): 2, ("hold", "ar"): 1}
    assert counts(database, "action", "language") == expected


def test_a_rate_draws_about_its_share_and_the_same_ones_again(database: Database) -> None:
    worker = quality(database)
    ids = [f"ver_{number}" for number in range(20_000)]
    chosen = [id_ for id_ in ids if worker.drawn(Stream.CLEARED, id_, 0.1)]
    assert 1_800 < len(chosen) < 2_200
    assert [id_ for id_ in ids if quality(database).drawn(Stream.CLEARED, id_, 0.1)] == chosen
    assert {id_ for id_ in ids if worker.drawn(Stream.CLEARED, id_, 0.05)} < set(chosen)
    other = Quality(database, Keyring([b"o" * 32]), Settings())
    assert [id_ for id_ in ids if other.drawn(Stream.CLEARED, id_, 0.1)] != chosen


def test_streams_draw_what_they_should_and_the_case_tells_nothing(database: Database) -> None:
    add_verdicts(database, "allow", "block", "hold", "label")
    quality(database, sample_automated=1, sample_cleared=1).catch_up()
    assert {(one.stream, one.first_action, one.first_person) for one in drawn(database)} == {
        (Stream.AUTOMATED, "block", "policy"),
        (Stream.CLEARED, "allow", "policy"),
    }
    with database.read() as connection:
        case = cases.get(connection, drawn(database)[0].case)
    assert case is not None
    assert (case.origin, case.policy, case.language, case.account) == (CaseOrigin.SAMPLE, None, "ar", "u-1")
    assert "block" not in str(case.reasons)


def test_a_reviewers_decision_is_judged_again_by_somebody_else(database: Database) -> None:
    first = decide(database, open_case(database, "c1"), "per_amal", "remove")
    decide(database, open_case(database, "c2"), "policy", "remove")
    undone = decide(database, open_case(database, "c3"), "per_amal", "remove")
    decide(database, "c3", "per_amal", "none", kind="undo", supersedes=undone)
    quality(database, sample_reviewed=1).catch_up()
    (sample,) = drawn(database)
    assert (sample.decision, sample.first_person, sample.policy) == (first, "per_amal", "tvec.praise")
    with database.read() as connection:
        assert leases.is_barred(connection, sample.case, "per_amal")
        assert not leases.is_barred(connection, sample.case, "per_basim")
    assert counts(database, "what", "made_by") == {("decision", "person"): 1, ("decision", "policy"): 1}


def test_a_decision_that_can_still_be_undone_waits(database: Database) -> None:
    decide(database, open_case(database, "c1"), "per_amal", "remove", effective_at=now_us() + 60_000_000)
    worker = quality(database, sample_reviewed=1)
    assert worker.catch_up() == 0
    assert worker.catch_up(now_us() + 120_000_000) == 1
    assert len(drawn(database)) == 1


@pytest.mark.parametrize(("second", "agrees"), [("remove", True), ("none", False)])
def test_two_judgements_that_differ_go_to_a_lead(database: Database, second: str, agrees: bool) -> None:
    add_verdicts(database, "block")
    worker = quality(database, sample_automated=1, sample_reviewed=1)
    worker.catch_up()
    (sample,) = drawn(database)
    decide(database, sample.case, "per_amal", second)
    worker.catch_up()
    (sample,) = drawn(database)
    assert (sample.second_person, sample.second_action, sample.agrees) == ("per_amal", second, agrees)
    with database.read() as connection:
        opened = cases.open_ids(connection, [f"item:post-{LONG_AGO}-0"])
        assert bool(opened) is not agrees
        if opened:
            case = cases.get(connection, opened[f"item:post-{LONG_AGO}-0"])
            assert case is not None
            assert case.level is Level.LEAD
            assert leases.is_barred(connection, case.id, "per_amal")
    assert ("decision", "per_amal") not in counts(database, "what", "made_by")


def test_draws_stand_in_the_audit_log(database: Database) -> None:
    add_verdicts(database, "block")
    quality(database, sample_automated=1).catch_up()
    with database.read() as connection:
        (row,) = audit.page(connection, what="sample.draw")
        assert (row.detail["rate"], row.detail["stream"]) == (1.0, "automated")
        assert audit.verify(connection).fault == ""


def test_what_is_long_past_is_counted_and_not_drawn(database: Database) -> None:
    add_verdicts(database, "block", at=LONG_AGO - 30 * 86_400_000_000)
    decide(database, open_case(database, "c1"), "per_amal", "remove", decided_at=LONG_AGO - 30 * 86_400_000_000)
    quality(database, sample_automated=1, sample_reviewed=1).catch_up()
    assert drawn(database) == []
    assert sum(counts(database, "action").values()) == 2
