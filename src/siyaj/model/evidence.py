"""Evidence: the sealed copy of what was decided on. Removing is not destroying."""

from datetime import datetime

from msgspec import Struct

from siyaj.model.report import Subject


class Evidence(Struct):
    """What is known of a sealed blob without opening it. `sha256` is of what was sealed; `size` in bytes, unsealed."""

    id: str
    subject: Subject
    case: str | None
    verdict: str | None
    receipt: str | None
    name: str
    media_type: str
    size: int
    sha256: str
    sealed_by: str
    sealed_at: datetime
    why: str
    keep_until: datetime
    hold: str
    """Why it is under legal hold; empty: it is not."""
    destroyed_at: datetime | None = None
