"""What is asked of `show`, and what it answers: plain data, so that whoever asks loads no decoder."""

from msgspec import Struct


class View(Struct, frozen=True):
    """What is wanted: at most `side` pixels on the longer side; `frames` of a video, spread over it, in rows of three.

    `side` is for each frame.
    """

    side: int
    grey: bool = True
    frames: int = 1


class Shown(Struct):
    """A JPEG and its size; or, where there is none, an error's code and message."""

    data: bytes = b""
    width: int = 0
    height: int = 0
    seconds: float = 0.0
    """How long it plays; 0 for a picture."""
    code: str = ""
    message: str = ""
