"""`sha256` and `md5`: the same bytes, and nothing else (FIPS 180-4; RFC 1321, which the field's older lists use)."""

import hashlib
import re

from msgspec import Struct

from siyaj.model.errors import InvalidSignal
from siyaj.model.signal import Signal
from siyaj.signals.base import Content, ContentKind, Examples, IndexSpec

_HELLO = b"hello"


class Digest(Struct, frozen=True):
    """A cryptographic hash as a signal type: hex digits, lower case."""

    name: str
    digits: int

    @property
    def content_kinds(self) -> frozenset[ContentKind]:
        return frozenset({ContentKind.FILE, ContentKind.IMAGE, ContentKind.VIDEO, ContentKind.AUDIO})

    @property
    def queried_by(self) -> frozenset[str]:
        return frozenset({self.name})

    @property
    def index(self) -> IndexSpec:
        return IndexSpec("exact", {"bytes": self.digits // 2})

    @property
    def examples(self) -> Examples:
        value = self._hex(_HELLO)
        return Examples(
            must_match=[(value, Content(ContentKind.FILE, data=_HELLO))],
            must_not_match=[(value, Content(ContentKind.FILE, data=b"hello "))],
        )

    def extract(self, content: Content) -> list[Signal]:
        """Return the hash of the bytes; of empty content there is none, for all empty files are alike."""
        return [Signal(self.name, self._hex(content.data))] if content.data else []

    def parse(self, value: str) -> str:
        return parse_hex(self.name, value, self.digits)

    def _hex(self, data: bytes) -> str:
        return hashlib.new(self.name, data, usedforsecurity=False).hexdigest()


def parse_hex(name: str, value: str, digits: int) -> str:
    """Return lower-case hex of exactly `digits` digits, or raise InvalidSignal saying what is wrong."""
    if len(value) == digits and _HEX.fullmatch(value):
        return value.lower()
    if value != value.strip():
        problem, hint = "has white space around it", "remove it"
    elif len(value) != digits:
        problem, hint = f"has {len(value)} characters", f"a {name} has {digits} hex digits"
    else:
        position = next(at for at, digit in enumerate(value) if not _HEX.fullmatch(digit))
        problem, hint = f"has {value[position]!r} at position {position}", "hex digits are 0-9 and a-f"
    raise InvalidSignal(f"this {name} value {problem}", hint=hint)


_HEX = re.compile(r"[0-9a-fA-F]+")

SHA256 = Digest("sha256", 64)
MD5 = Digest("md5", 32)
