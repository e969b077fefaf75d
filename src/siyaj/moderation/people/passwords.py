"""Passwords and codes: how they are hashed, compared, and how many wrong ones are too many. No rows here."""

import base64
import os
import threading
import time

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from siyaj.model.errors import InvalidRequest

LEAST_PASSWORD = 12
"""Characters. Length is what counts (NIST SP 800-63B, 5.1.1.2); no rules about kinds of characters."""
MOST_PASSWORD = 256
FREE_FAILURES = 5
"""Log-ins that may fail in a row before the account is locked for a while."""
_FIRST_LOCK, _LONGEST_LOCK = 60, 900
"""Seconds: doubles with each further failure. Never for ever, so that nobody can lock a team out for good."""
STEP_SECONDS = 30


def _unpadded(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=")


_HASHER = PasswordHasher()
_AT_ONCE = threading.BoundedSemaphore(4)
"""Each comparison takes 64 MiB: a flood of log-ins must not take the machine's memory."""
_NOBODY = (
    f"$argon2id$v=19$m={_HASHER.memory_cost},t={_HASHER.time_cost},p={_HASHER.parallelism}"
    f"${_unpadded(os.urandom(_HASHER.salt_len))}${_unpadded(os.urandom(_HASHER.hash_len))}"
)
"""No password's hash, which takes as long to be compared as anybody's."""


def hashed(password: str) -> str:
    """Return the argon2id hash. Raises InvalidRequest for a password that is too short or too long."""
    if not LEAST_PASSWORD <= len(password) <= MOST_PASSWORD:
        raise InvalidRequest(f"a password has {LEAST_PASSWORD} to {MOST_PASSWORD} characters", field="password")
    return _HASHER.hash(password.encode("utf-8", "surrogatepass"))


def matches(known: str | None, password: str) -> bool:
    """Compare; None stands for nobody, and takes as long as somebody."""
    try:
        with _AT_ONCE:
            return _HASHER.verify(known or _NOBODY, password[: MOST_PASSWORD + 1].encode("utf-8", "surrogatepass"))
    except (VerificationError, InvalidHashError):
        return False


def is_weak(known: str) -> bool:
    """True for a hash that was made with less work than is asked for now."""
    return _HASHER.check_needs_rehash(known)


def lock_seconds(failures: int) -> int:
    if failures < FREE_FAILURES:
        return 0
    return min(_LONGEST_LOCK, _FIRST_LOCK << min(failures - FREE_FAILURES, 10))


def step_of(secret: str, code: str) -> int | None:
    """Return the time step whose code this is: now, or one before or after (RFC 6238, 5.2: clocks drift)."""
    totp, now = pyotp.TOTP(secret, interval=STEP_SECONDS), int(time.time()) // STEP_SECONDS
    digits = "".join(str(int(c)) for c in code if c.isdecimal())  # Arabic digits too
    for step in (now, now - 1, now + 1):
        if pyotp.utils.strings_equal(digits, totp.generate_otp(step)):
            return step
    return None
