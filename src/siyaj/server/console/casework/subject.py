"""The page of a subject: an item or an account with its history. Channels have a page of their own, and this one."""

import msgspec
from litestar import Controller, Response, get

from siyaj.model.case import Case
from siyaj.model.errors import NotFound
from siyaj.model.person import Permission
from siyaj.model.queue import QueueFilter, QueueSort
from siyaj.model.report import Subject, SubjectKind
from siyaj.server.console.casework import content, queue, screen, words
from siyaj.server.console.casework.content import Content
from siyaj.server.console.casework.decided import decision_row
from siyaj.server.console.casework.dossier import names_of
from siyaj.server.console.page import render
from siyaj.server.console.session import AnyRequest, TheRuntime
from siyaj.storage import decisions, evidence, report_list, strikes, verdicts
from siyaj.storage import queue as cases
from siyaj.storage.database import Connection
from siyaj.storage.report_list import ReportFilter
from siyaj.storage.verdicts import Record, VerdictRow

MOST = 50


class SubjectController(Controller):
    path = "/subjects"

    @get("/", opt={"permission": Permission.SEE_CASES}, sync_to_thread=True)
    def page(self, request: AnyRequest, runtime: TheRuntime) -> Response[str]:
        kind = queue.one_of(SubjectKind, request.query_params.get("kind", ""))
        subject_id = request.query_params.get("id", "")[:256]
        if kind is None or not subject_id:
            raise NotFound("there is no such subject")
        subject = Subject(kind, subject_id)
        with runtime.database.read() as connection:
            found = _cases(connection, subject)
            made = decisions.touching(connection, subject, limit=MOST)
            marks = strikes.of_subject(connection, subject)
            told = report_list.page(connection, ReportFilter(subject=subject), None, MOST)
            kept = evidence.listed(connection, subject=subject, limit=MOST)
            seen = _verdicts(connection, subject)
            names = names_of(connection, [one.decided_by for one in made] + [one.holder for one in found if one.holder])
        if not (found or made or marks or told or kept or seen):
            raise NotFound(f"nothing is known of {kind.value} {subject_id!r}")
        return render(
            request,
            "casework/subject.html",
            subject=subject,
            cases=[queue.row(one, names, runtime.policy.taxonomy) for one in found],
            decisions=[decision_row(one, names, runtime) for one in made],
            marks=marks,
            reports=told,
            evidence=kept,
            verdicts=seen,
            shown=_content(seen),
            live=[one for one in marks if one.live(words.now())],
            **screen.tools(runtime),
        )


def _cases(connection: Connection, subject: Subject) -> list[Case]:
    """The subject's own cases; of an account or channel also those about its items."""
    chosen = [QueueFilter(subject=subject.key, sort=QueueSort.NEWEST)]
    if subject.kind is SubjectKind.ACCOUNT:
        chosen.append(QueueFilter(account=subject.id, sort=QueueSort.NEWEST))
    if subject.kind is SubjectKind.CHANNEL:
        chosen.append(QueueFilter(channel=subject.id, sort=QueueSort.NEWEST))
    found = {case.id: case for one in chosen for _place, case in cases.page(connection, one, None, MOST)}
    return sorted(found.values(), key=lambda case: case.opened_at, reverse=True)[:MOST]


def _verdicts(connection: Connection, subject: Subject) -> list[VerdictRow]:
    kinds = ("message", "media") if subject.kind is SubjectKind.ITEM else (subject.kind.value,)
    return [one for one in verdicts.by_event(connection, subject.id, limit=MOST) if one.kind in kinds]


def _content(seen: list[VerdictRow]) -> Content | None:
    """What the last check saw of it."""
    return content.content([msgspec.json.decode(seen[0].record, type=Record)], [], []) if seen else None
