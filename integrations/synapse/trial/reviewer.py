"""A reviewer who decides cases of a running Siyaj, on its own database, as the console does."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from siyaj.model.action import ActionKind
from siyaj.model.appeal import NewAppeal
from siyaj.model.decision import Draft, Exemption
from siyaj.model.person import Role
from siyaj.model.settings import Settings
from siyaj.moderation.appeals.statements import APPEAL
from siyaj.moderation.runtime import Runtime
from siyaj.storage import delivery_list


class Reviewer:
    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._first = runtime.people.create("huda", "Huda", [Role.REVIEWER, Role.LEAD], who="cli:trial")
        self._second = runtime.people.create("salim", "Salim", [Role.REVIEWER, Role.LEAD], who="cli:trial")

    @classmethod
    @contextmanager
    def open(cls, folder: Path, address: str) -> Iterator["Reviewer"]:
        settings = Settings(data=str(folder), undo_seconds=0, decoders=1, public_url=address)
        with Runtime.open(settings) as runtime:
            yield cls(runtime)

    def decide(self, case: str, action: str, *, again: bool = False) -> str:
        """Return the decision's id. `again`: by the second reviewer, as an appeal is decided."""
        person = self._second if again else self._first
        taken = self._runtime.cases.take(case, person)
        draft = Draft(
            action=ActionKind(action),
            exemption=Exemption.NONE,
            policy="tvec",
            reasons="Sample decision of the trial.",
            deviation="Sample decision of the trial.",
        )
        made = self._runtime.decisions.decide(case, draft, person, taken.version)
        assert made is not None
        return made.id

    def appeal_succeeds(self, decision: str, action: str) -> str:
        """Appeal by the link of a decision, and decide for the appeal: `action` takes the first one back."""
        token = self._runtime.keyring.token(APPEAL, f"decision:{decision}")
        appeal = self._runtime.appeals.receive(NewAppeal(token, "It was a mistake."))
        return self.decide(appeal.case, action, again=True)

    def said(self, decision: str, kind: str) -> str:
        """Return what the homeserver said of a decision's action, once it was done or given up."""
        with self._runtime.database.read() as connection:
            found = [one for one in delivery_list.of_decision(connection, decision) if one.kind == kind]
        return " ".join(f"{one.state}: {one.answer}{one.error}" for one in found)
