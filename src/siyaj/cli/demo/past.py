"""Gives the demo a past: four weeks of reports and decisions, an appeal that was successful and one that waits, samples
judged twice, a channel that grew. Everything goes through the services that a real day goes through; only the clock is
turned back afterwards."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct
from sqlalchemy import select, update

from siyaj.cli.demo import people, posts, stories
from siyaj.cli.demo.people import LogIn
from siyaj.model.action import ActionKind
from siyaj.model.appeal import AppealState, NewAppeal
from siyaj.model.case import Case, CaseOrigin, CaseState
from siyaj.model.clock import now_us
from siyaj.model.decision import Decision, Draft, Exemption
from siyaj.model.event import Account, Channel, Event, EventKind
from siyaj.model.person import Person
from siyaj.model.queue import QueueFilter
from siyaj.model.report import NewReport, ReportedContent, Reporter, ReportReason, Subject, SubjectKind
from siyaj.model.settings import Settings
from siyaj.moderation.checks.requests import CheckRequest, hash_request
from siyaj.moderation.quality.quality import Quality
from siyaj.moderation.runtime import Runtime
from siyaj.storage import endpoints, tables
from siyaj.storage.database import Connection
from siyaj.storage.endpoints import EndpointKind

DAYS = 28
PAST = 44
"""Cases that were decided."""
OPEN = 9
"""Cases that wait."""
DAY_US = 86_400_000_000
HOUR_US = 3_600_000_000


class Past(Struct):
    """What the demo says on the screen."""

    doors: list[LogIn]
    waiting: int


def live(data: Path) -> Past:
    """Fill the database in this folder, which no server has open yet."""
    settings = Settings(
        data=str(data), decoders=1, undo_seconds=0.0, sample_reviewed=0.4, sample_automated=0.5, sample_cleared=0.15
    )
    with Runtime.open(settings) as runtime:
        staff, doors = people.seat(runtime.people)
        reviewers = [staff[login] for login in ("amal", "sam", "basim")]
        _grow_a_channel(runtime)
        with runtime.database.begin() as connection:
            endpoints.add(connection, runtime.keyring, stories.PLATFORM, EndpointKind.POLL)
        ended = [_decide_one(runtime, number, reviewers) for number in range(PAST)]
        _turn_back(runtime, ended)
        _appeals(runtime, ended, staff["olive"])
        _judge_again(runtime, [staff["olive"], *reviewers])
        _what_waits(runtime, staff["amal"])
        for person in reviewers:
            runtime.exposure.note(person, seconds=40 + 25 * len(person.login), revealed=len(person.login))
        waiting = len(runtime.cases.queue(QueueFilter(state=CaseState.OPEN), limit=500))
    return Past(doors, waiting)


def _report(runtime: Runtime, number: int, name: str, **more: Any) -> str:
    """Report a post; return its case's id."""
    story = stories.STORIES[number % len(stories.STORIES)]
    given: dict[str, Any] = {
        "subject": Subject(SubjectKind.ITEM, f"sample-{name}-{number}"),
        "reason": story.reason,
        "text": story.reported,
        "reporter": Reporter(stories.reporter_kind(number), f"sample-reporter-{number % 11}", age_days=200),
        "account": f"sample-account-{number % 7}",
        "channel": stories.CHANNEL if number % 4 == 0 else None,
        "content": ReportedContent(text=f"{story.text} ({number + 1})"),
    }
    receipt = runtime.reports.receive(NewReport(**{**given, **more}), scope="cli:demo")
    return runtime.reports.get(receipt).case or ""


def _decide_one(runtime: Runtime, number: int, reviewers: Sequence[Person]) -> Decision:
    case = _report(runtime, number, "past")
    return _decide(runtime, runtime.cases.get(case), stories.draft(number), reviewers[number % len(reviewers)])


def _decide(runtime: Runtime, case: Case, draft: Draft, person: Person) -> Decision:
    taken = runtime.cases.take(case.id, person)
    made = runtime.decisions.decide(case.id, draft, person, taken.version)
    assert made is not None  # no second opinion was asked for
    return made


def _turn_back(runtime: Runtime, ended: Sequence[Decision]) -> None:
    """Move each decided case to its day: the earliest first, some hours from report to decision."""
    now = now_us()
    with runtime.database.begin() as connection:
        for number, decision in enumerate(ended):
            back = (DAYS - number * DAYS // len(ended)) * DAY_US - (number * 5 % 9) * HOUR_US
            opened = now - back
            _move(connection, decision, opened, opened + (1 + number * 7 % 13) * HOUR_US)


def _move(connection: Connection, decision: Decision, opened: int, decided: int) -> None:
    c, d, r, s = tables.cases, tables.decisions, tables.reports, tables.strikes
    seen = opened + (decided - opened) // 3
    times = {"opened_at": opened, "deadline": opened + DAY_US, "first_seen_at": seen, "closed_at": decided}
    connection.execute(update(c).where(c.c.id == decision.case).values(**times))
    connection.execute(update(d).where(d.c.id == decision.id).values(decided_at=decided, effective_at=decided))
    connection.execute(update(r).where(r.c.case_id == decision.case).values(received_at=opened, closed_at=decided))
    connection.execute(update(s).where(s.c.decision_id == decision.id).values(at=decided))


def _appeals(runtime: Runtime, ended: Sequence[Decision], lead: Person) -> None:
    """Two appeals against removals: one is overturned, one waits."""
    removed = [one for one in ended if one.action is ActionKind.REMOVE][-3:]
    received = [_appeal(runtime, decision) for decision in removed[:2]]
    case = runtime.cases.get(received[0])
    _decide(runtime, case, Draft(ActionKind.RESTORE, Exemption.NONE, reasons=stories.APPEAL), lead)
    state = runtime.appeals.of_case(case.id)[0].state
    assert state is AppealState.OVERTURNED


def _appeal(runtime: Runtime, decision: Decision) -> str:
    token = runtime.keyring.token("appeal", f"decision:{decision.id}")
    return runtime.appeals.receive(NewAppeal(token, stories.APPEAL, language="ar")).case


def _judge_again(runtime: Runtime, others: Sequence[Person]) -> None:
    """Let chance draw, and judge most of what it drew a second time; some wait in the queue."""
    quality = Quality(runtime.database, runtime.keyring, runtime.settings, draw_days=DAYS + 2)
    quality.catch_up()
    drawn = runtime.cases.queue(QueueFilter(state=CaseState.OPEN, origin=CaseOrigin.SAMPLE), limit=500)
    for number, (_place, case) in enumerate(drawn[:-3]):
        first = _first(runtime, case.id)
        judge = next(person for person in [*others[number % 4 :], *others] if person.id != first[0])
        same, other = (0, 4) if first[1] == "remove" else (2, 4) if first[1] == "limit" else (4, 0)
        _decide(runtime, case, stories.draft(other if number % 9 == 5 else same), judge)  # one in nine differs
    quality.catch_up()
    with runtime.database.begin() as connection:
        for number, (_place, case) in enumerate(drawn[:-3]):
            _turn_back_sample(connection, case.id, (1 + number % 9) * DAY_US + number * HOUR_US, 2 + number % 7)


def _turn_back_sample(connection: Connection, case: str, back: int, hours: int) -> None:
    """Move a sample's case back, and its second judgement so many hours less."""
    c, s, later = tables.cases, tables.samples, back - hours * HOUR_US
    moved = {"opened_at": back, "deadline": back, "first_seen_at": back - HOUR_US, "closed_at": later}
    its = {name: c.c[name] - by for name, by in moved.items()}
    connection.execute(update(c).where(c.c.id == case).values(**its))
    judged = {"drawn_at": s.c.drawn_at - back, "judged_at": s.c.judged_at - later}
    connection.execute(update(s).where(s.c.case_id == case).values(**judged))


def _first(runtime: Runtime, case: str) -> tuple[str, str]:
    """Return who judged a sample first, and how; only the demo looks."""
    s = tables.samples
    with runtime.database.read() as connection:
        row = connection.execute(select(s.c.first_person, s.c.first_action).where(s.c.case_id == case)).one()
    return row[0], "remove" if row[1] == "block" else row[1]


def _what_waits(runtime: Runtime, author: Person) -> None:
    """Cases in both languages: one with many reports, one of a life in danger, one with a note, one about a channel."""
    waiting = [_report(runtime, number, "open") for number in range(OPEN)]
    for number in range(3):
        reporter = Reporter(id=f"sample-neighbour-{number}", age_days=400)
        _report(runtime, 1, "open", reporter=reporter, text=f"Sample: reported again ({number + 1})")
    runtime.cases.note(waiting[2], author, stories.NOTE)
    _report(runtime, 50, "urgent", reason=ReportReason.THREAT_TO_LIFE, text="عيّنة: بلاغ عاجل نموذجي. Sample: urgent.")
    channel = Subject(SubjectKind.CHANNEL, stories.CHANNEL)
    _report(runtime, 51, "channel", subject=channel, channel=None, account=None)
    with runtime.database.begin() as connection:
        for number, case in enumerate(waiting):
            _wait_longer(connection, case, number * 4 * HOUR_US - number * 13 * 60_000_000)


def _wait_longer(connection: Connection, case: str, back: int) -> None:
    c, r = tables.cases, tables.reports
    times = {"opened_at": c.c.opened_at - back, "deadline": c.c.deadline - back}
    connection.execute(update(c).where(c.c.id == case).values(**times))
    connection.execute(update(r).where(r.c.case_id == case).values(received_at=r.c.received_at - back))


def _grow_a_channel(runtime: Runtime) -> None:
    """Messages in a channel whose subscribers grow, day by day."""
    start = now_us()
    for ago in range(DAYS, -1, -2):
        subscribers = 400 + (DAYS - ago) * 65
        channel = Channel(stories.CHANNEL, stories.CHANNEL_TITLE, subscribers=subscribers, public=True)
        answers = runtime.checker.check_now([_message(channel, ago, part) for part in range(3)])
        assert len(answers) == 3
        _move_channel(runtime, start, ago)


def _message(channel: Channel, ago: int, part: int) -> CheckRequest:
    story = stories.STORIES[(ago + part) % len(stories.STORIES)]
    text = posts.NEWS if part == 2 else f"{story.text} ({ago}.{part})"
    account = Account(f"sample-account-{part}", "عيّنة", age_days=90)
    event = Event(
        f"sample-channel-{ago}-{part}", EventKind.MESSAGE, account, channel, text=text, language=story.language
    )
    return CheckRequest(event, [], "cli:demo", None, hash_request(event))


def _move_channel(runtime: Runtime, start: int, ago: int) -> None:
    """Turn back what was just written of the channel, by so many days."""
    v, f, d = tables.verdicts, tables.channel_facts, tables.channel_days
    back = ago * DAY_US
    with runtime.database.begin() as connection:
        fresh = v.c.created_at >= start
        connection.execute(update(v).where(fresh).values(created_at=v.c.created_at - back - HOUR_US))
        connection.execute(update(f).where(f.c.at >= start).values(at=f.c.at - back - HOUR_US))
        today = start // DAY_US
        if ago:
            connection.execute(update(d).where(d.c.day >= today).values(day=today - ago))


def codes(doors: Iterable[LogIn]) -> str:
    """Return the codes that serve now."""
    return "   ".join(f"{door.login} {door.code()}" for door in doors)
