"""Identifiers: time-ordered (UUID version 7, RFC 9562), with a prefix that says what they name."""

import uuid_utils


def new_id(prefix: str) -> str:
    """Return for example `ver_0197f3…` (prefix, underscore, 32 hex digits); later ids sort after earlier ones."""
    return f"{prefix}_{uuid_utils.uuid7().hex}"
