"""The case: one screen on which a person sees all that there is, and decides."""

import contextlib
from typing import Any

import msgspec
from litestar import Controller, Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath

from siyaj.model.action import ActionKind
from siyaj.model.decision import DecisionKind, Draft, Exemption, Proposal
from siyaj.model.errors import NotFound, SiyajError
from siyaj.model.person import Permission, Person
from siyaj.moderation.evidence.explanation import explain
from siyaj.moderation.runtime import Runtime
from siyaj.server.console.casework import changed, dossier, panel, screen
from siyaj.server.console.casework.toast import toast
from siyaj.server.console.page import redirect, render
from siyaj.server.console.session import AnyRequest, TheForm, ThePerson, TheRuntime
from siyaj.server.problems import STATUS
from siyaj.storage import exhibits, verdicts
from siyaj.storage.decisions import DecisionFilter
from siyaj.storage.verdicts import Record


class CaseController(Controller):
    path = "/cases"

    @post("/next", opt={"permission": Permission.DECIDE}, sync_to_thread=True)
    def next(self, request: AnyRequest, runtime: TheRuntime, person: ThePerson) -> Response[str]:
        return redirect(request, next_address(runtime, person))

    @get("/{case:str}", opt={"permission": Permission.SEE_CASES}, sync_to_thread=True)
    def page(self, request: AnyRequest, runtime: TheRuntime, person: ThePerson, case: FromPath[str]) -> Response[str]:
        values = _taken_back(runtime, case) if request.query_params.get("undone") else None
        translates = request.app.state["translator"] is not None
        shown = screen.whole(runtime, person, case, values, translates=translates)
        runtime.cases.seen(case, person)
        return render(request, "casework/case.html", **shown, **toast(request, runtime, person))

    @post("/{case:str}/take", opt={"permission": Permission.DECIDE}, sync_to_thread=True)
    def take(self, request: AnyRequest, runtime: TheRuntime, person: ThePerson, case: FromPath[str]) -> Response[str]:
        runtime.cases.take(case, person)
        return redirect(request, f"/console/cases/{case}")

    @post("/{case:str}/renew", opt={"permission": Permission.DECIDE}, sync_to_thread=True)
    def renew(
        self, request: AnyRequest, runtime: TheRuntime, person: ThePerson, case: FromPath[str], form: TheForm
    ) -> Response[str]:
        """Keep the lease; say what changed since the screen was drawn, or that the lease is lost."""
        with contextlib.suppress(SiyajError):
            runtime.cases.renew(case, person)
        found = dossier.read(runtime.database, case)
        now = changed.seen(found.case, len(found.notes))
        return render(
            request,
            "casework/lease.html",
            case=found.case,
            lease=screen.lease(found.case, person, found.names),
            can_take=screen.may_take(found.case, person),
            changes=changed.changes(changed.decode(str(form.get("seen") or "")), now),
            beat=True,
            renew_ms=max(2_000, int(runtime.settings.lease_minutes * 60_000 / 5)),
        )

    @post("/{case:str}/preview", opt={"permission": Permission.DECIDE}, sync_to_thread=True)
    def preview(
        self, request: AnyRequest, runtime: TheRuntime, person: ThePerson, case: FromPath[str], form: TheForm
    ) -> Response[str]:
        return self._plan(request, runtime, person, case, form, "casework/preview.html")

    @post("/{case:str}/stage", opt={"permission": Permission.DECIDE}, sync_to_thread=True)
    def stage(
        self, request: AnyRequest, runtime: TheRuntime, person: ThePerson, case: FromPath[str], form: TheForm
    ) -> Response[str]:
        return self._plan(request, runtime, person, case, form, "casework/staged.html")

    def _plan(
        self,
        request: AnyRequest,
        runtime: TheRuntime,
        person: ThePerson,
        case: FromPath[str],
        form: TheForm,
        template: str,
    ) -> Response[str]:
        filled = panel.read(form)
        plan, refused = None, ""
        if filled.draft is not None:
            try:
                plan = runtime.decisions.preview(case, filled.draft, person)
            except SiyajError as error:
                refused = screen.refusal(error)
        if plan is not None and plan.deviates and not filled.values["deviation"]:
            filled.faults.append(panel.deviation_fault())
        proposed = _proposed(runtime, person, case, filled) if filled.draft is None else None
        shown = _planned(runtime, case, filled)
        return render(request, template, **shown, plan=plan, refused=refused, proposed=proposed)

    @post("/{case:str}/decide", opt={"permission": Permission.DECIDE}, sync_to_thread=True)
    def decide(
        self, request: AnyRequest, runtime: TheRuntime, person: ThePerson, case: FromPath[str], form: TheForm
    ) -> Response[str]:
        filled = panel.read(form)
        if filled.draft is None:
            return self._plan(request, runtime, person, case, form, "casework/staged.html")
        try:
            made = runtime.decisions.decide(case, filled.draft, person, panel.version_of(form))
        except SiyajError as error:
            return refused(request, runtime, person, case, form, error)
        said = f"decided={made.id}" if made is not None else "split=1"
        return redirect(request, f"{next_address(runtime, person)}?{said}")

    @get(
        "/{case:str}/explanations/{verdict:str}/{number:int}",
        opt={"permission": Permission.SEE_CASES},
        sync_to_thread=True,
    )
    def explanation(
        self, runtime: TheRuntime, case: FromPath[str], verdict: FromPath[str], number: FromPath[int]
    ) -> Response[bytes]:
        """Both sides of a match, grey and blurred."""
        with runtime.database.read() as connection:
            row = verdicts.get(connection, verdict)
            kept = exhibits.of_verdict(connection, verdict)
        matches = msgspec.json.decode(row.record, type=Record).matches if row is not None else []
        if not 0 <= number < len(matches):
            raise NotFound(f"there is no match {number} in case {case[:80]!r}")
        match = matches[number]
        return Response(explain(match, runtime.banks.entry(match.bank, match.entry), kept), media_type="image/png")


def next_address(runtime: Runtime, person: Person) -> str:
    """Lease the next case for a person; where there is none, the queue."""
    following = runtime.cases.next(person)
    return f"/console/cases/{following.id}" if following is not None else "/console/queue"


def refused(
    request: AnyRequest, runtime: Runtime, person: Person, case: str, form: FormMultiDict, error: SiyajError
) -> Response[str]:
    """Answer why a deed was not done, with what changed meanwhile. What was typed stays in the page; the version that
    the page sends next is the new one, for its reader has been told."""
    found = dossier.read(runtime.database, case)
    before, now = changed.decode(str(form.get("seen") or "")), changed.seen(found.case, len(found.notes))
    return render(
        request,
        "casework/refused.html",
        status=STATUS[error.code],
        message=screen.refusal(error),
        changes=changed.changes(before, now) if error.code in ("stale_version", "case_held") else [],
        case=found.case,
        seen=changed.encode(now),
        lease=screen.lease(found.case, person, found.names),
        can_take=screen.may_take(found.case, person),
    )


def _planned(runtime: Runtime, case: str, filled: panel.Filled) -> dict[str, Any]:
    there = runtime.cases.get(case)
    return {"case": there, "filled": filled, "proposal": screen.proposal, **screen.tools(runtime)}


def _proposed(runtime: Runtime, person: Person, case: str, filled: panel.Filled) -> Proposal | None:
    """Return what the ladder proposes before an action was chosen, so that one key takes it over."""
    values = filled.values
    if values["action"] or values["exemption"] != Exemption.NONE or not values["policy"]:
        return None
    draft = Draft(ActionKind.NONE, Exemption.NONE, policy=values["policy"])
    with contextlib.suppress(SiyajError):
        proposal = runtime.decisions.preview(case, draft, person).proposal
        return proposal if proposal.action is not None else None
    return None


def _taken_back(runtime: Runtime, case: str) -> dict[str, str] | None:
    """Return the draft of the decision that was just undone, to go on from."""
    made = [decision for _number, decision in runtime.decisions.page(DecisionFilter(case=case), limit=2)]
    if not made or made[0].kind is not DecisionKind.UNDO or made[0].supersedes is None:
        return None
    return screen.draft_values(runtime.decisions.get(made[0].supersedes).draft)
