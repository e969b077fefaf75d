"""`/receipt/{receipt}`: what became of a report, for whoever has its receipt (DSA Article 16(4) and (5))."""

from litestar import Controller, Response, get
from litestar.params import FromPath

from siyaj.model.appeal import Side
from siyaj.model.decision import Decision
from siyaj.model.errors import NotFound
from siyaj.model.report import Report, ReportState
from siyaj.moderation.appeals import wording
from siyaj.moderation.casework.planning import upheld
from siyaj.server.console import i18n
from siyaj.server.console.i18n import gettext as _
from siyaj.server.console.page import redirect, render
from siyaj.server.console.session import AnyRequest, TheRuntime
from siyaj.server.public.fields import KINDS
from siyaj.storage import cases, decisions


class ReceiptController(Controller):
    path = "/receipt"

    @get("/", sync_to_thread=False)
    def ask(self, request: AnyRequest) -> Response[str]:
        """Ask for a receipt, and go to its page."""
        asked = request.query_params.get("receipt", "").strip()
        if asked.replace("-", "").replace("_", "").isalnum() and asked.isascii() and len(asked) < 100:
            return redirect(request, f"/receipt/{asked}")
        return render(request, "public/receipts.html", asked=asked[:100])

    @get("/{receipt:str}", sync_to_thread=True)
    def show(self, request: AnyRequest, runtime: TheRuntime, receipt: FromPath[str]) -> Response[str]:
        try:
            report = runtime.reports.get(receipt)
        except NotFound:
            return render(request, "public/receipts.html", status=404, asked=receipt[:100])
        with runtime.database.read() as connection:
            case = cases.get(connection, report.case or "")
            decision = decisions.get(connection, case.decision) if case and case.decision else None
        return render(
            request,
            "public/receipt.html",
            report=report,
            kind=KINDS[report.subject.kind],
            outcome=told(report),
            is_open=report.state is ReportState.OPEN,
            appeal=_appeal(runtime, report, decision),
        )


def told(report: Report) -> str:
    """Return the outcome in the language of the page, where it is one of ours."""
    for texts in wording.TOLD.values():
        for agrees, text in texts.items():
            if text == report.outcome:
                return wording.TOLD[i18n.current.get().value][agrees]
    return report.outcome or _("A decision was made.")


def _appeal(runtime: TheRuntime, report: Report, decision: Decision | None) -> str:
    """Return where the reporter may complain that nothing was done (DSA Article 20(1)); else empty."""
    if report.state is ReportState.OPEN or decision is None or decision.superseded_by is not None:
        return ""
    return "" if upheld(decision.draft) else runtime.appeals.link(decision.id, Side.REPORTER)
