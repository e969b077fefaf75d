"""Decisions: what a person settles, in one transaction, and what takes it back.

Written together or not at all: the decision, the closed case, the actions in the outbox, strikes, bank entries, the
reports' outcome, the audit row. Nothing leaves before `effective_at`; until then its maker may undo all of it.
"""

from collections.abc import Callable, Sequence

import msgspec

from siyaj.banks.curation import Banks
from siyaj.model.case import Case, CaseOrigin, CaseState, Level, SecondOpinion
from siyaj.model.clock import now_us, to_datetime, to_us
from siyaj.model.decision import Copy, Decision, DecisionKind, Draft, Preview
from siyaj.model.errors import AlreadyExists, DecisionFinal, InvalidRequest
from siyaj.model.ids import new_id
from siyaj.model.person import Person
from siyaj.model.report import Subject
from siyaj.model.strike import Strike
from siyaj.moderation.appeals import reversal
from siyaj.moderation.casework import banking, drafts, planning, undelivered
from siyaj.moderation.casework.banked_media import BankedMedia
from siyaj.moderation.casework.cases import found, held, may_decide, noting_refusals, who
from siyaj.moderation.casework.planning import Plan, Planner
from siyaj.moderation.casework.strikes import all_concerned, concerned
from siyaj.moderation.casework.undo import found_decision, undo
from siyaj.moderation.patience import patiently
from siyaj.storage import actions, audit, copies, decisions, leases, opinions, strikes
from siyaj.storage.database import Connection, Database
from siyaj.storage.decisions import DecisionFilter, Effects

Listener = Callable[[Connection, Decision], None]


class Decisions:
    """Decides, and takes back. Safe for many threads and processes. `listeners` are called in each transaction that
    makes a decision, an undoing one as well."""

    def __init__(self, database: Database, planner: Planner, banks: Banks, media: BankedMedia | None = None) -> None:
        self._media = media
        self._lease_us = int(planner.links.settings.lease_minutes * 60_000_000)
        self._database = database
        self._planner = planner
        self._banks = banks
        self.listeners: list[Listener] = []

    def preview(self, case: str, draft: Draft, person: Person) -> Preview:
        """Return exactly what deciding so would change. Raises NotFound, Forbidden, InvalidRequest; a deviation that
        lacks its reason is shown, not refused."""
        with self._database.read() as connection:
            there = found(connection, case)
            may_decide(connection, there, person)
            drafts.refuse(draft, there, self._planner.policy)
            now = now_us()
            plan = self._planner.plan(connection, there, draft, "preview", now)
            first = decisions.get(connection, there.undelivered) if there.undelivered is not None else None
            if first is not None and undelivered.same(first, draft):
                return undelivered.preview(connection, first, plan.effective_at)
            back = undelivered.to_take_back(connection, there, plan.actions)
            likewise = copies.open_ones(connection, there, leases.clock(connection)) if draft.copies else []
            return Preview(
                actions=[*back, *plan.actions],
                strikes=plan.weighed.strikes,
                proposal=plan.weighed.proposal,
                deviates=plan.weighed.deviates,
                copies=[Copy(one.id, one.subject, one.account, one.channel) for one in likewise],
                entry=banking.plan(connection, draft.bank, there) if draft.bank else None,
                statement=plan.statement if plan.tells is not None else None,
                effective_at=plan.effective_at,
            )

    def decide(self, case: str, draft: Draft, person: Person, version: int) -> Decision | None:
        """Decide a case. None: a second opinion was asked for, and differs from the first; a lead decides now.

        The same draft again from the same person gives the decision that it made: a retry does not act twice. Raises
        NotFound, StaleVersion, CaseHeld, Forbidden, InvalidRequest, StorageUnavailable.
        """

        def write(connection: Connection) -> Decision | None:
            made = self._again(connection, case, draft, person)
            if made is None:
                there = held(connection, case, person, version)
                drafts.refuse(draft, there, self._planner.policy)
                made = self._try_again(connection, there, draft, person) or self._hear(connection, there, draft, person)
            return made

        with noting_refusals(self._database, person, "decision.make", case):
            made = patiently(self._database, write)
        if draft.bank and made is not None:
            self._banks.refresh()
            self._draw_media(made, who(person))
        return made

    def undo(self, decision: str, person: Person) -> Decision:
        """Take back one's own decision before its actions leave: everything is as it was, and the case is back in
        one's hands. Raises NotFound, Forbidden, DecisionFinal."""
        try:
            with noting_refusals(self._database, person, "decision.undo", decision):
                undone = patiently(self._database, lambda connection: self._undo(connection, decision, person))
        except AlreadyExists:
            raise DecisionFinal("it was superseded already") from None
        self._banks.refresh()
        return undone

    def get(self, decision: str) -> Decision:
        """Raises NotFound."""
        with self._database.read() as connection:
            return found_decision(connection, decision)

    def of_subject(self, subject: Subject, limit: int = 50) -> Sequence[Decision]:
        """Return the decisions on a subject, and for an account or channel those on its items, newest first."""
        with self._database.read() as connection:
            return decisions.touching(connection, subject, limit)

    def page(self, chosen: DecisionFilter, before: int | None = None, limit: int = 50) -> list[tuple[int, Decision]]:
        """Return (number, decision), newest first."""
        with self._database.read() as connection:
            return decisions.page(connection, chosen, before, limit)

    def strikes(self, subject: Subject) -> Sequence[Strike]:
        """Return the strikes of an account or channel, newest first."""
        with self._database.read() as connection:
            return strikes.of_subject(connection, subject)

    def weight(self, subject: Subject) -> int:
        """Return what the live strikes of an account or channel weigh."""
        with self._database.read() as connection:
            return strikes.weight(connection, subject, now_us())

    def _draw_media(self, made: Decision, who: str) -> None:
        if self._media is not None and made.case is not None:
            with self._database.read() as connection:
                banked = decisions.effects(connection, made.id).entries
            self._media.draw(made.case, banked, who)

    def _again(self, connection: Connection, case: str, draft: Draft, person: Person) -> Decision | None:
        there = found(connection, case, lock=True)
        if there.state is CaseState.OPEN or there.decision is None:
            return None
        made = decisions.get(connection, there.decision)
        return made if made is not None and made.decided_by == person.id and made.draft == draft else None

    def _try_again(self, connection: Connection, case: Case, draft: Draft, person: Person) -> Decision | None:
        """Decided in the same way what was not carried out is tried again: no second strike, no second statement."""
        first = decisions.get(connection, case.undelivered) if case.undelivered is not None else None
        if first is None or not undelivered.same(first, draft):
            return None
        return first if undelivered.again(connection, case, person) else None

    def _hear(self, connection: Connection, case: Case, draft: Draft, person: Person) -> Decision | None:
        """Settle the case, unless this is a second opinion that differs from the first."""
        if case.second_opinion is not SecondOpinion.ASKED:
            return self._settle(connection, case, draft, person)
        asked = opinions.last_round(connection, case.id)
        opinions.add(connection, case.id, asked.number, person.id, draft)
        first = asked.opinions[0]
        if first.agrees(draft):
            return self._settle(connection, case, draft, person, agreed_with=first.person)
        values = {"second_opinion": SecondOpinion.SPLIT.value, "level": Level.LEAD.value}
        leases.change(connection, case.id, holder=None, held_until=None, assignee=None, **values)
        leases.skip(connection, case.id, person.id, barred=True)
        audit.write(connection, who(person), "case.split", case.id)
        return None

    def _settle(
        self, connection: Connection, case: Case, draft: Draft, person: Person, agreed_with: str | None = None
    ) -> Decision:
        now, id_ = now_us(), new_id("dec")
        plan = self._planner.plan(connection, case, draft, id_, now)
        if plan.weighed.deviates and not draft.deviation.strip() and case.origin is not CaseOrigin.SAMPLE:
            raise InvalidRequest("this is not what the ladder proposes: say why", field="deviation")
        made = self._decision(id_, case, draft, person, plan, now)
        made.agreed_with = agreed_with
        effects = Effects(second_opinion=case.second_opinion.value)
        copied = copies.take_open_ones(connection, case, leases.clock(connection)) if draft.copies else []
        together = [case, *copied]
        copies.lock(connection, [one.id for one in together])
        actions.take_turns(connection, [subject for one in together for subject in all_concerned(one)])
        if case.undelivered is not None:
            back = undelivered.replace(connection, self._banks, case, made, effects, plan.actions, who(person))
            undoing = [self._planner.action(made, one.kind, one.subject, {}) for one in back]
            actions.enqueue(connection, undoing)
        if case.origin is not CaseOrigin.SAMPLE:
            settling = reversal.Settling(self._planner, self._banks, case, made, plan.actions, effects, who(person))
            settling.settle(connection)
            self._act(connection, case, made, plan)
        effects.copies = [self._copy(connection, copy, made, person, now) for copy in copied]
        if draft.bank and case.origin is not CaseOrigin.SAMPLE:  # last: it takes its turn among those who write banks
            effects.entries = banking.bank(connection, self._banks, draft.bank, case, id_, draft.policy, who(person))
        self._write(connection, case, made, effects)
        audit.write(connection, who(person), "decision.make", id_, **_said(made, copies=len(copied)))
        return made

    def _decision(self, id_: str, case: Case, draft: Draft, person: Person, plan: Plan, now: int) -> Decision:
        kinds = {CaseOrigin.SAMPLE: DecisionKind.SAMPLE, CaseOrigin.APPEAL: DecisionKind.APPEAL}
        return Decision(
            id=id_,
            case=case.id,
            verdict=None,
            subject=case.subject,
            account=case.account or (case.subject.id if case.subject.kind == "account" else None),
            channel=case.channel or (case.subject.id if case.subject.kind == "channel" else None),
            kind=kinds.get(case.origin, DecisionKind.FIRST),
            draft=draft,
            language=case.language,
            decided_by=person.id,
            decided_at=to_datetime(now),
            effective_at=plan.effective_at,
            supersedes=None,
            superseded_by=None,
            statement=plan.statement,
        )

    def _act(self, connection: Connection, case: Case, made: Decision, plan: Plan) -> None:
        """Write actions and strikes, and tell the reporters."""
        actions.enqueue(connection, self._planner.outgoing(case, made, plan))
        strikes.insert(
            connection,
            [
                Strike(new_id("str"), one.subject, made.id, one.weight, made.decided_at, one.expires_at)
                for one in plan.weighed.strikes
            ],
        )
        if case.origin is not CaseOrigin.APPEAL:
            planning.tell_reporters(connection, case.id, made)

    def _copy(self, connection: Connection, case: Case, lead: Decision, person: Person, now: int) -> str:
        """Decide the case of an exact copy in the same way: a decision of its own, with its own strikes."""
        draft = _alone(lead.draft, case)
        id_ = new_id("dec")
        plan = self._planner.plan(connection, case, draft, id_, now)
        made = self._decision(id_, case, draft, person, plan, now)
        self._act(connection, case, made, plan)
        self._write(connection, case, made, Effects(lead=lead.id, second_opinion=case.second_opinion.value))
        return id_

    def _write(self, connection: Connection, case: Case, made: Decision, effects: Effects) -> None:
        """Close the case and write the decision's row."""
        agreed = {"second_opinion": SecondOpinion.AGREED.value} if made.agreed_with else {}
        effects.key = leases.close(connection, case.id, made.id, to_us(made.decided_at), **agreed)
        decisions.insert(connection, made, effects)
        for listener in self.listeners:
            listener(connection, made)

    def _undo(self, connection: Connection, decision: str, person: Person) -> Decision:
        undone = undo(connection, self._banks, self._lease_us, decision, person)
        for one in undone:
            for listener in self.listeners:
                listener(connection, one)
        return undone[-1]


def _alone(draft: Draft, case: Case) -> Draft:
    """Return what a copy's case is decided as: measures on an author or channel that is not known are left out."""
    known = [measure for measure in draft.also if concerned(case, measure.on) is not None]
    return msgspec.structs.replace(draft, bank="", copies=False, also=known)


def _said(made: Decision, **more: object) -> dict[str, object]:
    """Return what the audit log notes of a decision."""
    draft = made.draft
    also = [f"{measure.on}:{measure.action}" for measure in draft.also]
    return {
        "case": made.case,
        "of": made.subject.key,
        "action": draft.action,
        "also": also,
        "policy": draft.policy,
        "exemption": draft.exemption,
        "agreed_with": made.agreed_with,
        **more,
    }
