"""`/console/endpoints`: where actions go, how each of them fares, and another try for those that failed."""

from collections.abc import Iterator
from typing import Annotated, Any

from litestar import Controller, Response, get, post
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream

from siyaj.delivery.addresses import check_url
from siyaj.model.action import DeliveryState
from siyaj.model.clock import now_us
from siyaj.model.errors import InvalidRequest, UserError
from siyaj.model.person import Permission
from siyaj.moderation.runtime import Runtime
from siyaj.server.console.casework import words
from siyaj.server.console.export import sheet
from siyaj.server.console.i18n import N_, ngettext
from siyaj.server.console.i18n import gettext as _
from siyaj.server.console.page import redirect, render
from siyaj.server.console.session import AnyRequest, TheForm, TheRuntime, TheVisit
from siyaj.storage import audit, deliveries, endpoints
from siyaj.storage.endpoints import EndpointKind

PAGE = 50
KEEPS_SIGNING_US = 24 * 3_600_000_000
"""A secret that was replaced signs beside the new one for so long."""
_DONE = {"disable": N_("Nothing is sent there any more."), "enable": N_("Actions are sent there again.")}

State = Annotated[str, QueryParameter(max_length=20)]
Endpoint = Annotated[str, QueryParameter(max_length=100)]
Before = Annotated[int | None, QueryParameter(ge=0)]


class EndpointsController(Controller):
    path = "/endpoints"
    opt = {"permission": Permission.KEEP_ENDPOINTS}  # noqa: RUF012  (so Litestar types it)

    @get("/", sync_to_thread=True)
    def all(
        self,
        request: AnyRequest,
        runtime: TheRuntime,
        delivery: State = "",
        endpoint: Endpoint = "",
        before: Before = None,
    ) -> Response[str]:
        return _page(request, runtime, delivery, endpoint, before)

    @get("/export", sync_to_thread=True)
    def export(self, runtime: TheRuntime, delivery: State = "", endpoint: Endpoint = "") -> Stream:
        header = ["action", "kind", "endpoint", "state", "attempts", "next_at", "delivered_at", "error", "answer"]
        return sheet("deliveries", header, _rows(runtime, delivery, endpoint))

    @post("/", sync_to_thread=True)
    def add(self, request: AnyRequest, runtime: TheRuntime, visit: TheVisit, form: TheForm) -> Response[str]:
        """A webhook, or a platform that asks. Adaptors with tokens are added on the command line, which reads files."""
        name, url = str(form.get("name") or "").strip(), str(form.get("url") or "").strip()
        private = form.get("private") == "yes"
        try:
            kind = EndpointKind.WEBHOOK if url else EndpointKind.POLL
            if url:
                check_url(url, allow_private=private)
            with runtime.database.begin() as connection:
                made, secret = endpoints.add(connection, runtime.keyring, name, kind, url, allow_private=private)
                audit.write(connection, _who(visit), "endpoint.add", made.id, name=name, kind=kind.value, url=url)
        except UserError as error:
            return _page(request, runtime, problem=str(error), given=form)
        return _page(request, runtime, secret=secret, secret_of=made.name)

    @post("/replay", sync_to_thread=True)
    def replay(self, request: AnyRequest, runtime: TheRuntime, visit: TheVisit, form: TheForm) -> Response[str]:
        """One action, or all that failed at one endpoint, or all."""
        action, endpoint = str(form.get("action") or ""), str(form.get("endpoint") or "")
        with runtime.database.begin() as connection:
            again, late = deliveries.replay(connection, endpoint=endpoint, action=action)
            subject = action or endpoint or "all"
            audit.write(connection, _who(visit), "delivery.replay", subject, again=again, left_alone=late)
        done = ngettext("%(number)s is tried again.", "%(number)s are tried again.", again) % {"number": again}
        if late:
            done += " " + _("Left alone, because a later action on the same subject has arrived: %(number)s") % {
                "number": late
            }
        return _page(request, runtime, done=done)

    @post("/{endpoint:str}/{deed:str}", sync_to_thread=True)
    def do(
        self,
        request: AnyRequest,
        runtime: TheRuntime,
        visit: TheVisit,
        endpoint: FromPath[str],
        deed: FromPath[str],
    ) -> Response[str]:
        """`disable`, `enable`, or `rotate` the signing secret."""
        if deed not in ("disable", "enable", "rotate"):
            raise InvalidRequest(f"{deed[:40]!r} is nothing that can be done")
        secret = ""
        with runtime.database.begin() as connection:
            found = endpoints.get(connection, endpoint)
            if deed == "disable":
                endpoints.disable(connection, found.id, f"by {_who(visit)}")
            elif deed == "enable":
                endpoints.enable(connection, found.id)
            else:
                secret = endpoints.rotate(connection, runtime.keyring, found.id, now_us() + KEEPS_SIGNING_US)
            audit.write(connection, _who(visit), f"endpoint.{deed}", found.id, name=found.name)
        if secret:
            return _page(request, runtime, secret=secret, secret_of=found.name)
        return redirect(request, f"/console/endpoints?done={deed}")


def _page(
    request: AnyRequest,
    runtime: Runtime,
    delivery: str = "",
    endpoint: str = "",
    before: int | None = None,
    *,
    problem: str = "",
    done: str = "",
    secret: str = "",
    secret_of: str = "",
    given: Any = None,
) -> Response[str]:
    state = _state(delivery)
    with runtime.database.read() as connection:
        found = deliveries.page(connection, state=state, endpoint=endpoint, before=before, limit=PAGE + 1)
        known, counts = endpoints.listed(connection), deliveries.counts(connection)
    asked = request.query_params.get("done", "")
    return render(
        request,
        "endpoints/list.html",
        status=400 if problem else 200,
        endpoints=known,
        deliveries=[one for _number, one in found[:PAGE]],
        following=found[PAGE - 1][0] if len(found) > PAGE else None,
        counts=[(state.value, _(word), counts.get(state.value, 0)) for state, word in words.DELIVERIES.items()],
        delivery=state.value if state else "",
        chosen=endpoint,
        problem=problem,
        done=done or (_(_DONE[asked]) if asked in _DONE else ""),
        secret=secret,
        secret_of=secret_of,
        given=given or {},
        words=words,
    )


def _rows(runtime: Runtime, delivery: str, endpoint: str) -> Iterator[list[Any]]:
    before: int | None = None
    while True:
        with runtime.database.read() as connection:
            found = deliveries.page(connection, state=_state(delivery), endpoint=endpoint, before=before, limit=1_000)
        for _number, one in found:
            times = (one.next_at, one.delivered_at)
            yield [
                one.action,
                one.kind.value,
                one.endpoint,
                one.state.value,
                one.attempts,
                *times,
                one.error,
                one.answer,
            ]
        if len(found) < 1_000:
            return
        before = found[-1][0]


def _state(given: str) -> DeliveryState | None:
    return next((state for state in DeliveryState if state.value == given), None)


def _who(visit: Any) -> str:
    return str(visit.who)
