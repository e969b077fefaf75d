"""Every error that Siyaj raises on purpose: one root, one enum of stable codes.

A code is part of the public surface: it stands in problem details (HTTP), in JSON lines (CLI) and in the
docs, and is never renamed. The message says what was wrong, with which value, and what to do.
"""

from enum import StrEnum
from typing import ClassVar


class ErrorCode(StrEnum):
    """Stable codes. User faults first, then faults of ours."""

    INVALID_REQUEST = "invalid_request"
    """The body is not valid JSON or does not fit the schema; `field` names the place."""
    INVALID_SIGNAL = "invalid_signal"
    """A signal value has the wrong length, case or alphabet."""
    INVALID_POLICY = "invalid_policy"
    UNKNOWN_SIGNAL_TYPE = "unknown_signal_type"
    UNREADABLE_MEDIA = "unreadable_media"
    """Truncated, empty, or not what its name says."""
    MEDIA_TOO_LARGE = "media_too_large"
    """Refused from its header: too many pixels or bytes."""
    DECODER_KILLED = "decoder_killed"
    """The decoder crashed, ran out of memory or out of time, and was killed."""
    REQUEST_TOO_LARGE = "request_too_large"
    REQUEST_TIMEOUT = "request_timeout"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    IMPORT_REFUSED = "import_refused"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    ALREADY_EXISTS = "already_exists"
    IDEMPOTENCY_MISMATCH = "idempotency_mismatch"
    """The same key came with another body (422)."""
    IDEMPOTENCY_IN_FLIGHT = "idempotency_in_flight"
    """The first request with this key is still being worked on (409)."""
    STALE_VERSION = "stale_version"
    """The case changed since it was read: read it again (409)."""
    CASE_HELD = "case_held"
    """Somebody else holds the lease of this case, or the caller's own has ended (409)."""
    DECISION_FINAL = "decision_final"
    """It cannot be undone any more, or was superseded already (409)."""
    APPEAL_CLOSED = "appeal_closed"
    """An appeal against this decision was received already, or its time has passed (409)."""
    SEAL_BROKEN = "seal_broken"
    """Sealed bytes were changed, moved, or their key is not here."""
    RATE_LIMITED = "rate_limited"
    STORAGE_UNAVAILABLE = "storage_unavailable"
    """The database is locked, full or away; nothing was acknowledged; retry (503)."""
    OVERLOADED = "overloaded"
    INTERNAL = "internal"


class SiyajError(Exception):
    """The root. `field` is a JSON path or a `file:line`, where one exists; `hint` says what to do."""

    code: ClassVar[ErrorCode] = ErrorCode.INTERNAL

    def __init__(self, message: str, *, field: str | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.hint = hint

    def __str__(self) -> str:
        place = f"{self.field}: " if self.field else ""
        advice = f" ({self.hint})" if self.hint else ""
        return f"{place}{self.message}{advice}"


class UserError(SiyajError):
    """Something that the caller can mend."""

    code = ErrorCode.INVALID_REQUEST


class InvalidRequest(UserError):
    code = ErrorCode.INVALID_REQUEST


class InvalidSignal(UserError):
    code = ErrorCode.INVALID_SIGNAL


class UnknownSignalType(UserError):
    code = ErrorCode.UNKNOWN_SIGNAL_TYPE


class InvalidPolicy(UserError):
    code = ErrorCode.INVALID_POLICY


class UnreadableMedia(UserError):
    code = ErrorCode.UNREADABLE_MEDIA


class MediaTooLarge(UserError):
    code = ErrorCode.MEDIA_TOO_LARGE


class DecoderKilled(SiyajError):
    code = ErrorCode.DECODER_KILLED


class ImportRefused(UserError):
    code = ErrorCode.IMPORT_REFUSED


class NotFound(UserError):
    code = ErrorCode.NOT_FOUND


class AlreadyExists(UserError):
    code = ErrorCode.ALREADY_EXISTS


class Unauthenticated(UserError):
    code = ErrorCode.UNAUTHENTICATED


class Forbidden(UserError):
    code = ErrorCode.FORBIDDEN


class MethodNotAllowed(UserError):
    code = ErrorCode.METHOD_NOT_ALLOWED


class RequestTooLarge(UserError):
    code = ErrorCode.REQUEST_TOO_LARGE


class RequestTimeout(UserError):
    code = ErrorCode.REQUEST_TIMEOUT


class UnsupportedMediaType(UserError):
    code = ErrorCode.UNSUPPORTED_MEDIA_TYPE


class RateLimited(UserError):
    code = ErrorCode.RATE_LIMITED


class IdempotencyMismatch(UserError):
    code = ErrorCode.IDEMPOTENCY_MISMATCH


class IdempotencyInFlight(UserError):
    code = ErrorCode.IDEMPOTENCY_IN_FLIGHT


class StaleVersion(UserError):
    code = ErrorCode.STALE_VERSION


class CaseHeld(UserError):
    code = ErrorCode.CASE_HELD


class DecisionFinal(UserError):
    code = ErrorCode.DECISION_FINAL


class AppealClosed(UserError):
    code = ErrorCode.APPEAL_CLOSED


class SealBroken(SiyajError):
    code = ErrorCode.SEAL_BROKEN


class StorageUnavailable(SiyajError):
    code = ErrorCode.STORAGE_UNAVAILABLE


class Overloaded(SiyajError):
    code = ErrorCode.OVERLOADED
