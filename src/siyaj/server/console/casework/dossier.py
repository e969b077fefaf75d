"""Everything about one case, read in one transaction: what the case screen is made of."""

from collections.abc import Sequence

import msgspec
from msgspec import Struct
from sqlalchemy import func, select

from siyaj.model.action import Delivery, DeliveryState
from siyaj.model.appeal import Appeal
from siyaj.model.case import Case, CaseOrigin, Note, SecondOpinion
from siyaj.model.decision import Decision, Opinion
from siyaj.model.errors import NotFound
from siyaj.model.evidence import Evidence
from siyaj.model.order import Order
from siyaj.model.report import Report, Subject, SubjectKind
from siyaj.model.strike import Strike
from siyaj.storage import (
    appeals,
    cases,
    decisions,
    delivery_list,
    evidence,
    notes,
    opinions,
    orders,
    reporters,
    reports,
    samples,
    strikes,
    translations,
    verdicts,
)
from siyaj.storage.database import Connection, Database
from siyaj.storage.tables import banks as bank_rows
from siyaj.storage.tables import cases as case_rows
from siyaj.storage.tables import people as people_rows
from siyaj.storage.tables import reports as report_rows
from siyaj.storage.translations import Translation
from siyaj.storage.verdicts import Record, VerdictRow

MOST_VERDICTS = 20
MOST_PAST = 8
_BOTH = (SecondOpinion.AGREED, SecondOpinion.SPLIT)


class Marks(Struct):
    """The strikes of an account or channel."""

    subject: Subject
    strikes: list[Strike]


class Dossier(Struct):
    case: Case
    verdicts: list[VerdictRow]
    records: list[Record]
    """Of the verdicts, in the same order, oldest first."""
    reports: Sequence[Report]
    orders: list[Order]
    weights: dict[str, int]
    reporters: dict[str, reporters.Record]
    evidence: list[Evidence]
    notes: list[Note]
    marks: list[Marks]
    past: list[Decision]
    """Decisions on this subject, its account and channel, newest first, without this case's own."""
    deliveries: list[Delivery]
    opinions: list[Opinion]
    copies: int
    """Other cases about exact copies."""
    open_copies: int
    appeal: Appeal | None
    appealed: Decision | None
    decision: Decision | None
    banks: list[str]
    """Their names, to add the item to one; how large they are is not asked, for that takes long."""
    translations: dict[str, Translation]
    """Of its texts, by their keys."""
    names: dict[str, str]
    """Of the people in it, by id."""

    undelivered: Decision | None
    """The decision for which the case is open again."""

    @property
    def failed(self) -> list[Delivery]:
        """What was given up on, then what failed and is tried again."""
        waiting = [one for one in self.deliveries if one.state is DeliveryState.WAITING and one.error]
        return [one for one in self.deliveries if one.state is DeliveryState.DEAD] + waiting


def read(database: Database, case_id: str) -> Dossier:
    """Raises NotFound."""
    with database.read() as connection:
        case = cases.get(connection, case_id)
        if case is None:
            raise NotFound(f"there is no case {case_id[:80]!r}")
        return _gather(connection, case)


def _gather(connection: Connection, case: Case) -> Dossier:
    appealing = appeals.of_case(connection, case.id) if case.origin is CaseOrigin.APPEAL else []
    appeal = appealing[-1] if appealing else None
    appealed = decisions.get(connection, appeal.decision) if appeal is not None else None
    first = _first(connection, case)
    looked_at = appealed or first
    source = looked_at.case if looked_at is not None and looked_at.case else case.id
    judged = _verdicts(connection, case, source)
    told = list(reports.of_case(connection, source))
    written = notes.of_case(connection, case.id)
    given = _opinions(connection, case)
    past = [one for one in _past(connection, case) if one.case != case.id][:MOST_PAST]
    copies, open_copies = _copies(connection, case)
    ids = [note.person for note in written] + [one.decided_by for one in past] + [one.person for one in given]
    ids += [one for one in (case.holder, case.assignee) if one]
    decision = decisions.get(connection, case.decision) if case.decision else None
    undelivered = decisions.get(connection, case.undelivered) if case.undelivered else None
    ids += [one.decided_by for one in (decision, undelivered) if one is not None]
    return Dossier(
        case=case,
        verdicts=judged,
        records=[msgspec.json.decode(row.record, type=Record) for row in judged],
        reports=told,
        orders=orders.of_case(connection, source),
        weights=_weights(connection, source),
        reporters=reporters.found(connection, [one.reporter.id for one in told if one.reporter.id]),
        evidence=_evidence(connection, case, source),
        notes=written,
        marks=_marks(connection, case, first),
        past=past,
        deliveries=delivery_list.of_case(connection, case.id),
        opinions=given,
        copies=copies,
        open_copies=open_copies,
        appeal=appeal,
        appealed=appealed,
        decision=decision,
        banks=list(connection.execute(select(bank_rows.c.name).order_by(bank_rows.c.name)).scalars()),
        translations=translations.of_case(connection, case.id),
        names=names_of(connection, ids),
        undelivered=undelivered,
    )


def _first(connection: Connection, case: Case) -> Decision | None:
    """Return the decision that a sample was drawn from: its case's content is looked at again, without its outcome."""
    sample = samples.of_case(connection, case.id) if case.origin is CaseOrigin.SAMPLE else None
    return decisions.get(connection, sample.decision) if sample is not None and sample.decision else None


def _verdicts(connection: Connection, case: Case, source: str) -> list[VerdictRow]:
    """The case's own; of a case that was opened by reports, an appeal or an order, those on the same subject."""
    own = verdicts.of_case(connection, source, limit=MOST_VERDICTS)
    return own or verdicts.by_event(connection, case.subject.id, limit=MOST_VERDICTS)[::-1]


def _evidence(connection: Connection, case: Case, source: str) -> list[Evidence]:
    """The case's own, then what is kept of the same subject from before."""
    own = evidence.listed(connection, case=source)
    known = {one.id for one in own}
    return own + [one for one in evidence.listed(connection, subject=case.subject) if one.id not in known]


def _weights(connection: Connection, case: str) -> dict[str, int]:
    query = select(report_rows.c.receipt, report_rows.c.weight).where(report_rows.c.case_id == case)
    return {row.receipt: row.weight for row in connection.execute(query.limit(reports.MOST_OF_A_CASE))}


def subjects_of(case: Case) -> list[Subject]:
    """Return the subject, then its account and channel where they are known."""
    found = [case.subject]
    if case.account is not None:
        found.append(Subject(SubjectKind.ACCOUNT, case.account))
    if case.channel is not None:
        found.append(Subject(SubjectKind.CHANNEL, case.channel))
    return list(dict.fromkeys(found))


def _marks(connection: Connection, case: Case, first: Decision | None) -> list[Marks]:
    """A sample's are without the strike that its first decision left: that would tell how it was decided."""
    marked = [one for one in subjects_of(case) if one.kind is not SubjectKind.ITEM]
    hidden = first.id if first is not None else ""
    found = [(one, strikes.of_subject(connection, one)) for one in marked]
    return [Marks(one, [strike for strike in its if strike.decision != hidden]) for one, its in found]


def _past(connection: Connection, case: Case) -> list[Decision]:
    found: dict[str, Decision] = {}
    for subject in subjects_of(case):
        for one in decisions.touching(connection, subject, limit=MOST_PAST + 1):
            found.setdefault(one.id, one)
    return sorted(found.values(), key=lambda one: one.decided_at, reverse=True)


def _copies(connection: Connection, case: Case) -> tuple[int, int]:
    if case.copy_key is None:
        return 0, 0
    query = (
        select(case_rows.c.state, func.count())
        .where(case_rows.c.copy_key == case.copy_key, case_rows.c.id != case.id)
        .group_by(case_rows.c.state)
    )
    counted: dict[str, int] = {row[0]: row[1] for row in connection.execute(query)}
    return sum(counted.values()), counted.get("open", 0)


def _opinions(connection: Connection, case: Case) -> list[Opinion]:
    """Blind until both stand: the opinions of a round of which only one is there are nobody's to see."""
    return opinions.last_round(connection, case.id).opinions if case.second_opinion in _BOTH else []


def names_of(connection: Connection, ids: Sequence[str]) -> dict[str, str]:
    """Return people's names by id; who is gone, or was never a person, is called by the id."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    found = connection.execute(select(people_rows.c.id, people_rows.c.name).where(people_rows.c.id.in_(wanted)))
    return {one: one for one in wanted} | {row.id: row.name for row in found}
