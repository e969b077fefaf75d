"""What somebody left so that they can be told: an e-mail address, or something else that a person has to read."""

import re

_ADDRESS = re.compile(r"[^@\s,;:<>()\[\]\\\"]{1,64}@[A-Za-z0-9.-]{1,190}\.[A-Za-z0-9-]{2,60}")


def address_of(contact: str) -> str:
    """Return the e-mail address, or nothing: it may be a telephone number, or a trap."""
    contact = contact.strip()
    return contact if contact.isascii() and contact.isprintable() and _ADDRESS.fullmatch(contact) else ""
