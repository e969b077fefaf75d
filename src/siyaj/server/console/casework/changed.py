"""What changed on a case since a screen showed it. The screen sends back what it saw; nothing of it is trusted, it is
only compared."""

import msgspec
from msgspec import Struct

from siyaj.model.case import Case, CaseState, Level, SecondOpinion
from siyaj.server.console.casework import words
from siyaj.server.console.i18n import gettext as _
from siyaj.server.console.i18n import ngettext


class Seen(Struct, omit_defaults=True, forbid_unknown_fields=True):
    """A case as a screen showed it."""

    version: int = 0
    verdicts: int = 0
    reports: int = 0
    notes: int = 0
    priority: int = 0
    policy: str = ""
    level: Level = Level.REVIEWER
    state: CaseState = CaseState.OPEN
    second: SecondOpinion = SecondOpinion.NONE
    holder: str = ""


def seen(case: Case, notes: int) -> Seen:
    return Seen(
        version=case.version,
        verdicts=case.verdicts,
        reports=case.reports,
        notes=notes,
        priority=case.priority,
        policy=case.policy or "",
        level=case.level,
        state=case.state,
        second=case.second_opinion,
        holder=case.holder or "",
    )


def encode(state: Seen) -> str:
    return msgspec.json.encode(state).decode()


def decode(given: str) -> Seen:
    """What cannot be read counts as nothing seen."""
    try:
        return msgspec.json.decode(given, type=Seen)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeError):
        return Seen()


def changes(before: Seen, now: Seen) -> list[str]:
    """Return in sentences what is new; empty when nothing that matters here is."""
    if before.version == 0:
        return [_("The case was changed.")]
    said = []
    if before.state is not now.state:
        said.append(_("The case was closed.") if now.state is CaseState.CLOSED else _("The case was opened again."))
    if (more := now.reports - before.reports) > 0:
        said.append(ngettext("%(num)d more report came in.", "%(num)d more reports came in.", more) % {"num": more})
    if (more := now.verdicts - before.verdicts) > 0:
        said.append(
            ngettext("It was checked %(num)d more time.", "It was checked %(num)d more times.", more) % {"num": more}
        )
    if (more := now.notes - before.notes) > 0:
        said.append(ngettext("%(num)d note was added.", "%(num)d notes were added.", more) % {"num": more})
    if before.level is not now.level:
        said.append(
            _("It was escalated to the leads.") if now.level is Level.LEAD else _("It is with reviewers again.")
        )
    if before.second is not now.second and now.second is not SecondOpinion.NONE:
        said.append(_("Second opinion: %(state)s.") % {"state": _(words.SECOND[now.second])})
    if before.policy != now.policy and now.policy:
        said.append(_("Its policy is %(policy)s now.") % {"policy": now.policy})
    if before.holder != now.holder:
        said.append(_("It changed hands."))
    if not said and before.version != now.version:
        said.append(_("The case was changed."))
    return said
