"""`/console/channels`: groups, rooms and broadcast lists as subjects; one with all that accumulated about it."""

from collections.abc import Callable, Mapping
from typing import Annotated, NamedTuple
from urllib.parse import quote

from babel.core import Locale as BabelLocale
from litestar import Controller, Response, get
from litestar.params import PathParameter
from litestar.response import Stream

from siyaj.model.channel import ChannelEvent, ChannelMark, ChannelRecord, ChannelState, LinkKind, ReturnMark
from siyaj.model.errors import InvalidRequest
from siyaj.model.person import Locale, Permission
from siyaj.model.report import ReportReason, SubjectKind
from siyaj.moderation.runtime import Runtime
from siyaj.policy.evaluate import Policy
from siyaj.server.console import codes, i18n, listing
from siyaj.server.console.casework import words
from siyaj.server.console.channel_plot import timeline_plot
from siyaj.server.console.i18n import N_
from siyaj.server.console.i18n import gettext as _
from siyaj.server.console.listing import Column, Fetch, Filter, Listing, query_of
from siyaj.server.console.page import redirect, render
from siyaj.server.console.session import AnyRequest, TheRuntime
from siyaj.storage import channels
from siyaj.storage.channels import ORDERS

_SEE = {"permission": Permission.SEE_CASES}
_SHOWN = 200

STATES = {
    ChannelState.OPEN: N_("Open"),
    ChannelState.LIMITED: N_("Reach limited"),
    ChannelState.CLOSED: N_("Closed"),
}
TONES = {ChannelState.OPEN: "", ChannelState.LIMITED: "warn", ChannelState.CLOSED: "bad"}
LINKS = {
    LinkKind.OWN: N_("Ways into this channel"),
    LinkKind.INVITE: N_("Ways into other channels"),
    LinkKind.LINK: N_("Other addresses"),
}
MARKS = {
    ChannelMark.TITLE: N_("New title"),
    ChannelMark.HANDLE: N_("New handle"),
    ChannelMark.TOPIC: N_("New topic"),
    ChannelMark.AVATAR: N_("New picture"),
    ChannelMark.ADMIN: N_("Administrators"),
    ChannelMark.SUBSCRIBERS: N_("Subscribers"),
    ChannelMark.STATE: N_("State"),
    ChannelMark.REPORT: N_("Report"),
    ChannelMark.DECISION: N_("Decision"),
    ChannelMark.CASE: N_("Case opened"),
}
RETURNS = {
    ReturnMark.ADMINS: N_("the same people run it"),
    ReturnMark.AVATAR: N_("nearly the same picture"),
    ReturnMark.HANDLE: N_("a handle of the same form"),
    ReturnMark.TITLE: N_("the same title"),
    ReturnMark.LINKS: N_("shared addresses"),
}

_FILTERS = ("text", "state", "min_subscribers")
CHANNELS = Listing(
    "channels",
    "/console/channels",
    "/console/channels.csv",
    (
        Column("id", lambda one: one.id),
        Column("title", lambda one: one.title, N_("Channel")),
        Column("handle", lambda one: one.handle),
        Column("state", lambda one: one.state, N_("State")),
        Column("subscribers", lambda one: one.subscribers, N_("Subscribers"), ORDERS["subscribers"], True, True),
        Column("checked", lambda one: one.checked, N_("Items"), ORDERS["checked"], True, True),
        Column("held", lambda one: one.held),
        Column("blocked", lambda one: one.blocked),
        Column("stopped", None, N_("Held or blocked"), ORDERS["stopped"], True, True),
        Column("removed", lambda one: one.removed, N_("Removed"), ORDERS["removed"], True, True),
        Column("reports", lambda one: one.reports, N_("Reports"), ORDERS["reports"], True, True),
        Column("first_seen_at", lambda one: one.first_seen_at),
        Column("last_seen_at", lambda one: one.last_seen_at, N_("Last active"), ORDERS["last_seen_at"], True),
    ),
    "-last_seen_at",
)


class Line(NamedTuple):
    """A line of the history: what, its value in words, and where it leads."""

    event: ChannelEvent
    label: str
    value: str
    href: str
    about: str


class ChannelPages(Controller):
    path = "/channels"

    @get("/", opt=_SEE, sync_to_thread=True)
    def page(self, request: AnyRequest, runtime: TheRuntime) -> Response[str]:
        query = query_of(request, *_FILTERS)
        filters = [
            Filter("text", _("Title, handle or id")),
            Filter("state", _("State"), [("", _("All")), *((one.value, _(word)) for one, word in STATES.items())]),
            Filter("min_subscribers", _("Subscribers, at least")),
        ]
        listed = listing.page(CHANNELS, request, query, filters, _those(runtime, query))
        return render(request, "channels/list.html", listed=listed, states=STATES, tones=TONES, address=address)

    @get("/{channel:str}", opt=_SEE, sync_to_thread=True)
    def one(self, request: AnyRequest, runtime: TheRuntime, channel: Annotated[str, PathParameter()]) -> Response[str]:
        file, timeline = runtime.channels.get(channel), runtime.channels.timeline(channel)
        return render(
            request,
            "channels/one.html",
            file=file,
            channel=file.channel,
            plot=timeline_plot(file.channel, timeline),
            lines=[_line(event, runtime.policy) for event in reversed(timeline.events) if _tells(event)][:_SHOWN],
            languages=[(language_name(code), items) for code, items in file.languages.items()],
            links=[(label, [link for link in file.links if link.kind is kind]) for kind, label in LINKS.items()],
            states=STATES,
            tones=TONES,
            returns=RETURNS,
            address=address,
        )


class ChannelsExport(Controller):
    path = "/channels.csv"

    @get("/", opt=_SEE, sync_to_thread=True)
    def export(self, request: AnyRequest, runtime: TheRuntime) -> Stream:
        return listing.sheet(CHANNELS, request, _those(runtime, query_of(request, *_FILTERS)))


class ChannelAsSubject(Controller):
    """Where the other pages look for a subject of any kind."""

    path = "/subjects/channel"

    @get("/{channel:str}", opt=_SEE, sync_to_thread=False)
    def there(self, request: AnyRequest, channel: Annotated[str, PathParameter()]) -> Response[str]:
        return redirect(request, address(channel))


CONTROLLERS = (ChannelPages, ChannelsExport, ChannelAsSubject)


def address(channel: str) -> str:
    return f"/console/channels/{quote(channel, safe='')}"


def language_name(code: str) -> str:
    if not code:
        return _("not known")
    try:
        return BabelLocale.parse(code).get_display_name(i18n.current.get().value) or code
    except (ValueError, LookupError):
        return code


def _those(runtime: Runtime, query: Mapping[str, str]) -> Fetch[ChannelRecord]:
    state = next((each for each in ChannelState if each == query["state"]), None)
    those = channels.those(state, query["text"].strip(), _count(query["min_subscribers"].strip()))
    return listing.of_table(runtime.database, those, listing.each(channels.record_of))


def _count(asked: str) -> int:
    if not asked:
        return 0
    if not (asked.isascii() and asked.isdigit() and len(asked) < 19):
        raise InvalidRequest(f"{asked[:20]!r} is no number", field="min_subscribers")
    return int(asked)


def _tells(event: ChannelEvent) -> bool:
    """Sizes stand in the plot and in its table."""
    return event.mark is not ChannelMark.SUBSCRIBERS


def _line(event: ChannelEvent, policy: Policy) -> Line:
    """Return what happened in words of the page's language."""
    href = ""
    if event.mark in (ChannelMark.REPORT, ChannelMark.CASE) and event.id:
        href = f"/console/cases/{event.id}"
    kind, _colon, subject = event.subject.partition(":")
    about = f"{_(words.SUBJECTS[SubjectKind(kind)])} {subject}" if subject and kind != SubjectKind.CHANNEL else ""
    return Line(event, _(MARKS[event.mark]), _value(event, policy), href, about)


def _value(event: ChannelEvent, policy: Policy) -> str:
    show = _SHOW.get(event.mark)
    return event.value if show is None else show(event.value, policy)


def _admin(value: str, _policy: Policy) -> str:
    who = {"who": value[1:]}
    return _("%(who)s joined") % who if value[:1] == "+" else _("%(who)s left") % who


def _rule_title(rule: str, policy: Policy) -> str:
    if rule == "report":
        return _(MARKS[ChannelMark.REPORT])
    titles = {each.id: (each.title, each.title_ar) for each in policy.channels}
    titles |= {each.id: (each.title, each.title_ar) for each in policy.rules}
    english, arabic = titles.get(rule, (rule, ""))
    return arabic if i18n.current.get() is Locale.AR and arabic else english


_SHOW: dict[ChannelMark, Callable[[str, Policy], str]] = {
    ChannelMark.CASE: _rule_title,
    ChannelMark.DECISION: lambda value, _policy: codes.action(value),
    ChannelMark.STATE: lambda value, _policy: _(STATES[ChannelState(value)]),
    ChannelMark.REPORT: lambda value, _policy: _(words.REASONS[ReportReason(value)]),
    ChannelMark.ADMIN: _admin,
    ChannelMark.AVATAR: lambda value, _policy: f"{value[:12]}…",
}
"""How a value is said, where it is not words already."""
