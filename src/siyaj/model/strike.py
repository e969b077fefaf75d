"""A strike: the mark that a decision leaves on an account or channel. Expires; reversed when an appeal succeeds."""

from datetime import datetime

from msgspec import Struct

from siyaj.model.report import Subject


class Strike(Struct):
    id: str
    subject: Subject
    decision: str
    weight: int
    at: datetime
    expires_at: datetime
    reversed_at: datetime | None = None

    def live(self, now: datetime) -> bool:
        return self.reversed_at is None and self.expires_at > now
