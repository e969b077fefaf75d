"""The channel pages: the list, and one with its timeline; as text, in both languages, and as pictures."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from siyaj.model.action import ActionKind
from siyaj.model.channel import ChannelDay, ChannelEvent, ChannelMark, ChannelRecord, ChannelState, Timeline
from siyaj.model.clock import now_us, to_datetime
from siyaj.model.decision import Draft, Exemption
from siyaj.model.event import Channel, Event, EventKind
from siyaj.model.ids import new_id
from siyaj.model.person import Locale, Role
from siyaj.model.report import NewReport, ReportReason, Subject, SubjectKind
from siyaj.moderation.checks.requests import CheckRequest, hash_request
from siyaj.moderation.runtime import Runtime
from siyaj.server.console.channel_plot import binned
from siyaj.storage import actions
from siyaj.storage.actions import NewAction
from siyaj.storage.channels import DAY_US
from siyaj.storage.tables import channel_days, channel_facts, channels, decisions
from tests.console.conftest import House, axe, screen

AVATAR = "f8f8f0cce0f4e84d0e370a22028f67f0b36e2ed596623e1d33e6339c4e9c9b22"
EVIL = '<img src=x onerror=alert(1)>"\N{RIGHT-TO-LEFT OVERRIDE}txt'


@pytest.fixture(scope="module", autouse=True)
def garden(house: House) -> Iterator[None]:
    house.person("noor", Role.LEAD, name="Noor Haddad")
    house.person("amal", Role.LEAD, name="أمل حدّاد", locale=Locale.AR)
    house.person("rami", Role.ADMIN, name="Rami")
    _fill(house.runtime)
    yield


def _fill(runtime: Runtime) -> None:
    """A channel that was closed, one that comes back with a history of weeks, and a few others."""
    _tell(runtime, "old", title="حديقة السلام", handle="salam_garden", admins=["u-1", "u-2"], avatar=AVATAR)
    _decide(runtime, ActionKind.CLOSE_CHANNEL, "channel:old", now_us())
    runtime.channels.think("old")
    _tell(
        runtime,
        "new",
        title="حديقة السلام ٢",
        handle="SalamGarden2",
        topic="كل ما يخص الزراعة في القرية",
        admins=["u-1", "u-2"],
        avatar=AVATAR,
        subscribers=1_840,
        public=True,
        age_days=40,
        invites=["https://t.me/+AbCdEfGhIjKlMnOp"],
    )
    _tell(runtime, "evil", title=EVIL, handle=EVIL, topic=EVIL)
    for number in range(55):
        _tell(runtime, f"room-{number}", title=f"غرفة الحي {number}", subscribers=number)
    _live(runtime, "new")
    runtime.channels.think("new")


def _tell(runtime: Runtime, channel: str, **facts: Any) -> None:
    event = Event(new_id("evt"), EventKind.CHANNEL, channel=Channel(channel, **facts))
    runtime.checker.check_now([CheckRequest(event, [], "test", None, hash_request(event))])


def _decide(runtime: Runtime, action: ActionKind, subject: str, at: int, channel: str | None = None) -> None:
    kind, _, subject_id = subject.partition(":")
    row = {
        "id": new_id("dec"),
        "subject_kind": kind,
        "subject_id": subject_id,
        "channel_id": channel,
        "kind": "first",
        "action": action.value,
        "policy": "tvec",
        "decided_by": "per_amal",
        "decided_at": at,
        "effective_at": at,
        "draft": msgspec.json.encode(Draft(action, Exemption.NONE)),
        "statement": b"{}",
        "effects": b"{}",
    }
    its = NewAction(str(row["id"]), None, Subject(SubjectKind(kind), subject_id), action, "tvec", {}, to_datetime(at))
    with runtime.database.begin() as connection:
        connection.execute(decisions.insert(), row)
        actions.enqueue(connection, [its])


def _live(runtime: Runtime, channel: str) -> None:
    """Give a channel forty days of history."""
    now = now_us()
    with runtime.database.begin() as connection:
        connection.execute(
            channels.update().where(channels.c.id == channel).values(first_seen_at=now - 40 * DAY_US, checked=412)
        )
        for ago in range(40, 0, -1):
            at = now - ago * DAY_US
            row = {
                "channel_id": channel,
                "day": at // DAY_US,
                "language": "ar",
                "checked": 6 + ago % 9,
                "held": ago % 3,
            }
            connection.execute(channel_days.insert(), {**row, "blocked": int(ago % 7 == 0)})
            size = {"channel_id": channel, "at": at, "what": "subscribers", "value": str(1_840 - 40 * ago)}
            connection.execute(channel_facts.insert(), size)
    for ago in (21, 12, 5, 4, 2):
        _decide(runtime, ActionKind.REMOVE, f"item:m-{ago}", now - ago * DAY_US, channel)
    _decide(runtime, ActionKind.LIMIT, f"channel:{channel}", now - 3 * DAY_US)
    given = NewReport(Subject(SubjectKind.CHANNEL, channel), ReportReason.RECRUITMENT, "دعوة غريبة")
    runtime.reports.receive(given, scope="test")


def test_the_list_filters_sorts_pages_and_exports(house: House) -> None:
    client = house.signed_in("noor")
    first = client.get("/console/channels")
    assert first.status_code == 200
    assert first.text.count('class="name"') == 50
    following = first.text.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert client.get(following).text.count('class="name"') == 8
    found = client.get("/console/channels?text=salam&state=closed").text
    assert "salam_garden" in found and "SalamGarden2" not in found
    assert client.get("/console/channels?min_subscribers=many").status_code == 400
    sheet = client.get("/console/channels.csv?sort=-subscribers").text
    assert sheet.splitlines()[1].startswith("new,حديقة السلام ٢,SalamGarden2,limited,1840,")


def test_one_channel_says_all_in_each_language(house: House) -> None:
    english = house.signed_in("noor").get("/console/channels/new").text
    for words in ("Resembles a closed channel", "the same people run it", "Removed by people", "u-1", "Arabic"):
        assert words in english
    assert "invite:telegram:AbCdEfGhIjKlMnOp" in english
    assert "Open case" in english, "a rule opened one"
    arabic = house.signed_in("amal").get("/console/channels/new").text
    for words in ("تشبه قناة مغلقة", "يديرها الأشخاص أنفسهم", "أزاله مراجعون", "محدودة الانتشار", "العربية"):
        assert words in arabic
    assert "As a table" in english, "the plot's numbers are there as text"


def test_what_strangers_wrote_is_shown_and_does_nothing(house: House) -> None:
    page = house.signed_in("noor").get("/console/channels/evil").text
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page
    assert 'href="javascript' not in page
    assert "<bdi>&lt;img" in page


def test_who_may_see_no_cases_sees_no_channels(house: House) -> None:
    client = house.signed_in("rami")
    assert client.get("/console/channels").status_code == 403
    assert client.get("/console/channels.csv").status_code == 403
    assert client.get("/console/channels/new").status_code == 403


def test_a_case_leads_to_its_channel(house: House) -> None:
    answer = house.signed_in("noor").get("/console/subjects/channel/%21room%3Aexample.org")
    assert answer.headers["location"] == "/console/channels/%21room%3Aexample.org"


def test_an_unknown_channel_is_a_404(house: House) -> None:
    assert house.signed_in("noor").get("/console/channels/nothing").status_code == 404


def record(first: datetime) -> ChannelRecord:
    return ChannelRecord(
        "c", "", "", "", "", 9, None, [], None, first, first, 0, 0, 0, 0, 0, ChannelState.OPEN, closed_at=None
    )


def test_bins_have_no_gaps_and_sizes_hold_until_the_next() -> None:
    today = date(2026, 11, 25)
    first = datetime(2026, 11, 20, 9, tzinfo=UTC)
    events = [
        ChannelEvent(first, ChannelMark.SUBSCRIBERS, "100"),
        ChannelEvent(first + timedelta(days=3), ChannelMark.SUBSCRIBERS, "140"),
        ChannelEvent(first + timedelta(days=4), ChannelMark.DECISION, "remove"),
    ]
    bins = binned(record(first), Timeline(events, [ChannelDay("2026-11-21", "ar", 5, 1, 1)]), today)
    assert [one.subscribers for one in bins] == [100, 100, 100, 140, 140, 140]
    assert [(one.checked, one.refused) for one in bins][1] == (5, 2)
    assert [one.removed for one in bins] == [0, 0, 0, 0, 1, 0]


def test_a_long_history_is_shown_by_week() -> None:
    today = date(2026, 11, 25)
    bins = binned(record(datetime(2020, 1, 1, tzinfo=UTC)), Timeline([], []), today)
    assert len(bins) == 105
    assert (bins[1].first - bins[0].first).days == 7


@pytest.mark.parametrize(("login", "locale"), [("noor", "en"), ("amal", "ar")])
def test_as_pictures(browse: Any, login: str, locale: str) -> None:
    page = browse(login, locale)
    for name, path in (("channels", "/console/channels?sort=subscribers"), ("channel", "/console/channels/new")):
        page.goto(path)
        screen(page, name, locale)
        axe(page)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.problems == []
