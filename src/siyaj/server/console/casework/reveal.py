"""Media is revealed step by step: a still that shows nothing, grey and clear, colour, sound. Pure rules and tokens.

A step is asked for by a form, which is audited and counted; the answer carries addresses that hold a token for this
person, this file, this step, for some minutes. Without one, nothing but the first still leaves the server.
"""

from enum import StrEnum

from msgspec import Struct

from siyaj.model.clock import now_us
from siyaj.signals.shown import View
from siyaj.storage.keyring import Keyring

TOKEN_US = 15 * 60 * 1_000_000
_PURPOSE = "reveal"


class Step(StrEnum):
    COVERED = "covered"
    CLEAR = "clear"
    """Not blurred, grey, of moderate size; of a video some frames."""
    COLOUR = "colour"
    """A picture in colour; a video plays, muted."""
    SOUND = "sound"


STEPS: dict[str, tuple[Step, ...]] = {
    "image": (Step.CLEAR, Step.COLOUR),
    "video": (Step.CLEAR, Step.COLOUR, Step.SOUND),
    "audio": (Step.SOUND,),
    "other": (),
}
"""By kind of file, in order."""

STILL = View(40)
"""What is shown at first, blurred on top: some 40 × 30 grey pixels."""
_VIEWS = {
    "image": {Step.CLEAR: View(720), Step.COLOUR: View(1_600, grey=False)},
    "video": {Step.CLEAR: View(360, frames=6)},
}


def view(kind: str, step: Step) -> View | None:
    """Return how a file is drawn anew at a step; None where it plays as it was sealed."""
    return _VIEWS.get(kind, {}).get(step)


def following(kind: str, step: Step) -> Step | None:
    """Return the step after this one; None at the end, and for what cannot be shown."""
    steps = (Step.COVERED, *STEPS.get(kind, ()))
    place = steps.index(step) + 1 if step in steps else len(steps)
    return steps[place] if place < len(steps) else None


class Leave(Struct, frozen=True):
    """What a token allows."""

    person: str
    evidence: str
    step: Step


def token(keyring: Keyring, leave: Leave, now: int | None = None) -> str:
    until = (now or now_us()) + TOKEN_US
    return keyring.token(_PURPOSE, f"{leave.person}~{leave.evidence}~{leave.step}~{until}")


def allows(keyring: Keyring, given: str, person: str, evidence: str, now: int | None = None) -> Step | None:
    """Return the step that a token allows this person on this file; None for none, or no longer."""
    subject = keyring.subject_of(_PURPOSE, given)
    parts = subject.split("~") if subject else []
    if len(parts) != 4 or parts[:2] != [person, evidence] or int(parts[3]) < (now or now_us()):
        return None
    return Step(parts[2])


PLAYED = frozenset(
    {
        "video/mp4",
        "video/webm",
        "video/ogg",
        "video/x-matroska",
        "audio/mpeg",
        "audio/mp4",
        "audio/ogg",
        "audio/wav",
        "audio/aac",
        "audio/flac",
    }
)
"""Media types that a browser is told; anything else is a stream of bytes to it."""


def byte_range(header: str, size: int) -> tuple[int, int] | None:
    """Return first and last byte of `Range: bytes=…` (RFC 9110, 14.1.2), one range; None: send it whole."""
    unit, _, wanted = header.partition("=")
    first, dash, last = wanted.strip().partition("-")
    if unit.strip() != "bytes" or not dash or "," in wanted or not (first or last):
        return None
    if not all(part == "" or (part.isascii() and part.isdigit() and len(part) < 16) for part in (first, last)):
        return None
    if not first:
        start, end = max(0, size - int(last)), size - 1
    else:
        start, end = int(first), min(int(last) if last else size - 1, size - 1)
    return (start, end) if start <= end else None
