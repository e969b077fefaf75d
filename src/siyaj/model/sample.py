"""A sample: a decision drawn by chance, to be made again by someone who does not see the first."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

POLICY = "policy"
"""Who decided first, where no person did."""


class Stream(StrEnum):
    """What a sample is drawn from."""

    AUTOMATED = "automated"
    """What the policy refused alone: was it right?"""
    CLEARED = "cleared"
    """What was allowed: what was missed?"""
    REVIEWED = "reviewed"
    """What a reviewer decided: would another decide the same?"""


class Grade(StrEnum):
    """What a decision comes to, so that a verdict and a decision can be compared."""

    LEFT = "left"
    LIMITED = "limited"
    REMOVED = "removed"


_GRADES = {
    **dict.fromkeys(("allow", "none", "restore", "reinstate_account", "reopen_channel"), Grade.LEFT),
    **dict.fromkeys(("label", "limit", "hold"), Grade.LIMITED),
    **dict.fromkeys(("block", "remove", "suspend_account", "close_channel"), Grade.REMOVED),
}


def grade(action: str) -> Grade:
    """Return what an action of a verdict or of a decision comes to."""
    return _GRADES.get(action, Grade.LEFT)


class Sample(Struct):
    """`verdict` or `decision` is what was drawn; `case` the one in which it is judged again. `first_person` is a
    person's id, or `policy`. The second judgement is None until somebody made it."""

    id: str
    stream: Stream
    verdict: str | None
    decision: str | None
    case: str
    language: str
    policy: str | None
    first_person: str
    first_action: str
    drawn_at: datetime
    second_person: str | None = None
    second_action: str | None = None
    second_policy: str | None = None
    judged_at: datetime | None = None

    @property
    def agrees(self) -> bool | None:
        if self.second_action is None:
            return None
        return grade(self.first_action) is grade(self.second_action)
