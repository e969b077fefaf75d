"""The queue: what waits, the most urgent first; filtered, sorted, paged, exported, and fresh within a second."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar

from litestar import Controller, Response, get
from litestar.response import Stream
from msgspec import Struct
from sqlalchemy import func, select

from siyaj.model.case import Case, CaseOrigin, CaseState, Level, SecondOpinion
from siyaj.model.person import Permission, Person
from siyaj.model.queue import QueueFilter, QueueSort
from siyaj.model.report import SubjectKind
from siyaj.moderation.runtime import Runtime
from siyaj.policy.taxonomy import Category
from siyaj.server.console.casework import keys, paging, words
from siyaj.server.console.casework.dossier import names_of
from siyaj.server.console.casework.toast import toast
from siyaj.server.console.export import sheet
from siyaj.server.console.i18n import N_
from siyaj.server.console.i18n import gettext as _
from siyaj.server.console.page import render
from siyaj.server.console.session import AnyRequest, ThePerson, TheRuntime
from siyaj.storage import queue
from siyaj.storage.database import Connection
from siyaj.storage.tables import cases, decisions, reports

CHUNK = 1_000
"""Cases that an export reads at once."""
FIELDS = (
    "state",
    "whose",
    "language",
    "policy",
    "kind",
    "level",
    "origin",
    "overdue",
    "urgent",
    "failed",
    "text",
    "sort",
)
EXPORT = "case subject state origin policy language priority urgent reach reports verdicts opened_at deadline closed_at"
SORTS = {
    QueueSort.PRIORITY: N_("Most urgent first"),
    QueueSort.DEADLINE: N_("Nearest deadline first"),
    QueueSort.OLDEST: N_("Oldest first"),
    QueueSort.NEWEST: N_("Newest first"),
    QueueSort.CLOSED: N_("Closed last first"),
}
LANGUAGES = ("ar", "en", "fa", "ur", "ku", "tr", "fr", "de", "ru")
"""Offered as filters; any other can be written into the address."""


class Whose(StrEnum):
    ALL = ""
    HELD = "held"
    GIVEN = "given"


WHOSE = {Whose.ALL: N_("Everybody's"), Whose.HELD: N_("Held by me"), Whose.GIVEN: N_("Handed to me")}


class Row(Struct):
    """A case as the list shows it."""

    case: Case
    number: str
    subject: str
    why: str
    policy: str
    language: str
    remaining: str
    tone: str
    """`bad` when late, `warn` when the deadline is near, else empty."""
    holder: str
    """Who holds it now; empty: nobody."""


class QueueController(Controller):
    path = "/"

    @get("/queue", opt={"permission": Permission.SEE_CASES}, sync_to_thread=True)
    def page(self, request: AnyRequest, runtime: TheRuntime, person: ThePerson) -> Response[str]:
        query = _query(request)
        chosen = chosen_by(query, person)
        with runtime.database.read() as connection:
            found = queue.page(connection, chosen, paging.place(request.query_params.get("after", "")), paging.PAGE + 1)
            names = holders(connection, [case for _at, case in found])
            news = newest(connection)
            counted = queue.count(connection, chosen)
            failed = queue.failed(connection)
        more = found[paging.PAGE - 1][0] if len(found) > paging.PAGE else None
        taxonomy = runtime.policy.taxonomy
        return render(
            request,
            "casework/queue.html",
            rows=[row(case, names, taxonomy) for _at, case in found[: paging.PAGE]],
            query=query,
            following=paging.address("/console/queue", query, after=paging.cursor(more)) if more else "",
            first=not request.query_params.get("after"),
            export=paging.address("/console/queue.csv", query),
            news_address=paging.address("/console/queue/news", query, since=news),
            rows_address=paging.address("/console/queue", query),
            counted=counted,
            failed=failed,
            waiting=runtime.cases.waiting(person) if person.may(Permission.DECIDE) else 0,
            mentions=len(runtime.cases.mentions(person)),
            options=options(taxonomy),
            badges=badges,
            keys=keys,
            words=words,
            **toast(request, runtime, person),
        )

    @get("/queue/news", opt={"permission": Permission.SEE_CASES}, sync_to_thread=True)
    def news(self, request: AnyRequest, runtime: TheRuntime, person: ThePerson) -> Response[str]:
        """Answer 204 while nothing came in; else the new count, and word to the page that its rows are old."""
        query = _query(request)
        with runtime.database.read() as connection:
            now = newest(connection)
            if now == request.query_params.get("since"):
                return Response("", status_code=204)
            counted = queue.count(connection, chosen_by(query, person))
        answer = render(
            request,
            "casework/news.html",
            counted=counted,
            news_address=paging.address("/console/queue/news", query, since=now),
        )
        answer.headers["hx-trigger-after-settle"] = "queue-changed"
        return answer

    @get("/queue.csv", opt={"permission": Permission.SEE_CASES}, sync_to_thread=True)
    def export(self, request: AnyRequest, runtime: TheRuntime, person: ThePerson) -> Stream:
        rows = (
            (
                case.id,
                case.subject.key,
                case.state,
                case.origin,
                case.policy,
                case.language,
                case.priority,
                case.urgent,
                case.reach,
                case.reports,
                case.verdicts,
                case.opened_at,
                case.deadline,
                case.closed_at,
            )
            for case in _all(runtime, chosen_by(_query(request), person))
        )
        return sheet("cases", EXPORT.split(), rows)

    @get("/mentions", opt={"permission": Permission.SEE_CASES}, sync_to_thread=True)
    def mentions(self, request: AnyRequest, runtime: TheRuntime, person: ThePerson) -> Response[str]:
        notes = runtime.cases.mentions(person)
        with runtime.database.read() as connection:
            names = names_of(connection, [note.person for note in notes])
        return render(request, "casework/mentions.html", notes=notes, names=names, words=words)


E = TypeVar("E", bound=StrEnum)


def _all(runtime: Runtime, chosen: QueueFilter) -> Iterator[Case]:
    """Yield all of them; each chunk is a reading of its own, so that none lasts long."""
    after: queue.Place | None = None
    while True:
        with runtime.database.read() as connection:
            found = queue.page(connection, chosen, after, CHUNK)
        yield from (case for _at, case in found)
        if len(found) < CHUNK:
            return
        after = found[-1][0]


def _query(request: AnyRequest) -> dict[str, str]:
    return {field: str(request.query_params.get(field) or "")[:300] for field in FIELDS}


def one_of(kind: type[E], value: str) -> E | None:
    return kind(value) if value in {each.value for each in kind} else None


def chosen_by(query: Mapping[str, str], person: Person) -> QueueFilter:
    """Read the filters; a value that is none of those offered is left out. Open cases unless it says otherwise."""
    state = None if query["state"] == "all" or query["failed"] else one_of(CaseState, query["state"]) or CaseState.OPEN
    sort = one_of(QueueSort, query["sort"]) or QueueSort.PRIORITY
    return QueueFilter(
        state=state,
        language=query["language"] or None,
        policy=query["policy"],
        kind=one_of(SubjectKind, query["kind"]),
        level=one_of(Level, query["level"]),
        origin=one_of(CaseOrigin, query["origin"]),
        holder=person.id if query["whose"] == Whose.HELD else "",
        assignee=person.id if query["whose"] == Whose.GIVEN else "",
        overdue=bool(query["overdue"]),
        urgent=bool(query["urgent"]),
        failed=bool(query["failed"]),
        text=query["text"].strip(),
        sort=QueueSort.PRIORITY if sort is QueueSort.CLOSED and state is CaseState.OPEN else sort,
    )


def newest(connection: Connection) -> str:
    """Return what grows with whatever changes the queue: three looks at the ends of indexes."""
    ends = [connection.execute(select(func.max(table.c.seq))).scalar() or 0 for table in (cases, reports, decisions)]
    return ".".join(map(str, ends))


def holders(connection: Connection, shown: Sequence[Case]) -> dict[str, str]:
    return names_of(connection, [case.holder for case in shown if case.holder])


def row(case: Case, names: Mapping[str, str], taxonomy: Sequence[Category], now: datetime | None = None) -> Row:
    now = now or datetime.now(UTC)
    running = case.held_until is not None and case.held_until > now
    return Row(
        case=case,
        number=words.short(case.id),
        subject=_(words.SUBJECTS[case.subject.kind]),
        why=words.reason_text(case.reasons[0].text, case.reasons[0].text_ar) if case.reasons else "",
        policy=words.policy(case.policy, taxonomy),
        language=words.language(case.language) if case.language else "",
        remaining=words.remaining(case, now) if case.state is CaseState.OPEN else _(words.STATES[case.state]),
        tone=tone(case, now),
        holder=names.get(case.holder, "") if running and case.holder else "",
    )


def tone(case: Case, now: datetime) -> str:
    if case.state is not CaseState.OPEN:
        return ""
    left = (case.deadline - now).total_seconds()
    return "bad" if left < 0 else "warn" if left < 4 * 3_600 else ""


def options(taxonomy: Sequence[Category]) -> dict[str, list[tuple[str, str]]]:
    """Return what each filter offers: (value, label)."""
    everything = ("", _("All"))
    return {
        "state": [("", _("Open")), ("closed", _("Closed")), ("all", _("All"))],
        "whose": [(one.value, _(label)) for one, label in WHOSE.items()],
        "language": [everything, *((tag, words.language(tag)) for tag in LANGUAGES)],
        "policy": [everything, *((one.code, words.reason_text(one.title, one.title_ar)) for one in taxonomy)],
        "kind": [everything, *((one.value, _(label)) for one, label in words.SUBJECTS.items())],
        "level": [everything, *((one.value, _(label)) for one, label in words.LEVELS.items())],
        "origin": [everything, *((one.value, _(label)) for one, label in words.ORIGINS.items())],
        "sort": [(one.value, _(label)) for one, label in SORTS.items()],
    }


def badges(case: Case) -> list[tuple[str, str]]:
    """Return (tone, words) of what sets a case apart."""
    found = []
    if case.urgent:
        found.append(("bad", _("Threat to life")))
    if case.origin is not CaseOrigin.CONTENT:
        found.append(("info", _(words.ORIGINS[case.origin])))
    if case.undelivered is not None:
        found.append(("bad", _("Not carried out")))
    if case.level is Level.LEAD:
        found.append(("accent", _("Escalated")))
    if case.second_opinion is not SecondOpinion.NONE:
        found.append(("accent", _(words.SECOND[case.second_opinion])))
    return found
