"""A channel as a subject: what accumulates about a group, room or broadcast list over time."""

from datetime import datetime
from enum import StrEnum

import msgspec
from msgspec import Struct


class ChannelState(StrEnum):
    OPEN = "open"
    LIMITED = "limited"
    """Not recommended, takes no new members."""
    CLOSED = "closed"


class LinkKind(StrEnum):
    OWN = "own"
    """The way into this channel."""
    INVITE = "invite"
    """Posted here, and the way into another group or channel."""
    LINK = "link"


class ChannelRecord(Struct):
    """What is known now. `checked`, `held` and `blocked` count items; `removed` those that a person decided to remove;
    `reports` those on the channel and on items in it.
    """

    id: str
    title: str
    handle: str
    topic: str
    avatar: str
    subscribers: int | None
    public: bool | None
    admins: list[str]
    created_at: datetime | None
    first_seen_at: datetime
    last_seen_at: datetime
    checked: int
    held: int
    blocked: int
    removed: int
    reports: int
    state: ChannelState
    closed_at: datetime | None


class ChannelLink(Struct):
    kind: LinkKind
    url: str
    first_at: datetime
    last_at: datetime
    times: int


class ChannelDay(Struct):
    """Items of one day (UTC) and one language (primary subtag, or empty)."""

    day: str
    language: str
    checked: int
    held: int
    blocked: int


class ChannelMark(StrEnum):
    """What happened, on a timeline."""

    TITLE = "title"
    HANDLE = "handle"
    TOPIC = "topic"
    AVATAR = "avatar"
    ADMIN = "admin"
    SUBSCRIBERS = "subscribers"
    STATE = "state"
    REPORT = "report"
    DECISION = "decision"
    CASE = "case"


class ChannelEvent(Struct, omit_defaults=True):
    """One thing on the timeline. `value` is the new title, `+account` or `-account`, a report's reason, a decision's
    action, a case's first rule…; `id` is the report's receipt-free number, the decision or the case.
    """

    at: datetime
    mark: ChannelMark
    value: str = ""
    id: str = ""
    subject: str = ""
    by: str = ""


class ReturnMark(StrEnum):
    """In what a channel resembles one that was closed."""

    ADMINS = "admins"
    AVATAR = "avatar"
    HANDLE = "handle"
    TITLE = "title"
    LINKS = "links"
    """It can be entered by an address of the closed one, or posts one."""


class Resemblance(Struct, frozen=True):
    """Why a channel may be the return of a closed one."""

    channel: str
    title: str
    marks: tuple[ReturnMark, ...]


class ChannelFile(Struct):
    """All there is about one channel."""

    channel: ChannelRecord
    languages: dict[str, int] = msgspec.field(default_factory=dict)
    links: list[ChannelLink] = msgspec.field(default_factory=list)
    resembles: list[Resemblance] = msgspec.field(default_factory=list)
    case: str | None = None
    """The open case about it."""


class Timeline(Struct):
    """What happened, oldest first, at most the newest thousand of each kind; and its items by day."""

    events: list[ChannelEvent]
    days: list[ChannelDay]
