"""Cases are held by one person at a time, and a stale screen changes nothing."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from siyaj.model.case import Case, CaseOrigin, Level
from siyaj.model.clock import now_us
from siyaj.model.errors import CaseHeld, Forbidden, InvalidRequest, NotFound, StaleVersion, StorageUnavailable
from siyaj.model.ids import new_id
from siyaj.model.person import Role
from siyaj.model.queue import QueueFilter
from siyaj.model.settings import Settings
from siyaj.moderation.casework.cases import Cases
from siyaj.policy.load import load_policy
from siyaj.storage import audit, leases
from siyaj.storage.database import Database
from siyaj.storage.tables import case_skips, people
from siyaj.storage.tables import cases as table
from tests.moderation.desk import NOTHING
from tests.moderation.staff import employ, new_case, person

POLICY = load_policy()
AMAL, BASIM, LAYLA = person("amal"), person("basim"), person("layla", Role.LEAD)


@pytest.fixture
def cases(database: Database) -> Cases:
    return Cases(database, POLICY, Settings())


def expire(database: Database) -> None:
    with database.begin() as connection:
        connection.execute(table.update().values(held_until=now_us() - 1_000_000))


def test_the_most_urgent_comes_first_and_equals_in_order_of_arrival(database: Database, cases: Cases) -> None:
    low, first, second = (new_case(database, f"item:{n}", p) for n, p in enumerate((20, 80, 80)))
    taken = [cases.next(person(f"p{n}")) for n in range(4)]
    assert [case.id if case else None for case in taken] == [first, second, low, None]


def test_asking_twice_gives_the_case_that_one_holds(database: Database, cases: Cases) -> None:
    new_case(database, "item:1")
    new_case(database, "item:2")
    one = cases.next(AMAL)
    again = cases.next(AMAL)
    assert one is not None
    assert again is not None
    assert (one.id, one.version) == (again.id, again.version)


def test_nobody_takes_what_another_holds(database: Database, cases: Cases) -> None:
    case = new_case(database)
    held = cases.take(case, AMAL)
    assert (held.holder, held.version) == (AMAL.id, 2)
    assert held.first_seen_at is not None
    with pytest.raises(CaseHeld):
        cases.take(case, BASIM)
    with pytest.raises(CaseHeld):
        cases.renew(case, BASIM)
    with pytest.raises(CaseHeld):
        cases.release(case, BASIM, held.version)
    assert cases.take(case, AMAL).version == 2
    assert cases.renew(case, AMAL).version == 2


def test_an_ended_lease_is_none_but_may_be_revived_until_another_takes_it(database: Database, cases: Cases) -> None:
    case = new_case(database)
    version = cases.take(case, AMAL).version
    expire(database)
    assert cases.get(case).holder is None
    with pytest.raises(CaseHeld):
        cases.release(case, AMAL, version)
    assert cases.renew(case, AMAL).holder == AMAL.id
    expire(database)
    cases.take(case, BASIM)
    with pytest.raises(CaseHeld):
        cases.renew(case, AMAL)


def test_a_stale_screen_is_refused(database: Database, cases: Cases) -> None:
    case = new_case(database)
    seen = cases.take(case, AMAL).version
    with pytest.raises(StaleVersion):
        cases.release(case, AMAL, seen - 1)
    cases.release(case, AMAL, seen)
    cases.take(case, AMAL)
    with pytest.raises(StaleVersion):
        cases.escalate(case, AMAL, seen, "too hard")


def test_a_clock_that_went_wrong_does_not_lock_a_case_for_ever(database: Database, cases: Cases) -> None:
    case = new_case(database)
    cases.take(case, AMAL)
    with database.begin() as connection:
        connection.execute(table.update().values(held_until=now_us() + 400 * 86_400_000_000))
    assert cases.take(case, BASIM).holder == BASIM.id


def test_a_process_whose_clock_is_wrong_agrees_with_the_others_on_who_holds_a_case(
    database: Database, cases: Cases, monkeypatch: pytest.MonkeyPatch
) -> None:
    if database.dialect != "postgresql":
        pytest.skip("processes on one machine have one clock")
    case = new_case(database)
    version = cases.take(case, AMAL).version
    for hours in (-5, 5):
        for module in ("siyaj.storage.leases", "siyaj.storage.cases", "siyaj.model.clock"):
            monkeypatch.setattr(f"{module}.now_us", lambda hours=hours: time.time_ns() // 1_000 + hours * 3_600_000_000)
        with pytest.raises(CaseHeld):
            cases.take(case, BASIM)
        assert cases.next(BASIM) is None
        assert cases.take(case, AMAL).version == version
    cases.escalate(case, AMAL, version, "done")


def test_what_was_passed_on_goes_to_another(database: Database, cases: Cases) -> None:
    case = new_case(database)
    taken = cases.next(AMAL)
    assert taken is not None
    cases.release(case, AMAL, taken.version, "not my dialect")
    assert cases.next(AMAL) is None
    other = cases.next(BASIM)
    assert other is not None
    assert other.id == case


def test_cases_are_offered_by_language_skill_level_and_origin(database: Database, cases: Cases) -> None:
    arab, viewer = person("arab", languages="ar fa"), person("viewer", languages="en", skills="video")
    employ(database, arab, viewer)
    new_case(database, "item:ar", 90, language="ar")
    new_case(database, "item:video", 80, skill="video")
    new_case(database, "item:lead", 70, level=Level.LEAD)
    new_case(database, "item:appeal", 60, origin=CaseOrigin.APPEAL)
    new_case(database, "item:any", 10)

    def subject(asking: object) -> str:
        found = cases.next(asking)  # type: ignore[arg-type]
        return found.subject.id if found else ""

    assert subject(person("en", languages="en")) == "any"
    assert subject(viewer) == "video"
    assert subject(arab) == "ar"
    assert subject(AMAL) == ""
    assert cases.waiting(LAYLA) == 2
    assert subject(LAYLA) == "lead"
    with pytest.raises(Forbidden):
        cases.next(person("curious", Role.CURATOR))


def test_what_nobody_here_can_read_goes_to_all(database: Database, cases: Cases) -> None:
    reader = person("reader", languages="en")
    employ(database, reader)
    new_case(database, "item:sw", 50, language="sw", skill="video")
    found = cases.next(reader)
    assert found is not None
    assert found.language == "sw"


def test_a_case_is_handed_over_to_one_colleague(database: Database, cases: Cases) -> None:
    employ(database, AMAL, BASIM, LAYLA)
    case = new_case(database)
    taken = cases.take(case, AMAL)
    with pytest.raises(NotFound):
        cases.hand_over(case, AMAL, taken.version, "nobody")
    cases.hand_over(case, AMAL, taken.version, "@basim")
    assert cases.next(AMAL) is None
    new_case(database, "item:urgent", 90)
    given = cases.next(BASIM)
    assert given is not None
    assert given.id == case


def test_what_waits_for_somebody_who_left_is_offered_to_all(database: Database, cases: Cases) -> None:
    employ(database, AMAL, BASIM)
    case = new_case(database)
    cases.hand_over(case, AMAL, cases.take(case, AMAL).version, "basim")
    with database.begin() as connection:
        connection.execute(people.update().where(people.c.id == BASIM.id).values(disabled_at=1))
    found = cases.next(LAYLA)
    assert found is not None
    assert found.id == case


def test_a_reviewer_deleted_while_holding_a_case_does_not_keep_it(database: Database, cases: Cases) -> None:
    employ(database, AMAL)
    case = new_case(database)
    cases.take(case, AMAL)
    with database.begin() as connection:
        connection.execute(people.delete())
    assert cases.next(BASIM) is None
    expire(database)
    found = cases.next(BASIM)
    assert found is not None
    assert found.id == case


def test_what_is_escalated_waits_for_a_lead(database: Database, cases: Cases) -> None:
    case = new_case(database)
    cases.escalate(case, AMAL, cases.take(case, AMAL).version, "I know the author")
    assert cases.next(BASIM) is None
    with pytest.raises(Forbidden):
        cases.take(case, BASIM)
    assert cases.take(case, LAYLA).level is Level.LEAD
    assert [note.text for note in cases.notes(case)] == ["I know the author"]


def test_who_is_barred_is_never_given_a_case(database: Database, cases: Cases) -> None:
    case = new_case(database)
    with database.begin() as connection:
        leases.skip(connection, case, AMAL.id, barred=True)
    assert cases.next(AMAL) is None
    with pytest.raises(Forbidden):
        cases.take(case, AMAL)


def test_notes_mention_colleagues(database: Database, cases: Cases) -> None:
    employ(database, AMAL, BASIM)
    case = new_case(database)
    note = cases.note(case, AMAL, "رأيك يا @basim؟ and @nobody, not a@basim")
    assert note.mentions == [BASIM.id]
    assert [each.text for each in cases.mentions(BASIM)] == [note.text]
    cases.seen(case, BASIM)
    assert cases.mentions(BASIM) == []
    for text in ("", " ", "x" * 10_001, "a\0b"):
        with pytest.raises(InvalidRequest):
            cases.note(case, AMAL, text)
    with pytest.raises(NotFound):
        cases.note("case_x", AMAL, "hm")


def test_fifty_reviewers_never_share_a_case_and_none_is_lost(database: Database, cases: Cases) -> None:
    expected = {new_case(database, f"item:{n}", n % 7) for n in range(100)}
    got: list[str] = []
    faults: list[BaseException] = []

    def work(number: int) -> None:
        one = person(f"w{number}")
        try:
            while (case := cases.next(one)) is not None:
                got.append(case.id)
                with database.begin() as connection:
                    leases.change(connection, case.id, state="closed", open_subject=None)
        except BaseException as error:
            faults.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
    assert set(got) == expected
    assert max(Counter(got).values()) == 1


@pytest.mark.parametrize(
    "deed",
    [
        lambda cases, case, version: cases.release(case, AMAL, version, "why"),
        lambda cases, case, version: cases.hand_over(case, AMAL, version, "basim"),
        lambda cases, case, version: cases.escalate(case, AMAL, version, "why"),
        lambda cases, case, version: cases.ask_second_opinion(case, AMAL, version, NOTHING),
    ],
    ids=["release", "hand_over", "escalate", "ask_second_opinion"],
)
def test_what_the_database_gave_up_for_another_is_done_again_and_once(
    database: Database, cases: Cases, monkeypatch: pytest.MonkeyPatch, deed: Callable[[Cases, str, int], Case]
) -> None:
    employ(database, AMAL, BASIM)
    taken = cases.take(new_case(database), AMAL)
    write, tries = audit.write, Counter[str]()

    def give_up_once(*given: Any, **detail: Any) -> None:
        tries["all"] += 1
        if tries["all"] == 1:
            raise StorageUnavailable("deadlock detected")
        write(*given, **detail)

    monkeypatch.setattr(audit, "write", give_up_once)
    assert (deed(cases, taken.id, taken.version).version, tries["all"]) == (taken.version + 1, 2)
    with database.read() as connection:
        assert [one.what for one in audit.page(connection)][1:] == ["case.take"]


def test_every_change_is_in_the_audit_log(database: Database, cases: Cases) -> None:
    case = new_case(database)
    cases.release(case, AMAL, cases.take(case, AMAL).version)
    with database.read() as connection:
        rows = [(row.who, row.what, row.subject) for row in audit.listed(connection)]
        assert not audit.verify(connection).fault
    assert rows == [("person:amal", "case.take", case), ("person:amal", "case.release", case)]


def test_pages_go_on_where_the_last_one_ended(database: Database, cases: Cases) -> None:
    made = [new_case(database, f"item:{n}", n % 3, language="ar" if n % 2 else "en") for n in range(20)]
    after, seen = None, []
    while page := cases.queue(QueueFilter(language="ar"), after, 3):
        seen += [case.id for _, case in page]
        after = page[-1][0]
    assert sorted(seen) == sorted(made[1::2])


WHO = [person(f"p{n}") for n in range(3)]
STEPS = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from(["take", "renew", "release", "next", "lapse"])), max_size=12
)


@given(STEPS)
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_people_do_a_case_has_one_holder(
    database: Database, cases: Cases, steps: list[tuple[int, str]]
) -> None:
    with database.begin() as connection:
        connection.execute(table.delete())
        connection.execute(case_skips.delete())
    case = new_case(database, f"item:{new_id('x')}")
    holder: str | None = None
    last: str | None = None
    version = 1
    for number, step in steps:
        one = WHO[number]
        mine = holder == one.id
        try:
            if step == "lapse":
                expire(database)
                holder = None
                continue
            there = cases.get(case)
            if step == "next":
                found = cases.next(one)
                holder, last = (one.id, one.id) if found else (holder, last)
                continue
            act = {
                "take": lambda one=one: cases.take(case, one),
                "renew": lambda one=one: cases.renew(case, one),
                "release": lambda one=one, there=there: cases.release(case, one, there.version),
            }[step]
            act()
        except CaseHeld:
            assert not mine
            assert step != "renew" or last != one.id
            continue
        assert holder in (None, one.id)
        holder = None if step == "release" else one.id
        last = holder
        assert cases.get(case).holder == holder
        assert cases.get(case).version >= version
        version = cases.get(case).version
