"""The files of what is held or blocked become evidence, before the answer: the platform need not keep them.

A store that is full or away refuses the check (503): the platform asks again, and no file is lost. A check without
files never comes here.
"""

from siyaj.model.errors import SiyajError
from siyaj.model.verdict import Action
from siyaj.moderation.about import subject_of
from siyaj.moderation.checks.assess import Assessment
from siyaj.moderation.evidence.evidence import Vault
from siyaj.signals.sniff import media_type

WHY = "held or blocked by the policy"
LATE = "answered while it was still being decoded"
"""Kept so that no crash loses it; let go of when the final verdict minds nothing."""


def needs_sealing(one: Assessment | SiyajError) -> bool:
    if not isinstance(one, Assessment) or not one.request.files:
        return False
    return one.verdict.pending or one.verdict.action.severity >= Action.HOLD.severity


def seal_files(vault: Vault, one: Assessment | SiyajError) -> Assessment | SiyajError:
    """Make the files durable and note their rows on the assessment; or return why the store cannot take them."""
    if not isinstance(one, Assessment) or not needs_sealing(one):
        return one
    request, verdict = one.request, one.verdict
    try:
        one.sealed = [
            vault.prepare(
                file.data,
                subject=subject_of(request.event),
                name=file.name,
                media_type=media_type(file.data),
                why=f"{WHY}: {verdict.action.value}" if verdict.action.severity >= Action.HOLD.severity else LATE,
                who=request.who,
                verdict=verdict.id,
            )
            for file in request.files
        ]
    except SiyajError as error:
        return error
    return one
