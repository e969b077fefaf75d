"""`/appeal/{token}`: the statement of reasons, and the form by which somebody disagrees (DSA Articles 17 and 20).

Whoever has the link may appeal: no account, free of charge. The same link shows the answer later.
"""

from datetime import UTC, datetime

from litestar import Controller, Response, get, post
from litestar.params import FromPath

from siyaj.model.appeal import Appeal, AppealState, NewAppeal, Side
from siyaj.model.decision import Statement
from siyaj.model.errors import AppealClosed, NotFound
from siyaj.model.person import Locale
from siyaj.moderation.appeals import wording
from siyaj.moderation.appeals.appeals import Disputed
from siyaj.moderation.casework.planning import upheld
from siyaj.moderation.runtime import Runtime
from siyaj.server.console import i18n
from siyaj.server.console.i18n import gettext as _
from siyaj.server.console.page import redirect, render
from siyaj.server.console.session import AnyRequest, TheForm, TheRuntime, address_of
from siyaj.server.public.limit import limit_of

LONGEST = 20_000
LONGEST_CONTACT = 300


class AppealController(Controller):
    path = "/appeal"

    @get("/{token:str}", sync_to_thread=True)
    def show(self, request: AnyRequest, runtime: TheRuntime, token: FromPath[str]) -> Response[str]:
        return _page(request, runtime, token)

    @post("/{token:str}", sync_to_thread=True)
    def take(self, request: AnyRequest, runtime: TheRuntime, token: FromPath[str], form: TheForm) -> Response[str]:
        text, contact = _text(form.get("text")), _text(form.get("contact"))
        faults = {name: fault for name, fault in _checks(text, contact) if fault}
        if faults:
            return _page(request, runtime, token, text=text, contact=contact, faults=faults)
        limit_of(request, runtime.settings).spend(address_of(request))
        try:
            runtime.appeals.receive(NewAppeal(token, text, contact, i18n.current.get().value))
        except NotFound:
            return _no_page(request)
        except AppealClosed:
            if runtime.appeals.received(token) is None:
                return _page(request, runtime, token, closed=True)
        return redirect(request, f"/appeal/{token}")


def _checks(text: str, contact: str) -> list[tuple[str, str]]:
    long = _("This is too long.")
    return [
        ("text", "" if text else _("Say why the decision is wrong.")),
        ("text", long if len(text) > LONGEST else ""),
        ("contact", long if len(contact) > LONGEST_CONTACT else ""),
    ]


def _page(
    request: AnyRequest,
    runtime: Runtime,
    token: str,
    *,
    text: str = "",
    contact: str = "",
    faults: dict[str, str] | None = None,
    closed: bool = False,
) -> Response[str]:
    try:
        disputed = runtime.appeals.of_token(token)
        appeal = runtime.appeals.received(token)
    except (NotFound, AppealClosed):
        return _no_page(request)
    return render(
        request,
        "public/appeal.html",
        status=400 if faults else 200,
        token=token,
        is_reporter=disputed.side is Side.REPORTER,
        statement=_statement(disputed),
        statement_dir=i18n.direction(Locale(wording.language_of(disputed.statement.language))),
        told=_told(disputed),
        redress=disputed.statement.redress.partition(disputed.statement.appeal_url or "\n"),
        until=datetime.fromisoformat(disputed.until).replace(tzinfo=UTC),
        closed=closed or (appeal is None and _is_over(disputed)),
        appeal=appeal,
        answer=_answer(appeal),
        text=text,
        contact=contact,
        faults=faults or {},
        longest=LONGEST,
        longest_contact=LONGEST_CONTACT,
        labels={"text": _("Why is the decision wrong?"), "contact": _("Where shall we send the answer?")},
    )


def _no_page(request: AnyRequest) -> Response[str]:
    return render(request, "public/no_appeal.html", status=404)


def _statement(disputed: Disputed) -> Statement | None:
    """The statement is for the affected side; a reporter is told the outcome only."""
    return None if disputed.side is Side.REPORTER else disputed.statement


def _told(disputed: Disputed) -> str:
    if disputed.decision is None:
        return ""
    return wording.TOLD[i18n.current.get().value][upheld(disputed.decision.draft)]


def _is_over(disputed: Disputed) -> bool:
    changed = disputed.decision is not None and disputed.decision.superseded_by is not None
    return changed or datetime.now(UTC).date().isoformat() > disputed.until


def _answer(appeal: Appeal | None) -> str:
    """Return what was answered to an appeal, in the language of the page."""
    if appeal is None or appeal.state is AppealState.OPEN:
        return ""
    overturned = appeal.state is AppealState.OVERTURNED
    if any(appeal.outcome == texts[overturned] for texts in wording.APPEALED.values()):
        return wording.APPEALED[i18n.current.get().value][overturned]
    return appeal.outcome


def _text(value: object) -> str:
    return value.replace("\0", "").replace("\r\n", "\n").strip() if isinstance(value, str) else ""
