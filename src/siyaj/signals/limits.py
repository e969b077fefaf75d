"""What a decoder may be asked for. Apart from the decoding itself, so that asking costs no imports."""

from contextvars import ContextVar

MAX_PIXELS: ContextVar[int] = ContextVar("MAX_PIXELS", default=100_000_000)
"""Width × height above which a picture is refused from its header."""
