"""What enters the pipeline and what leaves it."""

import hashlib
from collections.abc import Sequence

import msgspec
from msgspec import Struct

from siyaj.model.event import Event, MediaFile


class CheckRequest(Struct, gc=False):
    """One event to check. `scope` is who asks (an API key's id, or `cli`): idempotency never crosses it.

    `request_key` says what makes a retry the same request: the caller's Idempotency-Key, else the platform's own id.
    """

    event: Event
    files: Sequence[MediaFile]
    scope: str
    idempotency_key: str | None
    request_hash: bytes
    request_key: str = ""
    who: str = "system"
    """For the evidence and the audit log."""
    late: bool = False
    """Its media is still being decoded: words and hashes answer, and the rest follows."""
    follows: str = ""
    """The verdict that was answered while media was still being decoded; this is the final one."""
    reported: str = ""
    """The receipt of the report whose files these are: nothing new happened on the platform."""

    def __post_init__(self) -> None:
        if self.follows:
            self.request_key = f"late:{self.follows}"
        elif self.idempotency_key is not None:
            self.request_key = f"{self.scope}:key:{self.idempotency_key}"
        else:
            self.request_key = f"{self.scope}:{self.event.kind.value}:{self.event.id}"


class CheckAnswer(Struct):
    """`body` is the exact JSON of the Verdict, the same bytes at every retry."""

    body: bytes
    replayed: bool = False


_ENCODER = msgspec.json.Encoder()


def hash_request(event: Event, files: Sequence[MediaFile] = ()) -> bytes:
    """Return the SHA-256 of the decoded event and its files: blanks and the order of keys do not matter."""
    digest = hashlib.sha256(_ENCODER.encode(event))
    for file in files:
        digest.update(hashlib.sha256(file.data).digest())
    return digest.digest()
