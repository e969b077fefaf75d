"""What becomes of an attempt: done, tried again, or given up on. Nothing is given up on in silence."""

from siyaj.delivery.adaptor import Outcome, Result
from siyaj.delivery.schedule import wait_after
from siyaj.model.clock import now_us
from siyaj.moderation.casework import undelivered
from siyaj.storage import audit, decisions, deliveries, endpoints, notes
from siyaj.storage.database import Connection
from siyaj.storage.deliveries import Claim

WHO = "system"


def settle(connection: Connection, claim: Claim, outcome: Outcome) -> None:
    """Write what became of an attempt; a claim that was lost meanwhile changes nothing."""
    if outcome.result in (Result.DONE, Result.UNAVAILABLE):
        case = undelivered.waiting(connection, claim.action)
        write = deliveries.delivered if outcome.result is Result.DONE else deliveries.unavailable
        if write(connection, claim, outcome.said) and case is not None:
            undelivered.carried_out(connection, case)
        return
    wait = None if outcome.result is Result.REFUSED else wait_after(claim.attempt, outcome.retry_after)
    next_at = None if wait is None else now_us() + int(wait * 1_000_000)
    if not deliveries.failed(connection, claim, outcome.said, next_at):
        return
    if outcome.result is Result.GONE:
        endpoints.disable(connection, claim.endpoint, outcome.said)
        audit.write(connection, WHO, "endpoint.disable", claim.endpoint, why=outcome.said)
    if next_at is None:
        give_up(connection, claim, outcome.said)


def give_up(connection: Connection, claim: Claim, said: str) -> None:
    """Say so where people look: in the audit log, and on the case, which is open again, with a note that mentions who
    decided."""
    action = claim.action
    audit.write(connection, WHO, "delivery.dead", action.id, endpoint=claim.endpoint, error=said)
    if action.case is None:
        return
    name = endpoints.get(connection, claim.endpoint).name
    decided = decisions.get(connection, action.decision)
    mentioned = [decided.decided_by] if decided is not None and decided.decided_by.startswith("per_") else []
    notes.add(connection, action.case, WHO, f"{name}: {action.kind} ✗ {said}", mentioned)
    undelivered.open_again(connection, action, name, said)
