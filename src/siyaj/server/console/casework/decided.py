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
from siyaj.server.console.casework import paging, queue, screen, words
from siyaj.server.console.casework.dossier import names_of
from siyaj.server.console.casework.lists import EXPORTED, SEE, before_of, choices, listed_on, query_of, subject_address
from siyaj.server.console.casework.table import Cell, Filter, cell, moment
from siyaj.server.console.export import sheet
from siyaj.server.console.i18n import gettext as _
from siyaj.server.console.page import render
from siyaj.server.console.session import AnyRequest, ThePerson, TheRuntime
from siyaj.storage import deliveries
from siyaj.storage.decisions import DecisionFilter

DECISION_COLUMNS = (
    "decision case subject account channel kind action policy exemption language decided_by decided_at effective_at "
    "superseded_by"
)


class DecisionsController(Controller):
    path = "/"

    @get("/decisions", opt=SEE, sync_to_thread=True)
    def decisions(self, request: AnyRequest, runtime: TheRuntime, person: ThePerson) -> Response[str]:
        query = query_of(request, "action", "policy", "kind", "language", "mine", "text")
        found = runtime.decisions.page(_decisions(query, person), before_of(request), paging.PAGE + 1)
        more = str(found[paging.PAGE - 1][0]) if len(found) > paging.PAGE else ""
        made = [one for _number, one in found[: paging.PAGE]]
        with runtime.database.read() as connection:
            names = names_of(connection, [one.decided_by for one in made])
        options = queue.options(runtime.policy.taxonomy)
        listed = listed_on(
            request,
            "/console/decisions",
            query,
            more,
            title=_("Decisions"),
            about=_("What people and the policy decided. A decision is never changed; another one takes its place."),
            head=[_("Action"), _("Subject"), _("Policy"), _("Decided by"), _("When"), _("Case")],
            rows=[decision_row(one, names, runtime) for one in made],
            filters=[
                Filter("action", _("Action"), choices(words.ACTIONS)),
                Filter("policy", _("Policy"), options["policy"]),
                Filter("kind", _("Kind"), choices(words.DECISIONS)),
                Filter("language", _("Language"), options["language"]),
                Filter("mine", _("Whose"), [("", _("Everybody's")), ("1", _("Mine"))]),
                Filter("text", _("Item, account or channel")),
            ],
            nothing=_("Nothing was decided yet."),
        )
        return render(request, "casework/list.html", listed=listed)

    @get("/decisions.csv", opt=SEE, sync_to_thread=True)
    def decisions_csv(self, request: AnyRequest, runtime: TheRuntime, person: ThePerson) -> Stream:
        query = query_of(request, "action", "policy", "kind", "language", "mine", "text")
        found = runtime.decisions.page(_decisions(query, person), None, EXPORTED)
        rows = [
            (
                one.id,
                one.case,
                one.subject.key,
                one.account,
                one.channel,
                one.kind,
                one.action,
                one.draft.policy,
                one.draft.exemption,
                one.language,
                one.decided_by,
                one.decided_at,
                one.effective_at,
                one.superseded_by,
            )
            for _number, one in found
        ]
        return sheet("decisions", DECISION_COLUMNS.split(), rows)

    @get("/decisions/{decision:str}", opt=SEE, sync_to_thread=True)
    def decision(self, request: AnyRequest, runtime: TheRuntime, decision: FromPath[str]) -> Response[str]:
        made = runtime.decisions.get(decision)
        with runtime.database.read() as connection:
            names = names_of(connection, [made.decided_by])
            sent = deliveries.of_decision(connection, decision)
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


def _decisions(query: Mapping[str, str], person: Person) -> DecisionFilter:
    text = query["text"].strip()
    kind, colon, subject_id = text.partition(":")
    subject = Subject(SubjectKind(kind), subject_id) if colon and subject_id and kind in list(SubjectKind) else None
    return DecisionFilter(
        subject=subject or (Subject(SubjectKind.ITEM, text) if text else None),
        decided_by=person.id if query["mine"] else "",
        policy=query["policy"],
        language=query["language"] or None,
        action=queue.one_of(ActionKind, query["action"]),
        kind=queue.one_of(DecisionKind, query["kind"]),
    )
