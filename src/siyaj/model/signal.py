"""A signal: a typed value drawn from content."""

from msgspec import Struct


class Signal(Struct, frozen=True, omit_defaults=True, gc=False):
    """`value` is canonical for its type (lower-case hex, canonical URL, the text itself).

    `part` says which part of the event it was drawn from: `text`, `link:0`, `hash:0`, `file:0`,
    `account.name`, `account.handle`, `account.bio`, `channel.title`, `channel.handle`, `channel.topic`,
    `channel.avatar`, `channel.invite:0`.
    `variant` says how it was drawn where that is not the plain way, e.g. `flip_y` for a mirrored PDQ.
    """

    type: str
    value: str
    quality: int = 100
    part: str = ""
    variant: str = ""
    still: bytes = b""
    """What a reviewer may be shown of a picture: 64 × 64 grey, row by row. Not kept where nothing matched."""


class Missing(Struct, frozen=True):
    """A signal that should have been drawn and was not: which type, from which part, and why."""

    type: str
    part: str
    code: str
    message: str
