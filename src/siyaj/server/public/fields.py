"""The report form's fields: those of Article 16(2) of Regulation (EU) 2022/2065 (DSA), read and checked.

(a) why it is illegal, (b) exactly where it is, (c) the name and e-mail address of who reports, (d) a statement of good
faith. Whoever is in danger, or reports the sexual abuse of a child, may leave (c) out.
"""

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

from siyaj.model.report import NewReport, ReportedContent, Reporter, ReportReason, Subject, SubjectKind
from siyaj.server.console.i18n import N_
from siyaj.server.console.i18n import gettext as _
from siyaj.storage.keyring import Keyring

LONGEST = 100_000
LONGEST_LOCATION = 8_000
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}\.[^@\s.]{2,60}")
_LONGEST_ID = 256

KINDS = {
    SubjectKind.ITEM: N_("A message, picture, video or file"),
    SubjectKind.CHANNEL: N_("A channel or group"),
    SubjectKind.ACCOUNT: N_("An account"),
}
REASONS = {
    ReportReason.THREAT_TO_LIFE: N_("Someone's life is in danger"),
    ReportReason.INSTRUCTION: N_("It teaches how to attack, or to make weapons"),
    ReportReason.RECRUITMENT: N_("It recruits for a terrorist group"),
    ReportReason.INCITEMENT: N_("It calls for violence"),
    ReportReason.FINANCING: N_("It raises money for a terrorist group"),
    ReportReason.PRAISE: N_("It praises or glorifies terrorist acts"),
    ReportReason.VIOLENCE: N_("It shows graphic violence"),
    ReportReason.OTHER: N_("Something else"),
}


class Filled(Struct):
    """What somebody filled in, as text, and what is wrong with it, by field."""

    kind: str = SubjectKind.ITEM.value
    location: str = ""
    reason: str = ""
    why: str = ""
    quoted: str = ""
    name: str = ""
    email: str = ""
    anonymous: bool = False
    good_faith: bool = False
    faults: dict[str, str] = field(default_factory=dict)


def read(form: Mapping[str, Any]) -> Filled:
    """Read a form, and say what is wrong with it."""
    filled = Filled(
        kind=_text(form, "kind"),
        location=_text(form, "location").strip(),
        reason=_text(form, "reason"),
        why=_text(form, "why").strip(),
        quoted=_text(form, "quoted"),
        name=_text(form, "name").strip(),
        email=_text(form, "email").strip(),
        anonymous=bool(form.get("anonymous")),
        good_faith=bool(form.get("good_faith")),
    )
    filled.faults = {name: fault for name, fault in _checks(filled) if fault}
    if form.get("website"):
        filled.faults["website"] = _("Leave this field empty: it is a trap for machines.")
    return filled


def _checks(filled: Filled) -> list[tuple[str, str]]:
    long = _("This is too long.")
    return [
        ("kind", "" if filled.kind in tuple(SubjectKind) else _("Choose what you report.")),
        ("location", _("Say exactly where it is, so that we can find it.") if not filled.location else ""),
        ("location", long if len(filled.location) > LONGEST_LOCATION else ""),
        ("reason", "" if filled.reason in tuple(ReportReason) else _("Choose what it is about.")),
        ("why", _("Say why you think that it is illegal.") if not filled.why else ""),
        ("why", long if len(filled.why) > LONGEST else ""),
        ("quoted", long if len(filled.quoted) > LONGEST else ""),
        *([] if filled.anonymous else _who(filled)),
        ("good_faith", "" if filled.good_faith else _("Confirm this, or do not send the report.")),
    ]


def _who(filled: Filled) -> list[tuple[str, str]]:
    no_name = _("Write your name, or choose to report without it.")
    no_email = _("Write your e-mail address, or choose to report without it.")
    return [
        ("name", "" if filled.name and len(filled.name) <= 1_000 else no_name),
        ("email", "" if _EMAIL.fullmatch(filled.email) else no_email),
    ]


def report_of(filled: Filled, keyring: Keyring) -> NewReport:
    """Return the report of a form without faults. What was asked to be left out is left out, also when it was filled
    in."""
    location = filled.location
    links = [location] if "://" in location or len(location) > _LONGEST_ID else []
    return NewReport(
        subject=Subject(SubjectKind(filled.kind), _subject_id(location)),
        reason=ReportReason(filled.reason),
        text=filled.why,
        reporter=Reporter()
        if filled.anonymous
        else Reporter(id=_reporter_id(filled.email, keyring), name=filled.name, contact=filled.email),
        content=ReportedContent(text=filled.quoted, links=links),
    )


def _subject_id(location: str) -> str:
    """Return the place as an id: itself, or shortened where it is longer than ids are."""
    if len(location) <= _LONGEST_ID:
        return location
    return f"{location[:200]}…{hashlib.sha256(location.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}"


def _reporter_id(email: str, keyring: Keyring) -> str:
    """Return the same id for the same address, from which nobody learns the address."""
    return f"form:{keyring.token('reporter', email.lower()).rpartition('.')[2]}"


def _text(form: Mapping[str, Any], name: str) -> str:
    value = form.get(name)
    return value.replace("\0", "").replace("\r\n", "\n") if isinstance(value, str) else ""
