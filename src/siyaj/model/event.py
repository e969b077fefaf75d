"""An event: what a platform tells us, with the platform's own ids."""

from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

PlatformId = Annotated[str, Meta(min_length=1, max_length=256, description="The platform's own id.")]
ShortText = Annotated[str, Meta(max_length=1_000)]


class EventKind(StrEnum):
    MESSAGE = "message"
    MEDIA = "media"
    ACCOUNT = "account"
    CHANNEL = "channel"


class Account(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """Who. Only `id` is needed; the rest is context that rules may ask for."""

    id: PlatformId
    name: ShortText = ""
    handle: ShortText = ""
    bio: Annotated[str, Meta(max_length=10_000)] = ""
    age_days: Annotated[float, Meta(ge=0)] | None = None
    trusted: bool = False


class Channel(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """Where: a group, room or broadcast list."""

    id: PlatformId
    title: ShortText = ""
    handle: ShortText = ""
    topic: Annotated[str, Meta(max_length=10_000)] = ""
    subscribers: Annotated[int, Meta(ge=0)] | None = None
    public: bool | None = None
    admins: Annotated[list[PlatformId], Meta(max_length=200)] | None = None
    """Ids of the accounts that run it; none given is not the same as an empty list."""
    age_days: Annotated[float, Meta(ge=0, le=100_000)] | None = None
    avatar: Annotated[str, Meta(pattern=r"^([0-9a-f]{64})?\Z", description="PDQ of its picture, 64 hex digits")] = ""
    invites: Annotated[list[Annotated[str, Meta(max_length=8_192)]], Meta(max_length=20)] = msgspec.field(
        default_factory=list
    )
    """Addresses by which people join it."""


class HashInput(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A signal that the platform computed itself. The value is validated by its signal type."""

    type: Annotated[str, Meta(min_length=1, max_length=32)]
    value: Annotated[str, Meta(min_length=1, max_length=1_000_000)]
    quality: Annotated[int, Meta(ge=0, le=100)] = 100


class Nearby(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A message that stands before or after: context for a person. Nothing is matched on it."""

    text: Annotated[str, Meta(max_length=4_000)]
    account: ShortText = ""
    at: Annotated[str, Meta(max_length=40, description="RFC 3339")] = ""


Conversation = Annotated[list[Nearby], Meta(max_length=20)]


class Event(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """`POST /v1/check` takes one of these; media bytes travel beside it as file parts."""

    id: PlatformId
    kind: EventKind
    account: Account | None = None
    channel: Channel | None = None
    text: Annotated[str, Meta(max_length=100_000)] = ""
    links: Annotated[list[Annotated[str, Meta(max_length=8_192)]], Meta(max_length=100)] = msgspec.field(
        default_factory=list
    )
    hashes: Annotated[list[HashInput], Meta(max_length=100)] = msgspec.field(default_factory=list)
    language: Annotated[str, Meta(max_length=35, description="BCP 47")] = ""
    at: Annotated[str, Meta(max_length=40, description="RFC 3339; when it happened on the platform")] = ""
    before: Conversation = msgspec.field(default_factory=list)
    """The messages before it, oldest first, where the platform sends them."""
    after: Conversation = msgspec.field(default_factory=list)


class MediaFile(Struct):
    """One file part of an event: its name as the platform gave it, and its bytes."""

    name: str
    data: bytes
