"""Orders of authorities: a case with the order's own clock. An order joins the subject's open case, if there is one."""

from datetime import timedelta

from siyaj.model.case import CaseOrigin, CaseState, PriorityFactor
from siyaj.model.clock import now_us, to_datetime, to_us
from siyaj.model.errors import AlreadyExists, IdempotencyMismatch, InvalidRequest, NotFound, StorageUnavailable
from siyaj.model.ids import new_id
from siyaj.model.order import NewOrder, Order
from siyaj.model.report import SubjectKind
from siyaj.model.verdict import Action, Reason
from siyaj.moderation.casework import priority
from siyaj.moderation.reports.weights import HOUR_US
from siyaj.storage import audit, cases, orders, reports
from siyaj.storage.cases import NewCase
from siyaj.storage.database import Connection, Database

_ATTEMPTS = 4
_SEVERITY = 4
"""An authority has looked already."""


class Orders:
    """Takes orders in, and says what became of them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def receive(self, given: NewOrder, who: str) -> Order:
        """Return the order, with its case; it is durable then. The same again returns the same.

        Raises IdempotencyMismatch for a reference that was used with other content, StorageUnavailable.
        """
        if "\0" in given.authority + given.reference + given.text + given.subject.id:
            raise InvalidRequest("an order must not hold a NUL character")
        for _ in range(_ATTEMPTS):
            try:
                with self._database.begin() as connection:
                    return self._receive(connection, given, who)
            except AlreadyExists:
                continue  # another process took it, or opened the case, first: read again
        raise StorageUnavailable("another process keeps writing the same order", hint="retry")

    def get(self, order: str) -> Order:
        """Raises NotFound."""
        with self._database.read() as connection:
            found = orders.get(connection, order)
        if found is None:
            raise NotFound(f"there is no order {order!r}")
        return found

    def of_case(self, case: str) -> list[Order]:
        """Return a case's orders, the most pressing first."""
        with self._database.read() as connection:
            return orders.of_case(connection, case)

    def _receive(self, connection: Connection, given: NewOrder, who: str) -> Order:
        before = orders.by_reference(connection, given.authority, given.reference)
        if before is not None:
            if (before.subject, before.text) != (given.subject, given.text):
                raise IdempotencyMismatch(
                    "this authority's reference was received before with other content", hint="check the reference"
                )
            return before
        now = to_datetime(now_us())
        order = Order(
            id=new_id("ord"),
            authority=given.authority,
            reference=given.reference,
            subject=given.subject,
            text=given.text,
            case="",
            received_at=now,
            deadline=now + timedelta(hours=given.hours),
        )
        order.case = self._case(connection, order)
        orders.insert(connection, order)
        audit.write(
            connection, who, "order.receive", order.id, authority=order.authority, reference=order.reference,
            case=order.case,
        )  # fmt: skip
        return order

    def _case(self, connection: Connection, order: Order) -> str:
        opened = cases.open_ids(connection, [order.subject.key]).get(order.subject.key)
        if opened is None:
            return self._open(connection, order)
        case = cases.get(connection, opened, lock=True)
        if case is None or case.state is CaseState.CLOSED:
            raise AlreadyExists("the case was closed meanwhile: read again")
        was = {reason.factor: reason.value for reason in case.priority_reasons}
        inputs = _inputs(order, case.reach)
        inputs.severity = max(_SEVERITY, int(was.get(PriorityFactor.SEVERITY) or 0))
        inputs.reporters = int(was.get(PriorityFactor.REPORTERS) or 0)
        inputs.match = float(was.get(PriorityFactor.MATCH) or 0)
        inputs.life = case.urgent
        score, why = priority.score(inputs)
        cases.merge_report(connection, opened, score, to_us(order.deadline), why, urgent=case.urgent, count=0)
        cases.add_reasons(connection, opened, [_reason(order)])
        cases.set_origin(connection, opened, CaseOrigin.ORDER)
        return opened

    def _open(self, connection: Connection, order: Order) -> str:
        context = reports.context(connection, order.subject)
        score, why = priority.score(_inputs(order, context.reach))
        subject = order.subject
        new = NewCase(
            id=new_id("case"),
            subject_kind=subject.kind.value,
            subject_id=subject.id,
            policy=None,
            reasons=[_reason(order)],
            priority=score,
            opened_at=to_us(order.received_at),
            deadline=to_us(order.deadline),
            verdicts=0,
            reports=0,
            origin=CaseOrigin.ORDER,
            language=context.language,
            reach=context.reach,
            priority_reasons=why,
            account=context.account or (subject.id if subject.kind is SubjectKind.ACCOUNT else None),
            channel=context.channel or (subject.id if subject.kind is SubjectKind.CHANNEL else None),
        )
        cases.insert_many(connection, [new])
        return new.id


def _inputs(order: Order, reach: int) -> priority.Inputs:
    hours = (to_us(order.deadline) - now_us()) / HOUR_US
    return priority.Inputs(severity=_SEVERITY, reach=reach, deadline_hours=hours, order=True)


def _reason(order: Order) -> Reason:
    said = f"{order.authority}, {order.reference}"
    named = "".join(char if char.isprintable() else " " for char in said)  # no bidi overrides in the middle of ours
    until = f"{order.deadline:%Y-%m-%d %H:%M} UTC"
    return Reason(
        "order",
        "tvec",
        Action.HOLD,
        f"An authority ordered its removal ({named}), due {until}.",
        f"أمرت جهة رسمية بإزالته ({named})، والمهلة حتى {until}.",
    )
