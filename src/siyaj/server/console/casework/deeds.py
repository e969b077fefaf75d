"""What a person does with a case beside deciding it: pass on, hand over, escalate, ask, note; and taking back."""

from litestar import Controller, Response, post
from litestar.di import Provide
from litestar.params import FromPath

from siyaj.model.errors import SiyajError
from siyaj.model.person import Permission
from siyaj.server.console.casework import dossier, panel, screen
from siyaj.server.console.casework.asked import TheAsked, asked
from siyaj.server.console.page import redirect, render
from siyaj.server.console.session import AnyRequest, ThePerson, TheRuntime
from siyaj.server.problems import STATUS

DECIDE = {"permission": Permission.DECIDE}


class DeedsController(Controller):
    """Handlers of `/cases/{case}/…` ask for `asked`, which knows the case."""

    path = "/"
    dependencies = {"asked": Provide(asked, sync_to_thread=False)}  # noqa: RUF012  (so Litestar types it)

    @post("/cases/{case:str}/skip", opt=DECIDE, sync_to_thread=True)
    def skip(self, asked: TheAsked) -> Response[str]:
        return asked.done(lambda: asked.runtime.cases.release(*asked.seen, asked.text("why")))

    @post("/cases/{case:str}/hand-over", opt=DECIDE, sync_to_thread=True)
    def hand_over(self, asked: TheAsked) -> Response[str]:
        return asked.done(lambda: asked.runtime.cases.hand_over(*asked.seen, asked.text("to")))

    @post("/cases/{case:str}/escalate", opt=DECIDE, sync_to_thread=True)
    def escalate(self, asked: TheAsked) -> Response[str]:
        return asked.done(lambda: asked.runtime.cases.escalate(*asked.seen, asked.text("why")))

    @post("/cases/{case:str}/try-again", opt=DECIDE, sync_to_thread=True)
    def try_again(self, asked: TheAsked) -> Response[str]:
        return asked.done(lambda: asked.runtime.undelivered.try_again(*asked.seen))

    @post("/cases/{case:str}/accept", opt=DECIDE, sync_to_thread=True)
    def accept(self, asked: TheAsked) -> Response[str]:
        return asked.done(lambda: asked.runtime.undelivered.accept(*asked.seen, asked.text("why")))

    @post("/cases/{case:str}/second-opinion", opt=DECIDE, sync_to_thread=True)
    def second_opinion(self, asked: TheAsked) -> Response[str]:
        """The panel's draft is this person's opinion; somebody else decides without seeing it."""
        filled = panel.read(asked.form)
        draft = filled.draft
        if draft is None:
            return render(
                asked.request,
                "casework/staged.html",
                case=asked.runtime.cases.get(asked.case),
                filled=filled,
                plan=None,
                refused="",
                proposal=screen.proposal,
                **screen.tools(asked.runtime),
            )
        return asked.done(lambda: asked.runtime.cases.ask_second_opinion(*asked.seen, draft))

    @post("/cases/{case:str}/notes", opt={"permission": Permission.SEE_CASES}, sync_to_thread=True)
    def note(self, asked: TheAsked) -> Response[str]:
        text, fault, status = asked.text("text"), "", 200
        try:
            asked.runtime.cases.note(asked.case, asked.person, text)
            text = ""
        except SiyajError as error:
            fault, status = screen.refusal(error), STATUS[error.code]
        found = dossier.read(asked.runtime.database, asked.case)
        return render(
            asked.request,
            "casework/notes.html",
            status=status,
            case=found.case,
            found=found,
            typed=text,
            fault=fault,
            swap=True,
        )

    @post("/decisions/{decision:str}/undo", opt=DECIDE, sync_to_thread=True)
    def undo(
        self, request: AnyRequest, runtime: TheRuntime, person: ThePerson, decision: FromPath[str]
    ) -> Response[str]:
        undone = runtime.decisions.undo(decision, person)
        return redirect(request, f"/console/cases/{undone.case}?undone=1")
