"""Appeals: the affected side, or the reporter, says that a decision is wrong, and somebody else decides again.

Regulation (EU) 2022/2065 (DSA), Article 20: by electronic means and free of charge, for at least six months, never
decided by automated means alone. The link that was sent is the ticket: no account is needed.
"""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from siyaj.model.action import ActionKind
from siyaj.model.appeal import Appeal, AppealState, NewAppeal, Side
from siyaj.model.case import Case, CaseOrigin, CaseState
from siyaj.model.clock import now_us, to_datetime
from siyaj.model.decision import Decision, DecisionKind, Draft, Exemption, Statement
from siyaj.model.errors import AlreadyExists, AppealClosed, InvalidRequest, NotFound, StorageUnavailable
from siyaj.model.event import Event
from siyaj.model.ids import new_id
from siyaj.model.settings import Settings
from siyaj.model.verdict import Action, Reason
from siyaj.moderation.about import subject_of
from siyaj.moderation.appeals import statements
from siyaj.moderation.appeals.reversal import POLICY
from siyaj.moderation.appeals.statements import APPEAL
from siyaj.moderation.casework import priority
from siyaj.moderation.casework.planning import Planner
from siyaj.moderation.casework.priority import Inputs
from siyaj.moderation.checks import opening
from siyaj.moderation.reports.contact import address_of
from siyaj.storage import appeals, audit, cases, decisions, leases, mails, verdicts
from siyaj.storage.cases import NewCase
from siyaj.storage.database import Connection, Database
from siyaj.storage.decisions import Effects
from siyaj.storage.mails import Due
from siyaj.storage.verdicts import VerdictRow

_ATTEMPTS = 4
_DONE = {
    Action.LABEL: ActionKind.LABEL,
    Action.LIMIT: ActionKind.LIMIT,
    Action.HOLD: ActionKind.LIMIT,
    Action.BLOCK: ActionKind.REMOVE,
}
"""What a verdict comes to on the platform. What is held is not seen: that is a limit until a person looks."""
_SAID = {
    Side.AFFECTED: ("The affected side appeals.", "تعترض الجهة المتأثرة على القرار."),
    Side.REPORTER: ("Who reported it appeals.", "يعترض صاحب البلاغ على القرار."),
}


class Disputed(NamedTuple):
    """What a link leads to: the decision, or the verdict that no person has decided on yet."""

    decision: Decision | None
    verdict: VerdictRow | None
    side: Side
    statement: Statement
    until: str
    """The last day on which an appeal is received."""


class Appeals:
    """Receives appeals. They are decided as cases are."""

    def __init__(self, database: Database, planner: Planner, settings: Settings) -> None:
        self._database = database
        self._planner = planner
        self._deadline_us = int(settings.first_review_hours * 3_600_000_000)
        self._mails = bool(settings.smtp)

    def receive(self, new: NewAppeal) -> Appeal:
        """Take an appeal in and open its case. Raises NotFound for a token that is none of ours, AppealClosed when one
        was received already (its `receipt` says which) or the time has passed, InvalidRequest."""
        if not new.text.strip() or "\0" in new.text + new.contact + new.language:
            raise InvalidRequest("say why the decision is wrong", field="text")
        side, kind, id_ = self._read(new.token)
        for _ in range(_ATTEMPTS):
            try:
                with self._database.begin() as connection:
                    return self._receive(connection, new, side, kind, id_)
            except AlreadyExists:
                continue  # the same appeal came twice at once, or its case was opened meanwhile: read again
        raise StorageUnavailable("the same appeal keeps coming", hint="retry")

    def of_token(self, token: str) -> Disputed:
        """Return what a link leads to, with the statement that was sent. Raises NotFound."""
        side, kind, id_ = self._read(token)
        with self._database.read() as connection:
            if kind == "verdict":
                verdict = _verdict(connection, id_)
                made = _decided(connection, verdict)
                if made is None:
                    until = self._planner.links.until(verdict.created_at).date().isoformat()
                    return Disputed(None, verdict, side, self._statement(verdict), until)
            else:
                verdict, made = None, _decision(connection, id_)
        until = self._planner.links.until(made.decided_at).date().isoformat()
        return Disputed(made, verdict, side, made.statement, until)

    def received(self, token: str) -> Appeal | None:
        """Return the appeal that was received by this link, if one was. Raises NotFound."""
        disputed = self.of_token(token)
        if disputed.decision is None:
            return None
        with self._database.read() as connection:
            return appeals.of_decision(connection, disputed.decision.id, disputed.side)

    def get(self, appeal: str) -> Appeal:
        """Raises NotFound."""
        with self._database.read() as connection:
            found = appeals.get(connection, appeal)
        if found is None:
            raise NotFound(f"there is no appeal {appeal[:80]!r}")
        return found

    def of_case(self, case: str) -> Sequence[Appeal]:
        with self._database.read() as connection:
            return appeals.of_case(connection, case)

    def page(
        self, state: AppealState | None = None, side: Side | None = None, before: int | None = None, limit: int = 50
    ) -> list[tuple[int, Appeal]]:
        """Return (number, appeal), newest first."""
        with self._database.read() as connection:
            return appeals.page(connection, state=state, side=side, before=before, limit=limit)

    def link(self, decision: str, side: Side) -> str:
        """Return the address at which this side may appeal."""
        kind = "decision" if side is Side.AFFECTED else "reporter"
        return self._planner.links.appeal(f"{kind}:{decision}")

    def _read(self, token: str) -> tuple[Side, str, str]:
        subject = self._planner.links.keyring.subject_of(APPEAL, token) or ""
        kind, _, id_ = subject.partition(":")
        if kind not in ("decision", "reporter", "verdict"):
            raise NotFound("this link is not one of ours, or was cut off", field="token")
        return Side.REPORTER if kind == "reporter" else Side.AFFECTED, kind, id_

    def _receive(self, connection: Connection, new: NewAppeal, side: Side, kind: str, id_: str) -> Appeal:
        if kind == "verdict":
            first = self._of_verdict(connection, _verdict(connection, id_))
        else:
            first = _decision(connection, id_)
        self._may(connection, first, side)
        case = self._case(connection, first, side)
        appeal = Appeal(
            id=new_id("app"),
            decision=first.id,
            case=case,
            side=side,
            text=new.text.strip(),
            language=new.language or first.language,
            contact=new.contact.strip(),
            state=AppealState.OPEN,
            received_at=to_datetime(now_us()),
            decided_at=None,
            decided_by=None,
            outcome="",
        )
        appeals.insert(connection, appeal)
        if self._mails and address_of(appeal.contact):
            mails.insert(connection, appeal.id, case, Due.RECEIPT, now_us())
        audit.write(connection, "system", "appeal.receive", appeal.id, decision=first.id, case=case, side=side)
        return appeal

    def _may(self, connection: Connection, first: Decision, side: Side) -> None:
        before = appeals.of_decision(connection, first.id, side)
        if before is not None:
            raise AppealClosed(
                f"an appeal against this decision was received already: {before.id}", hint=f"receipt {before.id}"
            )
        if to_datetime(now_us()) > self._planner.links.until(first.decided_at):
            raise AppealClosed("the time for an appeal against this decision has passed")
        if first.superseded_by is not None:
            raise AppealClosed("this decision does not stand any more")
        if side is Side.AFFECTED and first.action is ActionKind.NONE and not first.draft.also:
            raise AppealClosed("nothing was done, so there is nothing to take back")
        if side is Side.REPORTER and first.action is not ActionKind.NONE:
            raise AppealClosed("what was reported was acted on")

    def _case(self, connection: Connection, first: Decision, side: Side) -> str:
        """Return the case in which the appeal is decided: the one that waits for a person anyway, or a new one."""
        waiting = cases.get(connection, first.case, lock=True) if first.case is not None else None
        if waiting is not None and waiting.state is CaseState.OPEN:
            return waiting.id
        key, now = f"appeal:{first.id}", now_us()
        opened = cases.open_ids(connection, [key]).get(key)
        if opened is None:
            opened = self._open(connection, first, side, now)
        return opened

    def _open(self, connection: Connection, first: Decision, side: Side, now: int) -> str:
        severity = self._planner.policy.severity(first.draft.policy)
        hours = self._deadline_us / 3_600_000_000
        points, why = priority.score(Inputs(severity=severity, appeal=True, deadline_hours=hours))
        case = NewCase(
            id=new_id("case"),
            subject_kind=first.subject.kind.value,
            subject_id=first.subject.id,
            policy=first.draft.policy or None,
            reasons=[Reason("appeal", first.draft.policy, Action.HOLD, *_SAID[side])],
            priority=points,
            priority_reasons=why,
            opened_at=now,
            deadline=now + self._deadline_us,
            verdicts=0,
            origin=CaseOrigin.APPEAL,
            language=first.language,
            account=first.account,
            channel=first.channel,
            key=f"appeal:{first.id}",
        )
        cases.insert_many(connection, [case])
        for person in {first.decided_by, first.agreed_with} - {POLICY, None}:
            leases.skip(connection, case.id, str(person), barred=True)
        return case.id

    def _of_verdict(self, connection: Connection, verdict: VerdictRow) -> Decision:
        """Return the decision on a verdict: a person's on its case, else the policy's own, which is written now."""
        made = _decided(connection, verdict)
        if made is not None:
            return made
        event = _event(verdict)
        made = Decision(
            id=new_id("dec"),
            case=verdict.case_id,
            verdict=verdict.id,
            subject=subject_of(event),
            account=verdict.account_id,
            channel=verdict.channel_id,
            kind=DecisionKind.FIRST,
            draft=Draft(_DONE[verdict.action], Exemption.NONE, verdict.policy or ""),
            language=opening.language(event),
            decided_by=POLICY,
            decided_at=verdict.created_at,
            effective_at=verdict.created_at,
            supersedes=None,
            superseded_by=None,
            statement=self._statement(verdict),
        )
        decisions.insert(connection, made, Effects())
        return made

    def _statement(self, verdict: VerdictRow) -> Statement:
        if verdict.action not in _DONE:
            raise AppealClosed("nothing was done, so there is nothing to take back")
        draft = Draft(_DONE[verdict.action], Exemption.NONE, verdict.policy or "")
        url = self._planner.links.appeal(f"verdict:{verdict.id}")
        until = self._planner.links.until(verdict.created_at)
        return statements.of_verdict(
            verdict, draft, self._planner.policy, opening.language(_event(verdict)), url=url, until=until
        )


def _decision(connection: Connection, id_: str) -> Decision:
    made = decisions.get(connection, id_)
    if made is None:
        raise NotFound("the decision behind this link is not there any more", field="token")
    return made


def _verdict(connection: Connection, id_: str) -> VerdictRow:
    verdict = verdicts.get(connection, id_)
    if verdict is None:
        raise NotFound("the verdict behind this link is not there any more", field="token")
    return verdict


def _decided(connection: Connection, verdict: VerdictRow) -> Decision | None:
    """Return what was decided on a verdict: by a person in its case, or by the policy where somebody appealed."""
    case: Case | None = cases.get(connection, verdict.case_id) if verdict.case_id else None
    if case is not None and case.decision is not None:
        return decisions.get(connection, case.decision)
    return decisions.of_verdict(connection, verdict.id)


def _event(verdict: VerdictRow) -> Event:
    return msgspec.json.decode(verdict.record, type=_Record).event


class _Record(msgspec.Struct):
    event: Event
