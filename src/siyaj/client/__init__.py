"""A small typed client of Siyaj's HTTP API for platforms written in Python: `Siyaj` and `AsyncSiyaj`.

    from siyaj.client import Event, EventKind, Siyaj

    siyaj = Siyaj("https://siyaj.example", key, spool="fail-opens.jsonl")
    checked = siyaj.check(Event("m-1", EventKind.MESSAGE, text="…"), fail_open=True)
    if not checked.publish:
        refuse(checked.verdict)

docs/integrate.md says what to call where. Needs httpx and msgspec, and none of Siyaj's engines.
"""

from siyaj.client.asynchronous import AsyncSiyaj
from siyaj.client.errors import Refused, Unavailable, Unverified
from siyaj.client.outcomes import Checked, Rechecked
from siyaj.client.synchronous import Siyaj
from siyaj.model.action import ActionKind, Delivery, PlatformAction
from siyaj.model.event import Account, Channel, Event, EventKind, HashInput, MediaFile
from siyaj.model.report import NewReport, ReportedContent, Reporter, ReporterKind, ReportReason, Subject, SubjectKind
from siyaj.model.state import Standing, SubjectState
from siyaj.model.verdict import Action, Reason, Verdict

__all__ = [
    "Account",
    "Action",
    "ActionKind",
    "AsyncSiyaj",
    "Channel",
    "Checked",
    "Delivery",
    "Event",
    "EventKind",
    "HashInput",
    "MediaFile",
    "NewReport",
    "PlatformAction",
    "Reason",
    "Rechecked",
    "Refused",
    "ReportReason",
    "ReportedContent",
    "Reporter",
    "ReporterKind",
    "Siyaj",
    "Standing",
    "Subject",
    "SubjectKind",
    "SubjectState",
    "Unavailable",
    "Unverified",
    "Verdict",
]
