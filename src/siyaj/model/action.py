"""An action: what is done on the platform. It leaves through the outbox, and can be repeated without acting twice."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import Struct

from siyaj.model.report import Subject


class ActionKind(StrEnum):
    """What a decision may do. `none` leaves things as they are: it is a decision, and nothing is sent."""

    NONE = "none"
    LABEL = "label"
    """Shown behind a warning."""
    LIMIT = "limit"
    """Not recommended, not forwarded, not found; a channel takes no new members."""
    HOLD = "hold"
    """Taken from sight, in a way that can be taken back, until a person decided; the policy's, not a person's."""
    REMOVE = "remove"
    SUSPEND_ACCOUNT = "suspend_account"
    CLOSE_CHANNEL = "close_channel"
    RESTORE = "restore"
    """Undoes label, limit, hold and remove on an item or a limit on a channel, as far as the platform can."""
    REINSTATE_ACCOUNT = "reinstate_account"
    REOPEN_CHANNEL = "reopen_channel"
    NOTIFY = "notify"
    """Hand a message to someone concerned; `payload.to` and `payload.statement`."""


UNDO: dict[ActionKind, ActionKind] = {
    ActionKind.LABEL: ActionKind.RESTORE,
    ActionKind.LIMIT: ActionKind.RESTORE,
    ActionKind.HOLD: ActionKind.RESTORE,
    ActionKind.REMOVE: ActionKind.RESTORE,
    ActionKind.SUSPEND_ACCOUNT: ActionKind.REINSTATE_ACCOUNT,
    ActionKind.CLOSE_CHANNEL: ActionKind.REOPEN_CHANNEL,
}
"""What takes an action back."""


class DeliveryState(StrEnum):
    WAITING = "waiting"
    DELIVERED = "delivered"
    DEAD = "dead"
    """Given up on after the last retry; `siyaj delivery replay` tries again."""
    CANCELLED = "cancelled"
    """Undone before it left, or given up on and overtaken by another decision."""
    UNAVAILABLE = "unavailable"
    """The platform has no such thing, e.g. no way to tell anybody anything: shown, and no failure."""


class PlatformAction(Struct, omit_defaults=True):
    """What a platform receives, by webhook, by adaptor or by asking. `id` says what was done already."""

    id: str
    kind: ActionKind
    subject: Subject
    decision: str
    """The decision's id, or the verdict's (`ver_…`) where the policy acts alone."""
    case: str | None
    policy: str | None
    created_at: datetime
    payload: dict[str, Any] = msgspec.field(default_factory=dict)
    """`statement` (DSA Article 17) where somebody is affected, `account` and `channel` where known. `days`: how
    long the measure lasts; then what takes it back leaves by itself, with `ends` naming this action."""


class Delivery(Struct):
    """One action at one endpoint, as a case shows it."""

    action: str
    endpoint: str
    kind: ActionKind
    state: DeliveryState
    attempts: int
    next_at: datetime
    delivered_at: datetime | None
    error: str
    """What went wrong last."""
    answer: str = ""
    """What the platform said when it had done it, or why it has no way to."""
