"""Appeals and reports: lists with filters, pages and CSV; and what all lists have in common."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TypeVar

from litestar import Controller, Response, get
from litestar.response import Stream

from siyaj.model.appeal import Appeal, AppealState, Side
from siyaj.model.person import Permission
from siyaj.model.report import ReportReason, ReportState, Subject, SubjectKind
from siyaj.moderation.runtime import Runtime
from siyaj.server.console.casework import paging, queue, words
from siyaj.server.console.casework.table import Cell, Filter, Listed, cell, moment
from siyaj.server.console.export import sheet
from siyaj.server.console.i18n import gettext as _
from siyaj.server.console.page import render
from siyaj.server.console.session import AnyRequest, TheRuntime
from siyaj.storage import appeals, report_list
from siyaj.storage.report_list import Listing, ReportFilter

SEE = {"permission": Permission.SEE_CASES}
EXPORTED = 10_000
E = TypeVar("E", bound=StrEnum)


class ListsController(Controller):
    path = "/"

    @get("/appeals", opt=SEE, sync_to_thread=True)
    def appeals(self, request: AnyRequest, runtime: TheRuntime) -> Response[str]:
        query = query_of(request, "state", "side")
        found = _appeals(runtime, query, before_of(request), paging.PAGE + 1)
        more = str(found[paging.PAGE - 1][0]) if len(found) > paging.PAGE else ""
        listed = listed_on(
            request,
            "/console/appeals",
            query,
            more,
            title=_("Appeals"),
            about=_("Complaints against decisions. Somebody who did not decide before decides each of them."),
            head=[_("State"), _("What the appeal says"), _("Side"), _("Received"), _("Decided at"), _("Case")],
            rows=[_appeal(one) for _number, one in found[: paging.PAGE]],
            filters=[
                Filter("state", _("State"), choices(words.APPEALS)),
                Filter("side", _("Side"), choices(words.SIDES)),
            ],
            nothing=_("Nobody has appealed."),
        )
        return render(request, "casework/list.html", listed=listed)

    @get("/appeals.csv", opt=SEE, sync_to_thread=True)
    def appeals_csv(self, request: AnyRequest, runtime: TheRuntime) -> Stream:
        found = _appeals(runtime, query_of(request, "state", "side"), None, EXPORTED)
        head = "appeal decision case side state language received_at decided_at text outcome"
        rows = [
            (
                one.id,
                one.decision,
                one.case,
                one.side,
                one.state,
                one.language,
                one.received_at,
                one.decided_at,
                one.text,
                one.outcome,
            )
            for _number, one in found
        ]
        return sheet("appeals", head.split(), rows)

    @get("/reports", opt=SEE, sync_to_thread=True)
    def reports(self, request: AnyRequest, runtime: TheRuntime) -> Response[str]:
        query = query_of(request, "state", "reason", "kind", "case", "text")
        with runtime.database.read() as connection:
            found = report_list.page(connection, _reports(query), before_of(request), paging.PAGE + 1)
        more = str(found[paging.PAGE - 1].number) if len(found) > paging.PAGE else ""
        listed = listed_on(
            request,
            "/console/reports",
            query,
            more,
            title=_("Reports"),
            about=_("What was reported, by whom, and what the reporter was told."),
            head=[_("Reason"), _("What the reporter says"), _("Subject"), _("Reporter"), _("Received"), _("Outcome")],
            rows=[_report(one) for one in found[: paging.PAGE]],
            filters=[
                Filter("state", _("State"), choices(words.REPORT_STATES)),
                Filter("reason", _("Reason"), choices(words.REASONS)),
                Filter("kind", _("Subject"), choices(words.SUBJECTS)),
                Filter("text", _("Subject, reporter or receipt")),
            ],
            nothing=_("Nothing was reported."),
        )
        return render(request, "casework/list.html", listed=listed)

    @get("/reports.csv", opt=SEE, sync_to_thread=True)
    def reports_csv(self, request: AnyRequest, runtime: TheRuntime) -> Stream:
        with runtime.database.read() as connection:
            found = report_list.page(
                connection, _reports(query_of(request, "state", "reason", "kind", "case", "text")), None, EXPORTED
            )
        head = "subject reason reporter_kind reporter weight state case received_at text outcome"
        rows = [
            (
                one.report.subject.key,
                one.report.reason,
                one.report.reporter.kind,
                one.report.reporter.id,
                one.weight,
                one.report.state,
                one.report.case,
                one.report.received_at,
                one.report.text,
                one.report.outcome,
            )
            for one in found
        ]
        return sheet("reports", head.split(), rows)


def subject_address(subject: Subject) -> str:
    return paging.address("/console/subjects", {"kind": subject.kind.value, "id": subject.id})


def listed_on(
    request: AnyRequest,
    path: str,
    query: dict[str, str],
    more: str,
    *,
    title: str,
    about: str,
    head: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    filters: Sequence[Filter],
    nothing: str,
) -> Listed:
    return Listed(
        title=title,
        about=about,
        head=head,
        rows=rows,
        filters=filters,
        query=query,
        path=paging.address(path, query),
        export=paging.address(f"{path}.csv", query),
        following=paging.address(path, query, before=more) if more else "",
        first=not request.query_params.get("before"),
        nothing=nothing,
    )


def _appeal(one: Appeal) -> list[Cell]:
    tone = {AppealState.OPEN: "warn", AppealState.OVERTURNED: "info"}.get(one.state, "")
    said = one.text if len(one.text) < 160 else f"{one.text[:160]}…"
    return [
        cell(_(words.APPEALS[one.state]), tone=tone),
        cell(said, href=f"/console/cases/{one.case}"),
        cell(_(words.SIDES[one.side])),
        moment(one.received_at),
        moment(one.decided_at) if one.decided_at else cell("—"),
        cell(words.short(one.case), href=f"/console/cases/{one.case}", is_id=True),
    ]


def _report(one: Listing) -> list[Cell]:
    report = one.report
    said = report.text if len(report.text) < 160 else f"{report.text[:160]}…"
    weight = _("counts %(share)s") % {"share": words.share(one.weight / 100)} if one.weight != 100 else ""
    return [
        cell(
            _(words.REASONS[report.reason]),
            tone="bad" if report.reason is ReportReason.THREAT_TO_LIFE else "",
            under=weight,
        ),
        cell(said or "—", href=f"/console/cases/{report.case}" if report.case else ""),
        cell(
            report.subject.id,
            href=subject_address(report.subject),
            under=_(words.SUBJECTS[report.subject.kind]),
            is_id=True,
        ),
        cell(report.reporter.name or report.reporter.id or "—", under=_(words.REPORTERS[report.reporter.kind])),
        moment(report.received_at),
        cell(report.outcome or _(words.REPORT_STATES[report.state])),
    ]


def choices(said: Mapping[E, str]) -> list[tuple[str, str]]:
    return [("", _("All")), *((one.value, _(label)) for one, label in said.items() if label)]


def query_of(request: AnyRequest, *fields: str) -> dict[str, str]:
    return {field: str(request.query_params.get(field) or "")[:300] for field in fields}


def before_of(request: AnyRequest) -> int | None:
    given = request.query_params.get("before", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 19 else None


def _appeals(runtime: Runtime, query: Mapping[str, str], before: int | None, limit: int) -> list[tuple[int, Appeal]]:
    state, side = queue.one_of(AppealState, query["state"]), queue.one_of(Side, query["side"])
    with runtime.database.read() as connection:
        return appeals.page(connection, state=state, side=side, before=before, limit=limit)


def _reports(query: Mapping[str, str]) -> ReportFilter:
    return ReportFilter(
        state=queue.one_of(ReportState, query["state"]),
        reason=queue.one_of(ReportReason, query["reason"]),
        kind=queue.one_of(SubjectKind, query["kind"]),
        case=query["case"],
        text=query["text"].strip(),
    )
