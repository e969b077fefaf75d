"""Is this account one that was suspended, under another id? By its handle, its picture and its links.

Asked when an account is checked itself: at registration and when its profile changes. A case, never a refusal: a
person looks. A handle alone is a coincidence unless the account is young.
"""

from collections.abc import Iterable, Sequence

from siyaj.model.case import CaseOrigin
from siyaj.model.clock import now_us
from siyaj.model.event import EventKind
from siyaj.model.ids import new_id
from siyaj.model.verdict import Action, Reason
from siyaj.moderation.casework.priority import Inputs, score
from siyaj.moderation.channels.returns import AVATAR_BITS, handle_form
from siyaj.moderation.checks.assess import Assessment
from siyaj.policy.channel_state import isolated
from siyaj.storage import accounts, cases
from siyaj.storage.accounts import KnownAccount
from siyaj.storage.cases import NewCase
from siyaj.storage.database import Connection

RULE = "return-of-a-suspended-account"
POLICY = "tvec"
YOUNG_DAYS = 30.0
MOST_LINKS = 20
MOST_GROUNDS = 50
OVERLAP = 200
_SEVERITY = 3
_MARKS = {
    "handle": ("its handle has the same form", "معرّفه على الصيغة نفسها"),
    "avatar": ("its picture is nearly the same", "صورته تكاد تطابق صورة ذلك الحساب"),
    "links": ("it shares addresses with it", "يشترك معه في روابط"),
}


class AccountReturns:
    """The suspended accounts, kept in memory; belongs to the transaction of one batch at a time."""

    def __init__(self, first_review_us: int) -> None:
        self._first_review_us = first_review_us
        self._seq = 0
        self._suspended: dict[str, KnownAccount] = {}

    def write(self, connection: Connection, batch: Sequence[Assessment]) -> None:
        """Keep what a batch tells of accounts, and open a case on each that resembles a suspended one."""
        about = [one for one in batch if one.request.event.kind is EventKind.ACCOUNT]
        if not about:
            return
        self._refresh(connection)
        told = {one.request.event.account.id: one for one in about if one.request.event.account is not None}
        before = accounts.known(connection, list(told))
        seen = []
        for account, one in told.items():
            its = _seen(one, before.get(account))
            found = self._resembling(its, one)
            fresh = [(closed, marks) for closed, marks in found if closed.id not in its.grounds]
            if fresh:
                its.grounds = [*its.grounds, *(closed.id for closed, _marks in fresh)][-MOST_GROUNDS:]
                self._open(connection, one, fresh)
            seen.append(its)
        accounts.keep(connection, seen)

    def _refresh(self, connection: Connection) -> None:
        """Take in what was decided on accounts since; numbers are read twice, as PostgreSQL shows them late."""
        news = accounts.suspensions_since(connection, self._seq - OVERLAP)
        if not news:
            return
        standing = accounts.known(connection, list({each.account for each in news if each.suspended}))
        for each in news:
            self._suspended.pop(each.account, None)
            if each.suspended and each.account in standing:
                self._suspended[each.account] = standing[each.account]
        self._seq = max(self._seq, news[-1].seq)

    def _resembling(self, its: KnownAccount, one: Assessment) -> list[tuple[KnownAccount, list[str]]]:
        account = one.request.event.account
        young = account is not None and account.age_days is not None and account.age_days < YOUNG_DAYS
        found = []
        for suspended in self._suspended.values():
            marks = list(_marks(its, suspended)) if suspended.id != its.id else []
            if len(marks) > 1 or (marks and (young or marks != ["handle"])):
                found.append((suspended, marks))
        return found[:MOST_GROUNDS]

    def _open(self, connection: Connection, one: Assessment, found: Sequence[tuple[KnownAccount, list[str]]]) -> None:
        event, now = one.request.event, now_us()
        assert event.account is not None
        reasons = [_reason(suspended, marks) for suspended, marks in found[:1]]
        hours = self._first_review_us / 3_600_000_000
        priority, why = score(Inputs(severity=_SEVERITY, deadline_hours=hours, match=len(found[0][1]) / len(_MARKS)))
        key = f"account:{event.account.id}"
        opened = cases.open_ids(connection, [key]).get(key)
        if opened is not None:
            cases.add_findings(connection, opened, reasons, priority, why)
            return
        new = NewCase(
            id=new_id("case"),
            subject_kind="account",
            subject_id=event.account.id,
            policy=POLICY,
            reasons=reasons,
            priority=priority,
            opened_at=now,
            deadline=now + self._first_review_us,
            verdicts=0,
            origin=CaseOrigin.CONTENT,
            language=event.language.replace("_", "-").partition("-")[0].lower(),
            priority_reasons=why,
            account=event.account.id,
        )
        cases.insert_many(connection, [new])


def _seen(one: Assessment, before: KnownAccount | None) -> KnownAccount:
    """Return what is known of the account now; what was not told stays as it was."""
    account = one.request.event.account
    assert account is not None
    signals = one.record.signals
    pictures = (each.value for each in signals if each.type == "pdq" and not each.variant)
    links = [each.value for each in signals if each.type == "url" and each.part == "account.bio"][:MOST_LINKS]
    known = before or KnownAccount(account.id, 0)
    return KnownAccount(
        account.id,
        now_us(),
        account.handle or known.handle,
        next(pictures, known.avatar),
        sorted(set(links)) or known.links,
        known.grounds,
    )


def _marks(its: KnownAccount, suspended: KnownAccount) -> Iterable[str]:
    form = handle_form(its.handle)
    if form and form == handle_form(suspended.handle):
        yield "handle"
    if its.avatar and suspended.avatar:
        bits = (int(its.avatar, 16) ^ int(suspended.avatar, 16)).bit_count()
        if bits <= AVATAR_BITS:
            yield "avatar"
    if set(its.links) & set(suspended.links):
        yield "links"


def _reason(suspended: KnownAccount, marks: Sequence[str]) -> Reason:
    english, arabic = ", ".join(_MARKS[mark][0] for mark in marks), "، ".join(_MARKS[mark][1] for mark in marks)
    name = isolated(suspended.handle or suspended.id)
    return Reason(
        RULE,
        POLICY,
        Action.HOLD,
        f"This account resembles the suspended account {name}: {english}. A person should look at it.",
        f"يشبه هذا الحساب الحساب الموقوف {name}: {arabic}. ينبغي أن ينظر فيه شخص.",
    )
