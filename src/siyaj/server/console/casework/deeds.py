"""What a person does with a case beside deciding it: pass on, hand over, escalate, ask, note; and taking back."""

from collections.abc import Callable

from litestar import Controller, Response, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath

from siyaj.model.errors import SiyajError
from siyaj.model.person import Permission, Person
from siyaj.moderation.runtime import Runtime
from siyaj.server.console.casework import dossier, panel, screen
from siyaj.server.console.casework.case import next_address, refused
from siyaj.server.console.page import redirect, render
from siyaj.server.console.session import AnyRequest, TheForm, ThePerson, TheRuntime
from siyaj.server.problems import STATUS


class DeedsController(Controller):
    path = "/"

    @post("/cases/{case:str}/skip", opt={"permission": Permission.DECIDE}, sync_to_thread=True)
    def skip(
        self, request: AnyRequest, runtime: TheRuntime, person: ThePerson, case: FromPath[str], form: TheForm
    ) -> Response[str]:
        version = panel.version_of(form)
        return _done(
            request,
            runtime,
            person,
            case,
            form,
            lambda: runtime.cases.release(case, person, version, _text(form, "why")),
        )

    @post("/cases/{case:str}/hand-over", opt={"permission": Permission.DECIDE}, sync_to_thread=True)
    def hand_over(
        self, request: AnyRequest, runtime: TheRuntime, person: ThePerson, case: FromPath[str], form: TheForm
    ) -> Response[str]:
        to, version = _text(form, "to"), panel.version_of(form)
        return _done(request, runtime, person, case, form, lambda: runtime.cases.hand_over(case, person, version, to))

    @post("/cases/{case:str}/escalate", opt={"permission": Permission.DECIDE}, sync_to_thread=True)
    def escalate(
        self, request: AnyRequest, runtime: TheRuntime, person: ThePerson, case: FromPath[str], form: TheForm
    ) -> Response[str]:
        version = panel.version_of(form)
        return _done(
            request,
            runtime,
            person,
            case,
            form,
            lambda: runtime.cases.escalate(case, person, version, _text(form, "why")),
        )

    @post("/cases/{case:str}/second-opinion", opt={"permission": Permission.DECIDE}, sync_to_thread=True)
    def second_opinion(
        self, request: AnyRequest, runtime: TheRuntime, person: ThePerson, case: FromPath[str], form: TheForm
    ) -> Response[str]:
        """The panel's draft is this person's opinion; somebody else decides without seeing it."""
        filled, version = panel.read(form), panel.version_of(form)
        draft = filled.draft
        if draft is None:
            return render(
                request,
                "casework/staged.html",
                case=runtime.cases.get(case),
                filled=filled,
                plan=None,
                refused="",
                proposal=screen.proposal,
                **screen.tools(runtime),
            )
        return _done(
            request,
            runtime,
            person,
            case,
            form,
            lambda: runtime.cases.ask_second_opinion(case, person, version, draft),
        )

    @post("/cases/{case:str}/notes", opt={"permission": Permission.SEE_CASES}, sync_to_thread=True)
    def note(
        self, request: AnyRequest, runtime: TheRuntime, person: ThePerson, case: FromPath[str], form: TheForm
    ) -> Response[str]:
        text, fault, status = _text(form, "text"), "", 200
        try:
            runtime.cases.note(case, person, text)
            text = ""
        except SiyajError as error:
            fault, status = screen.refusal(error), STATUS[error.code]
        found = dossier.read(runtime.database, case)
        return render(
            request,
            "casework/notes.html",
            status=status,
            case=found.case,
            found=found,
            typed=text,
            fault=fault,
            swap=True,
        )

    @post("/decisions/{decision:str}/undo", opt={"permission": Permission.DECIDE}, sync_to_thread=True)
    def undo(
        self, request: AnyRequest, runtime: TheRuntime, person: ThePerson, decision: FromPath[str]
    ) -> Response[str]:
        undone = runtime.decisions.undo(decision, person)
        return redirect(request, f"/console/cases/{undone.case}?undone=1")


def _done(
    request: AnyRequest, runtime: Runtime, person: Person, case: str, form: FormMultiDict, deed: Callable[[], object]
) -> Response[str]:
    """Do it and go on to the next case; or say on the spot why not."""
    try:
        deed()
    except SiyajError as error:
        return refused(request, runtime, person, case, form, error)
    return redirect(request, next_address(runtime, person))


def _text(form: FormMultiDict, field: str) -> str:
    return str(form.get(field) or "").strip()
