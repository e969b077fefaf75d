"""What Siyaj itself does at the homeserver is not asked about again: each removal would be one more event to judge."""

from synapse.logging.context import current_context


def is_enforcement(sender: str, enforcer: str) -> bool:
    """True for the account whose token Siyaj acts with, also where it acts as somebody else."""
    if not enforcer:
        return False
    request = getattr(current_context(), "request", None)
    return sender == enforcer or (request is not None and request.authenticated_entity == enforcer)


def requester() -> str:
    """Return who sent the request that is being served, where there is one."""
    request = getattr(current_context(), "request", None)
    return (request.requester or "") if request is not None else ""
