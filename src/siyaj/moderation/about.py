"""What an event is about: the subject of its case, its evidence and its actions."""

from siyaj.model.event import Event, EventKind
from siyaj.model.report import Subject, SubjectKind


def subject(event: Event) -> str:
    """Return `kind:id` of what a case about this event is about."""
    if event.kind is EventKind.ACCOUNT:
        return f"account:{event.account.id if event.account else event.id}"
    if event.kind is EventKind.CHANNEL:
        return f"channel:{event.channel.id if event.channel else event.id}"
    return f"item:{event.id}"


def subject_of(event: Event) -> Subject:
    kind, _, subject_id = subject(event).partition(":")
    return Subject(SubjectKind(kind), subject_id)
