"""Channels that are thought about: cases with reasons and a recommendation, once for the same grounds; returns."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from siyaj.banks.curation import new_entry
from siyaj.model.action import ActionKind
from siyaj.model.bank import Opinion
from siyaj.model.case import CaseOrigin
from siyaj.model.channel import ChannelState, ReturnMark
from siyaj.model.clock import now_us
from siyaj.model.decision import Draft, Exemption
from siyaj.model.event import Account, Channel, Event, EventKind, HashInput
from siyaj.model.ids import new_id
from siyaj.model.person import Role
from siyaj.model.report import NewReport, Reporter, Subject, SubjectKind
from siyaj.model.settings import Settings
from siyaj.model.signal import Signal
from siyaj.moderation.checks.requests import CheckRequest, hash_request
from siyaj.moderation.runtime import Runtime
from siyaj.storage import actions, cases
from siyaj.storage.actions import NewAction
from siyaj.storage.cases import Case
from siyaj.storage.channels import DAY_US
from siyaj.storage.tables import accounts, channel_facts, channel_links, decisions, reports
from siyaj.storage.tables import cases as cases_table

AVATAR = "f8f8f0cce0f4e84d0e370a22028f67f0b36e2ed596623e1d33e6339c4e9c9b22"
NEAR = "f8f8f0cce0f4e84d0e370a22028f67f0b36e2ed596623e1d33e6339c4e9c9bdd"


@pytest.fixture
def runtime(tmp_path: Path, database_url: str) -> Iterator[Runtime]:
    with Runtime.open(Settings(data=str(tmp_path), database=database_url, decoders=1)) as opened:
        yield opened


def check(runtime: Runtime, *events: Event) -> None:
    runtime.checker.check_now([CheckRequest(each, [], "test", None, hash_request(each)) for each in events])


def tell(runtime: Runtime, channel: str, **facts: Any) -> None:
    check(runtime, Event(new_id("evt"), EventKind.CHANNEL, channel=Channel(channel, **facts)))


def decide(runtime: Runtime, action: ActionKind, subject: str, channel: str = "", **columns: Any) -> str:
    """Write a decision as it is kept, in effect at once."""
    kind, _, subject_id = subject.partition(":")
    row = {
        "id": new_id("dec"),
        "subject_kind": kind,
        "subject_id": subject_id,
        "channel_id": channel or None,
        "kind": "first",
        "action": action.value,
        "policy": "tvec",
        "decided_by": "per_amal",
        "decided_at": now_us(),
        "effective_at": now_us(),
        "draft": msgspec.json.encode(Draft(action, Exemption.NONE)),
        "statement": b"{}",
        "effects": b"{}",
        **columns,
    }
    its = NewAction(str(row["id"]), None, Subject(SubjectKind(kind), subject_id), action, "tvec", {}, datetime.now(UTC))
    with runtime.database.begin() as connection:
        connection.execute(decisions.insert(), row)
        actions.enqueue(connection, [its])
    return str(row["id"])


def remove(runtime: Runtime, channel: str, times: int) -> None:
    for number in range(times):
        decide(runtime, ActionKind.REMOVE, f"item:{channel}-{number}-{new_id('i')}", channel)


def case_of(runtime: Runtime, channel: str) -> Case | None:
    with runtime.database.read() as connection:
        opened = cases.open_ids(connection, [f"channel:{channel}"]).get(f"channel:{channel}")
        return cases.get(connection, opened) if opened else None


def close_case(runtime: Runtime, case: Case) -> None:
    with runtime.database.begin() as connection:
        connection.execute(
            cases_table.update().where(cases_table.c.id == case.id).values(open_subject=None, state="closed")
        )


def test_three_removals_and_reach_open_a_case_that_recommends_closing(runtime: Runtime) -> None:
    tell(runtime, "garden", title="حديقة الحي", subscribers=900)
    remove(runtime, "garden", 2)
    assert runtime.channels.think("garden") is None
    remove(runtime, "garden", 1)
    assert runtime.channels.think("garden") is not None
    case = case_of(runtime, "garden")
    assert case is not None
    assert (case.origin, case.reach, case.channel) == (CaseOrigin.CHANNEL, 900, "garden")
    [reason] = case.reasons
    assert reason.recommend == "close_channel"
    assert "decided to remove in the last 7 days: 3" in reason.text
    assert "الإجراء المقترح: إغلاق القناة" in reason.text_ar
    record = runtime.channels.get("garden").channel
    assert (record.removed, record.state) == (3, ChannelState.OPEN)


def test_the_same_grounds_open_no_second_case_and_new_ones_do(runtime: Runtime) -> None:
    tell(runtime, "garden", subscribers=900)
    remove(runtime, "garden", 3)
    assert runtime.channels.think("garden") is not None
    assert runtime.channels.think("garden") is None
    case = case_of(runtime, "garden")
    assert case is not None
    close_case(runtime, case)
    assert runtime.channels.think("garden") is None
    remove(runtime, "garden", 1)
    again = runtime.channels.think("garden")
    assert again is not None and again != case.id


def test_what_a_successful_appeal_or_an_undo_took_back_does_not_count(runtime: Runtime) -> None:
    tell(runtime, "garden", subscribers=900)
    remove(runtime, "garden", 2)
    taken_back = decide(runtime, ActionKind.REMOVE, "item:m9", "garden")
    decide(runtime, ActionKind.RESTORE, "item:m9", "garden", kind="appeal", replaces=taken_back)
    decide(runtime, ActionKind.REMOVE, "item:m10", "garden", effective_at=now_us() + 60_000_000)
    decide(runtime, ActionKind.REMOVE, "item:m11", "garden", decided_by="policy")
    assert runtime.channels.think("garden") is None
    assert runtime.channels.get("garden").channel.removed == 2


def test_a_finding_joins_the_case_that_is_open(runtime: Runtime) -> None:
    tell(runtime, "garden", subscribers=900)
    runtime_report(runtime, "garden")
    before = case_of(runtime, "garden")
    assert before is not None
    remove(runtime, "garden", 3)
    assert runtime.channels.think("garden") == before.id
    after = case_of(runtime, "garden")
    assert after is not None
    assert after.reasons[0].rule == "repeated-removals"
    assert len(after.reasons) == len(before.reasons) + 1
    assert after.priority >= before.priority


def runtime_report(runtime: Runtime, channel: str, who: str = "") -> None:
    given = NewReport(Subject(SubjectKind.CHANNEL, channel), reporter=Reporter(id=who))
    runtime.reports.receive(given, scope="test")


def test_reporters_who_were_right_open_a_case_and_a_crowd_of_unknown_ones_weighs_less(runtime: Runtime) -> None:
    tell(runtime, "garden")
    for number in range(4):
        runtime_report(runtime, "garden", f"u{number}")
    with runtime.database.begin() as connection:
        connection.execute(reports.update().values(weight=100))
    assert runtime.channels.think("garden") is None
    with runtime.database.begin() as connection:
        connection.execute(reports.update().values(weight=180))
    assert runtime.channels.think("garden") is not None
    assert runtime.channels.get("garden").channel.reports == 4


def test_decisions_open_limit_and_close(runtime: Runtime) -> None:
    tell(runtime, "garden", subscribers=900)
    for action, state in [
        (ActionKind.LIMIT, ChannelState.LIMITED),
        (ActionKind.CLOSE_CHANNEL, ChannelState.CLOSED),
        (ActionKind.REOPEN_CHANNEL, ChannelState.OPEN),
    ]:
        decide(runtime, action, "channel:garden")
        runtime.channels.think("garden")
        assert runtime.channels.get("garden").channel.state is state
    marks = [event.value for event in runtime.channels.timeline("garden").events if event.mark == "state"]
    assert marks == ["limited", "closed", "open"]


def test_a_closed_channel_that_comes_back_is_recognised(runtime: Runtime) -> None:
    tell(
        runtime,
        "old",
        title="حديقة السلام",
        handle="salam_garden",
        avatar=AVATAR,
        admins=["amal", "basim"],
        invites=["https://t.me/+AbCdEfGhIjKlMnOp"],
    )
    decide(runtime, ActionKind.CLOSE_CHANNEL, "channel:old")
    runtime.channels.think("old")
    tell(runtime, "new", title="أخبار", handle="SalamGarden2", avatar=NEAR, admins=["amal", "basim"], age_days=1)
    case = runtime.channels.think("new")
    assert case is not None
    opened = case_of(runtime, "new")
    assert opened is not None
    [reason] = opened.reasons
    assert (reason.rule, reason.recommend) == ("return-of-a-closed-channel", "close_channel")
    assert "حديقة السلام" in reason.text_ar
    [back] = runtime.channels.get("new").resembles
    assert back.channel == "old"
    assert set(back.marks) == {ReturnMark.ADMINS, ReturnMark.AVATAR, ReturnMark.HANDLE}


def test_what_many_channels_share_is_no_return(runtime: Runtime) -> None:
    tell(runtime, "old", title="الأخبار", handle="news", admins=["bot", "amal"])
    decide(runtime, ActionKind.CLOSE_CHANNEL, "channel:old")
    runtime.channels.think("old")
    tell(runtime, "new", title="الأخبار", handle="news", admins=["bot", "dana"], age_days=1)
    assert runtime.channels.think("new") is None


def test_passing_on_the_addresses_of_closed_channels(runtime: Runtime) -> None:
    ways = ["https://t.me/+AbCdEfGhIjKlMnOp", "https://t.me/+ZzCdEfGhIjKlMnOp"]
    for number, way in enumerate(ways):
        tell(runtime, f"old{number}", invites=[way])
        decide(runtime, ActionKind.CLOSE_CHANNEL, f"channel:old{number}")
        runtime.channels.think(f"old{number}")
    text = " ".join(ways)
    check(runtime, Event("m1", EventKind.MESSAGE, channel=Channel("square"), text=text))
    assert runtime.channels.think("square") is not None
    case = case_of(runtime, "square")
    assert case is not None
    assert "leads-to-closed-channels" in [reason.rule for reason in case.reasons]


def test_a_listed_name_alone_opens_nothing_and_with_a_removal_it_does(runtime: Runtime) -> None:
    runtime.banks.create("names", who="test")
    runtime.banks.add(
        "names", new_entry([Signal("name", "Northern Lantern Brigade")], opinion=Opinion.SEED), who="test"
    )
    check(runtime, Event("m1", EventKind.MESSAGE, channel=Channel("c1", title="Northern Lantern Brigade")))
    assert runtime.channels.think("c1") is None
    remove(runtime, "c1", 1)
    assert runtime.channels.think("c1") is not None


def register(runtime: Runtime, account: str, **told: Any) -> None:
    bio, picture = told.pop("bio", ""), told.pop("avatar", None)
    about = Account(account, bio=bio, **told)
    hashes = [HashInput("pdq", picture)] if picture else []
    check(runtime, Event(new_id("evt"), EventKind.ACCOUNT, account=about, hashes=hashes))


def test_a_suspended_account_that_comes_back_is_shown_to_a_person(runtime: Runtime) -> None:
    register(runtime, "u-1", handle="salam_gardener", avatar=AVATAR, bio="https://example.org/salam")
    decide(runtime, ActionKind.SUSPEND_ACCOUNT, "account:u-1")
    register(runtime, "u-2", handle="SalamGardener7", avatar=NEAR, bio="https://example.org/salam")
    with runtime.database.read() as connection:
        opened = cases.open_ids(connection, ["account:u-2"])["account:u-2"]
        case = cases.get(connection, opened)
    assert case is not None
    [reason] = case.reasons
    assert reason.rule == "return-of-a-suspended-account"
    assert "its handle has the same form, its picture is nearly the same, it shares addresses" in reason.text
    assert "salam_gardener" in reason.text_ar
    close_case(runtime, case)
    register(runtime, "u-2", handle="SalamGardener7", avatar=NEAR)
    with runtime.database.read() as connection:
        assert cases.open_ids(connection, ["account:u-2"]) == {}, "the same grounds open no second case"


def test_a_handle_alone_counts_on_a_young_account_only_and_a_reinstated_one_not_at_all(runtime: Runtime) -> None:
    register(runtime, "u-1", handle="salam_gardener")
    decide(runtime, ActionKind.SUSPEND_ACCOUNT, "account:u-1")
    register(runtime, "u-2", handle="salamgardener", age_days=900)
    register(runtime, "u-3", handle="salamgardener2", age_days=0)
    with runtime.database.read() as connection:
        assert list(cases.open_ids(connection, ["account:u-2", "account:u-3"])) == ["account:u-3"]
    decide(runtime, ActionKind.REINSTATE_ACCOUNT, "account:u-1")
    register(runtime, "u-4", handle="salamgardener3", age_days=0)
    with runtime.database.read() as connection:
        assert cases.open_ids(connection, ["account:u-4"]) == {}


def test_what_a_person_decides_counts_in_the_channel_and_closes_it(tmp_path: Path, database_url: str) -> None:
    settings = Settings(data=str(tmp_path), database=database_url, decoders=1, undo_seconds=0)
    with Runtime.open(settings) as runtime:
        runtime.banks.create("known", who="test")
        runtime.banks.add("known", new_entry([Signal("pdq", AVATAR)], opinion=Opinion.SEED), who="test")
        person = runtime.people.create("amal", "Amal", [Role.LEAD], who="test", password="seven calm gardens")
        for number in range(3):
            hashes, channel = [HashInput("pdq", AVATAR)], Channel("garden", subscribers=700)
            check(runtime, Event(f"m{number}", EventKind.MEDIA, channel=channel, hashes=hashes))
            with runtime.database.read() as connection:
                case = cases.open_ids(connection, [f"item:m{number}"])[f"item:m{number}"]
            taken = runtime.cases.take(case, person)
            draft = Draft(ActionKind.REMOVE, Exemption.NONE, policy="tvec", reasons="It is.", deviation="Yes.")
            assert runtime.decisions.decide(case, draft, person, taken.version) is not None
        opened = runtime.channels.think("garden")
        assert opened is not None
        assert runtime.channels.get("garden").channel.removed == 3
        taken = runtime.cases.take(opened, person)
        draft = Draft(ActionKind.CLOSE_CHANNEL, Exemption.NONE, policy="tvec", reasons="It is.", deviation="Yes.")
        assert runtime.decisions.decide(opened, draft, person, taken.version) is not None
        runtime.channels.think("garden")
        assert runtime.channels.get("garden").channel.state is ChannelState.CLOSED


def test_the_past_is_forgotten_on_schedule_and_what_tells_a_return_is_not(runtime: Runtime) -> None:
    for channel in ("open", "closed"):
        tell(runtime, channel, title="حديقة", invites=[f"https://t.me/+AbCdEfGhIjKlMn{channel[:2]}"])
    decide(runtime, ActionKind.CLOSE_CHANNEL, "channel:closed")
    runtime.channels.think("closed")
    for account in ("u-1", "u-2"):
        register(runtime, account, handle=f"salam_{account}")
    decide(runtime, ActionKind.SUSPEND_ACCOUNT, "account:u-1")
    assert runtime.channels.forget() == 0
    long_ago = now_us() - 200 * DAY_US
    with runtime.database.begin() as connection:
        connection.execute(channel_facts.update().values(at=long_ago))
        connection.execute(channel_links.update().values(last_at=long_ago))
        connection.execute(accounts.update().values(seen_at=long_ago))
    assert runtime.channels.forget() > 0
    assert runtime.channels.get("open").links == []
    assert len(runtime.channels.get("closed").links) == 1
    assert runtime.channels.get("open").channel.title == "حديقة"
    with runtime.database.read() as connection:
        assert list(connection.execute(select(accounts.c.id)).scalars()) == ["u-1"]


def test_work_follows_checks_reports_and_decisions_of_any_process(tmp_path: Path, database_url: str) -> None:
    settings = Settings(data=str(tmp_path), database=database_url, decoders=1)
    with Runtime.open(settings) as serving, Runtime.open(settings) as other:
        serving.channels.work()
        tell(other, "garden", subscribers=900)
        remove(other, "garden", 3)
        assert serving.channels.work() == 1
        assert case_of(serving, "garden") is not None
        assert serving.channels.work() == 0
        runtime_report(other, "unheard-of")
        serving.channels.work()
        assert serving.channels.get("unheard-of").channel.reports == 1


def test_a_channel_is_thought_about_once_in_a_while_however_often_it_is_stirred(runtime: Runtime) -> None:
    runtime.channels.work()
    tell(runtime, "garden", title="حديقة")
    assert runtime.channels.work() == 1
    for number in range(20):
        tell(runtime, "garden", title=f"حديقة {number}")
    assert runtime.channels.work() == 0


def test_checks_and_thoughts_at_the_same_time_stand_in_nobodys_way(tmp_path: Path, database_url: str) -> None:
    from concurrent.futures import ThreadPoolExecutor

    settings = Settings(data=str(tmp_path), database=database_url, decoders=1)
    with Runtime.open(settings) as first, Runtime.open(settings) as second:
        first.banks.create("known", who="test")
        first.banks.add("known", new_entry([Signal("pdq", AVATAR)], opinion=Opinion.SEED), who="test")
        second.keeper.refresh()

        def checks(runtime: Runtime, worker: int) -> list[Any]:
            answers: list[Any] = []
            for turn in range(15):
                asked = []
                for number in range(12):
                    told = Channel(f"c{(number * (worker + 1)) % 6}", avatar=AVATAR, title=f"{worker}.{turn}")
                    event = Event(f"e{worker}.{turn}.{number}", EventKind.CHANNEL, channel=told)
                    asked.append(CheckRequest(event, [], "test", None, hash_request(event)))
                answers += runtime.checker.check_now(asked)
            return answers

        def thoughts(runtime: Runtime) -> list[Any]:
            return [runtime.channels.think(f"c{number % 6}") for number in range(60)]

        remove(first, "c0", 7)
        with ThreadPoolExecutor(4) as pool:
            work = [pool.submit(checks, runtime, number) for number, runtime in enumerate((first, second))]
            work += [pool.submit(thoughts, runtime) for runtime in (first, second)]
            answers = [answer for job in work[:2] for answer in job.result()]
            for job in work[2:]:
                job.result()
        assert [answer for answer in answers if isinstance(answer, Exception)] == []
        case = case_of(first, "c0")
        assert case is not None
        assert "removals-over-a-month" in {reason.rule for reason in case.reasons}
