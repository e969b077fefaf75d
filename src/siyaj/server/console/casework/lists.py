"""Appeals and reports: lists as a table of cells."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeVar

from litestar import Controller, Response, get
from litestar.response import Stream

from siyaj.model.appeal import Appeal, AppealState, Side
from siyaj.model.person import Permission
from siyaj.model.report import ReportReason, ReportState, Subject, SubjectKind
from siyaj.moderation.runtime import Runtime
from siyaj.server.console import listing
from siyaj.server.console.casework import queue, words
from siyaj.server.console.casework.table import Cell, cell, moment
from siyaj.server.console.i18n import N_
from siyaj.server.console.i18n import gettext as _
from siyaj.server.console.listing import Column, Fetch, Filter, Listed, Listing, query_of
from siyaj.server.console.page import render
from siyaj.server.console.session import AnyRequest, TheRuntime
from siyaj.storage import appeals, report_list

SEE = {"permission": Permission.SEE_CASES}
LONGEST = 160
"""Signs of what somebody wrote that a list shows."""
E = TypeVar("E", bound=StrEnum)

APPEALS = Listing(
    "appeals",
    "/console/appeals",
    "/console/appeals.csv",
    (
        Column("appeal", lambda one: one.id),
        Column("decision", lambda one: one.decision),
        Column("case", lambda one: one.case),
        Column("state", lambda one: one.state, N_("State"), appeals.STATE),
        Column("text", lambda one: one.text, N_("What the appeal says")),
        Column("side", lambda one: one.side, N_("Side")),
        Column("received_at", lambda one: one.received_at, N_("Received"), appeals.RECEIVED, down=True),
        Column("decided_at", lambda one: one.decided_at, N_("Decided at"), appeals.DECIDED, down=True),
        Column("", None, N_("Case")),
        Column("language", lambda one: one.language),
        Column("outcome", lambda one: one.outcome),
    ),
    "-received_at",
)
REPORTS = Listing(
    "reports",
    "/console/reports",
    "/console/reports.csv",
    (
        Column("reason", lambda one: one.report.reason, N_("Reason"), report_list.REASON),
        Column("text", lambda one: one.report.text, N_("What the reporter says")),
        Column("subject", lambda one: one.report.subject.key, N_("Subject")),
        Column("reporter_kind", lambda one: one.report.reporter.kind),
        Column("reporter", lambda one: one.report.reporter.id, N_("Reporter")),
        Column("weight", lambda one: one.weight, N_("Weight"), report_list.WEIGHT, down=True),
        Column("received_at", lambda one: one.report.received_at, N_("Received"), report_list.RECEIVED, down=True),
        Column("outcome", lambda one: one.report.outcome, N_("Outcome")),
        Column("state", lambda one: one.report.state),
        Column("case", lambda one: one.report.case),
    ),
    "-received_at",
)
_APPEAL_FILTERS = ("state", "side")
_REPORT_FILTERS = ("state", "reason", "kind", "case", "text")


class ListsController(Controller):
    path = "/"

    @get("/appeals", opt=SEE, sync_to_thread=True)
    def appeals(self, request: AnyRequest, runtime: TheRuntime) -> Response[str]:
        query = query_of(request, *_APPEAL_FILTERS)
        filters = [
            Filter("state", _("State"), choices(words.APPEALS)),
            Filter("side", _("Side"), choices(words.SIDES)),
        ]
        listed = listing.page(APPEALS, request, query, filters, _appeals(runtime, query))
        return render(
            request,
            "casework/list.html",
            listed=celled(listed, [_appeal(one) for one in listed.rows]),
            title=_("Appeals"),
            about=_("Complaints against decisions. Somebody who did not decide before decides each of them."),
            nothing=_("Nobody has appealed."),
        )

    @get("/appeals.csv", opt=SEE, sync_to_thread=True)
    def appeals_csv(self, request: AnyRequest, runtime: TheRuntime) -> Stream:
        return listing.sheet(APPEALS, request, _appeals(runtime, query_of(request, *_APPEAL_FILTERS)))

    @get("/reports", opt=SEE, sync_to_thread=True)
    def reports(self, request: AnyRequest, runtime: TheRuntime) -> Response[str]:
        query = query_of(request, *_REPORT_FILTERS)
        filters = [
            Filter("state", _("State"), choices(words.REPORT_STATES)),
            Filter("reason", _("Reason"), choices(words.REASONS)),
            Filter("kind", _("Subject"), choices(words.SUBJECTS)),
            Filter("text", _("Subject, reporter or receipt")),
        ]
        listed = listing.page(REPORTS, request, query, filters, _reports(runtime, query))
        return render(
            request,
            "casework/list.html",
            listed=celled(listed, [_report(one) for one in listed.rows]),
            title=_("Reports"),
            about=_("What was reported, by whom, and what the reporter was told."),
            nothing=_("Nothing was reported."),
        )

    @get("/reports.csv", opt=SEE, sync_to_thread=True)
    def reports_csv(self, request: AnyRequest, runtime: TheRuntime) -> Stream:
        return listing.sheet(REPORTS, request, _reports(runtime, query_of(request, *_REPORT_FILTERS)))


def subject_address(subject: Subject) -> str:
    return listing.address("/console/subjects", {"kind": subject.kind.value, "id": subject.id})


def celled(listed: Listed[Any], rows: list[list[Cell]]) -> Listed[list[Cell]]:
    listed.rows = rows
    return listed


def choices(said: Mapping[E, str]) -> list[tuple[str, str]]:
    return [("", _("All")), *((one.value, _(label)) for one, label in said.items() if label)]


def _appeal(one: Appeal) -> list[Cell]:
    tone = {AppealState.OPEN: "warn", AppealState.OVERTURNED: "info"}.get(one.state, "")
    return [
        cell(_(words.APPEALS[one.state]), tone=tone),
        cell(_cut(one.text), href=f"/console/cases/{one.case}"),
        cell(_(words.SIDES[one.side])),
        moment(one.received_at),
        moment(one.decided_at) if one.decided_at else cell("—"),
        cell(words.short(one.case), href=f"/console/cases/{one.case}", is_id=True),
    ]


def _report(one: report_list.Listing) -> list[Cell]:
    report = one.report
    return [
        cell(_(words.REASONS[report.reason]), tone="bad" if report.reason is ReportReason.THREAT_TO_LIFE else ""),
        cell(_cut(report.text) or "—", href=f"/console/cases/{report.case}" if report.case else ""),
        cell(
            report.subject.id,
            href=subject_address(report.subject),
            under=_(words.SUBJECTS[report.subject.kind]),
            is_id=True,
        ),
        cell(report.reporter.name or report.reporter.id or "—", under=_(words.REPORTERS[report.reporter.kind])),
        cell(words.weight(one.weight) or _("counts as an ordinary report")),
        moment(report.received_at),
        cell(report.outcome or _(words.REPORT_STATES[report.state])),
    ]


def _cut(text: str) -> str:
    return text if len(text) < LONGEST else f"{text[:LONGEST]}…"


def _appeals(runtime: Runtime, query: Mapping[str, str]) -> Fetch[Appeal]:
    those = appeals.those(queue.one_of(AppealState, query["state"]), queue.one_of(Side, query["side"]))
    return listing.of_table(runtime.database, those, listing.each(appeals.from_row))


def _reports(runtime: Runtime, query: Mapping[str, str]) -> Fetch[report_list.Listing]:
    chosen = report_list.ReportFilter(
        state=queue.one_of(ReportState, query["state"]),
        reason=queue.one_of(ReportReason, query["reason"]),
        kind=queue.one_of(SubjectKind, query["kind"]),
        case=query["case"],
        text=query["text"].strip(),
    )
    return listing.of_table(runtime.database, report_list.those(chosen), listing.each(report_list.from_row))
