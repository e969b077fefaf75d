"""What a page says in passing: a decision was made, and can be undone for some seconds more."""

from datetime import UTC, datetime
from typing import Any

from siyaj.model.errors import NotFound
from siyaj.model.person import Person
from siyaj.moderation.runtime import Runtime
from siyaj.server.console.session import AnyRequest


def toast(request: AnyRequest, runtime: Runtime, person: Person) -> dict[str, Any]:
    """Return `undoable`, the decision that this page follows, with `undo_seconds` left; None when that is over. And
    `split`: the person's opinion differs from the first one."""
    found: dict[str, Any] = {"undoable": None, "undo_seconds": 0, "split": bool(request.query_params.get("split"))}
    decided = request.query_params.get("decided", "")
    if decided:
        try:
            made = runtime.decisions.get(decided)
        except NotFound:
            return found
        left = (made.effective_at - datetime.now(UTC)).total_seconds()
        if left > 0 and made.decided_by == person.id and made.superseded_by is None:
            found.update(undoable=made, undo_seconds=round(left, 1))
    return found
