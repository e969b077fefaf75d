"""Decisions: the list with filters, pages and CSV, and one decision by itself."""

from collections.abc import Mapping

from litestar import Controller, Response, get
from litestar.params import FromPath
from litestar.response import Stream

from siyaj.model.action import ActionKind
from siyaj.model.decision import Decision, DecisionKind
from siyaj.model.person import Person
from siyaj.model.report import Subject, SubjectKind
from siyaj.moderation.runtime import Runtime
from siyaj.server.console import listing
from siyaj.server.console.casework import queue, screen, words
from siyaj.server.console.casework.dossier import names_of
from siyaj.server.console.casework.lists import SEE, celled, choices, subject_address
from siyaj.server.console.casework.table import Cell, cell, moment
from siyaj.server.console.i18n import N_
from siyaj.server.console.i18n import gettext as _
from siyaj.server.console.listing import Column, Fetch, Filter, Listing, query_of
from siyaj.server.console.page import render
from siyaj.server.console.session import AnyRequest, ThePerson, TheRuntime
from siyaj.storage import decisions, delivery_list
from siyaj.storage.decisions import DecisionFilter

DECISIONS = Listing(
    "decisions",
    "/console/decisions",
    "/console/decisions.csv",
    (
        Column("decision", lambda one: one.id),
        Column("action", lambda one: one.action, N_("Action")),
        Column("subject", lambda one: one.subject.key, N_("Subject")),
        Column("account", lambda one: one.account),
        Column("channel", lambda one: one.channel),
        Column("kind", lambda one: one.kind),
        Column("policy", lambda one: one.draft.policy, N_("Policy"), decisions.POLICY),
        Column("exemption", lambda one: one.draft.exemption),
        Column("language", lambda one: one.language),
        Column("decided_by", lambda one: one.decided_by, N_("Decided by"), decisions.DECIDED_BY),
        Column("decided_at", lambda one: one.decided_at, N_("When"), decisions.WHEN, down=True),
        Column("effective_at", lambda one: one.effective_at),
        Column("case", lambda one: one.case, N_("Case")),
        Column("superseded_by", lambda one: one.superseded_by),
    ),
    "-decided_at",
)
_FILTERS = ("action", "policy", "kind", "language", "mine", "text")


class DecisionsController(Controller):
    path = "/"

    @get("/decisions", opt=SEE, sync_to_thread=True)
    def decisions(self, request: AnyRequest, runtime: TheRuntime, person: ThePerson) -> Response[str]:
        query = query_of(request, *_FILTERS)
        options = queue.options(runtime.policy.taxonomy)
        filters = [
            Filter("action", _("Action"), choices(words.ACTIONS)),
            Filter("policy", _("Policy"), options["policy"]),
            Filter("kind", _("Kind"), choices(words.DECISIONS)),
            Filter("language", _("Language"), options["language"]),
            Filter("mine", _("Whose"), [("", _("Everybody's")), ("1", _("Mine"))]),
            Filter("text", _("Item, account or channel")),
        ]
        listed = listing.page(DECISIONS, request, query, filters, _decisions(runtime, query, person))
        with runtime.database.read() as connection:
            names = names_of(connection, [one.decided_by for one in listed.rows])
        return render(
            request,
            "casework/list.html",
            listed=celled(listed, [decision_row(one, names, runtime) for one in listed.rows]),
            title=_("Decisions"),
            about=_("What people and the policy decided. A decision is never changed; another one takes its place."),
            nothing=_("Nothing was decided yet."),
        )

    @get("/decisions.csv", opt=SEE, sync_to_thread=True)
    def decisions_csv(self, request: AnyRequest, runtime: TheRuntime, person: ThePerson) -> Stream:
        return listing.sheet(DECISIONS, request, _decisions(runtime, query_of(request, *_FILTERS), person))

    @get("/decisions/{decision:str}", opt=SEE, sync_to_thread=True)
    def decision(self, request: AnyRequest, runtime: TheRuntime, decision: FromPath[str]) -> Response[str]:
        made = runtime.decisions.get(decision)
        with runtime.database.read() as connection:
            names = names_of(connection, [made.decided_by])
            sent = delivery_list.of_decision(connection, decision)
        found = {"names": names, "deliveries": sent}
        return render(request, "casework/decision.html", made=made, found=found, **screen.tools(runtime))


def decision_row(one: Decision, names: Mapping[str, str], runtime: Runtime) -> list[Cell]:
    by = _("the policy") if one.decided_by == "policy" else names.get(one.decided_by, one.decided_by)
    tone = "bad" if one.action in (ActionKind.REMOVE, ActionKind.SUSPEND_ACCOUNT, ActionKind.CLOSE_CHANNEL) else ""
    kind = "" if one.kind is DecisionKind.FIRST else _(words.DECISIONS[one.kind])
    replaced = _("superseded") if one.superseded_by else ""
    shown = _(words.DECISIONS[one.kind]) if one.kind is DecisionKind.UNDO else _(words.ACTIONS[one.action])
    return [
        cell(
            shown, href=f"/console/decisions/{one.id}", tone="" if one.superseded_by else tone, under=replaced or kind
        ),
        cell(one.subject.id, href=subject_address(one.subject), under=_(words.SUBJECTS[one.subject.kind]), is_id=True),
        cell(words.policy(one.draft.policy, runtime.policy.taxonomy) or "—"),
        cell(by),
        moment(one.decided_at),
        cell(words.short(one.case), href=f"/console/cases/{one.case}", is_id=True) if one.case else cell("—"),
    ]


def _decisions(runtime: Runtime, query: Mapping[str, str], person: Person) -> Fetch[Decision]:
    text = query["text"].strip()
    kind, colon, subject_id = text.partition(":")
    subject = Subject(SubjectKind(kind), subject_id) if colon and subject_id and kind in list(SubjectKind) else None
    chosen = DecisionFilter(
        subject=subject or (Subject(SubjectKind.ITEM, text) if text else None),
        decided_by=person.id if query["mine"] else "",
        policy=query["policy"],
        language=query["language"] or None,
        action=queue.one_of(ActionKind, query["action"]),
        kind=queue.one_of(DecisionKind, query["kind"]),
    )
    return listing.of_table(runtime.database, decisions.those(chosen), listing.each(decisions.from_row))
