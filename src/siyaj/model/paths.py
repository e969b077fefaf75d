"""File names as text: a name is bytes, and need not be UTF-8."""

import os
from pathlib import Path


def shown(path: Path) -> str:
    """Return a path that can be printed, stored and encoded: bytes that are no UTF-8 become the replacement sign."""
    return os.fsencode(path).decode("utf-8", "replace")
