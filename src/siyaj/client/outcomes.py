"""What a check comes to for a platform."""

from msgspec import Struct

from siyaj.model.event import Event
from siyaj.model.verdict import Action, Verdict


class Checked(Struct):
    """`action` is what to do: the verdict's, or, where Siyaj did not answer (`failed` says why), `allow` when the call
    fails open and `hold` when it fails closed."""

    action: Action
    verdict: Verdict | None = None
    failed: str = ""

    @property
    def publish(self) -> bool:
        """True for what may be seen now; `label` and `limit` go with it."""
        return self.action.severity < Action.HOLD.severity

    @property
    def pending(self) -> bool:
        """True where the verdict on media follows by webhook."""
        return self.verdict is not None and self.verdict.pending


class Rechecked(Struct):
    """What was let through unchecked, and the verdict that it got later."""

    event: Event
    verdict: Verdict
