"""`/console/endpoints`: where actions go, how each of them fares, and another try for those that failed."""

from collections.abc import Mapping
from typing import Any

from litestar import Controller, Response, get, post
from litestar.params import FromPath
from litestar.response import Stream

from siyaj.delivery.addresses import check_url
from siyaj.model.action import Delivery, DeliveryState
from siyaj.model.clock import now_us
from siyaj.model.errors import InvalidRequest, UserError
from siyaj.model.person import Permission
from siyaj.moderation import reconcile as owed
from siyaj.moderation.runtime import Runtime
from siyaj.server.console import listing, show
from siyaj.server.console.casework import words
from siyaj.server.console.i18n import N_, ngettext
from siyaj.server.console.i18n import gettext as _
from siyaj.server.console.listing import Column, Fetch, Filter, Listing, query_of
from siyaj.server.console.page import redirect, render
from siyaj.server.console.session import AnyRequest, TheForm, TheRuntime, TheVisit
from siyaj.storage import audit, deliveries, delivery_list, endpoints
from siyaj.storage.endpoints import Endpoint, EndpointKind

KEEPS_SIGNING_US = 24 * 3_600_000_000
"""A secret that was replaced signs beside the new one for so long."""
MOST_AT_ONCE = 1_000
"""Missed actions that one click sends: nobody who writes waits long for it."""
_DONE = {"disable": N_("Nothing is sent there any more."), "enable": N_("Actions are sent there again.")}

_FILTERS = ("delivery", "endpoint")
DELIVERIES = Listing(
    "deliveries",
    "/console/endpoints",
    "/console/endpoints/export",
    (
        Column("action", lambda one: one.action),
        Column("kind", lambda one: one.kind.value, N_("Action"), delivery_list.NUMBER, down=True),
        Column("endpoint", lambda one: one.endpoint, N_("Endpoint")),
        Column("state", lambda one: one.state.value, N_("State")),
        Column("attempts", lambda one: one.attempts, N_("Tries"), number=True),
        Column("next_at", lambda one: one.next_at, N_("When")),
        Column("delivered_at", lambda one: one.delivered_at),
        Column("error", lambda one: one.error, N_("What the platform said")),
        Column("answer", lambda one: one.answer),
        Column("", None, N_("What can be done")),
    ),
    "-kind",
    "#deliveries",
)


class EndpointsController(Controller):
    path = "/endpoints"
    opt = {"permission": Permission.KEEP_ENDPOINTS}  # noqa: RUF012  (so Litestar types it)

    @get("/", sync_to_thread=True)
    def all(self, request: AnyRequest, runtime: TheRuntime) -> Response[str]:
        return _page(request, runtime)

    @get("/export", sync_to_thread=True)
    def export(self, request: AnyRequest, runtime: TheRuntime) -> Stream:
        return listing.sheet(DELIVERIES, request, _those(runtime, query_of(request, *_FILTERS)))

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

    @post("/{endpoint:str}/reconcile", sync_to_thread=True)
    def reconcile(
        self, request: AnyRequest, runtime: TheRuntime, visit: TheVisit, endpoint: FromPath[str], form: TheForm
    ) -> Response[str]:
        """Say how much should be so there and was never sent; with `send=yes` it leaves."""
        with runtime.database.read() as connection:
            its = endpoints.get(connection, endpoint)
            found = owed.missing(connection, its, most=MOST_AT_ONCE)
        if not found:
            return _page(request, runtime, done=_("Nothing is missing at %(name)s.") % {"name": its.name})
        said = {"name": its.name, "number": show.number(len(found))}
        most = " " + _("No more than that at once: ask again afterwards.") if len(found) >= MOST_AT_ONCE else ""
        if form.get("send") == "yes":
            owed.send(runtime.database, its, found, _who(visit))
            return _page(request, runtime, done=_("Leaves now for %(name)s: %(number)s.") % said + most)
        text = _("Should be so at %(name)s and was never sent there: %(number)s.") % said + most
        return _page(request, runtime, missed=text, missed_at=its)

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
    *,
    problem: str = "",
    done: str = "",
    missed: str = "",
    missed_at: Endpoint | None = None,
    secret: str = "",
    secret_of: str = "",
    given: Any = None,
) -> Response[str]:
    query = query_of(request, *_FILTERS)
    with runtime.database.read() as connection:
        known, counts = endpoints.listed(connection), delivery_list.counts(connection)
    states = [(state.value, _state_counted(state, counts)) for state in words.DELIVERIES]
    filters = [
        Filter("delivery", _("State"), [("", _("All")), *states]),
        Filter("endpoint", _("Endpoint"), [("", _("All")), *((one.id, one.name) for one in known)]),
    ]
    asked = request.query_params.get("done", "")
    return render(
        request,
        "endpoints/list.html",
        status=400 if problem else 200,
        endpoints=known,
        listed=listing.page(DELIVERIES, request, query, filters, _those(runtime, query)),
        problem=problem,
        done=done or (_(_DONE[asked]) if asked in _DONE else ""),
        missed=missed,
        missed_at=missed_at,
        secret=secret,
        secret_of=secret_of,
        given=given or {},
        words=words,
    )


def _those(runtime: Runtime, query: Mapping[str, str]) -> Fetch[Delivery]:
    state = next((state for state in DeliveryState if state.value == query["delivery"]), None)
    those = delivery_list.those(state, query["endpoint"])
    return listing.of_table(runtime.database, those, listing.each(delivery_list.delivery))


def _state_counted(state: DeliveryState, counts: Mapping[str, int]) -> str:
    word = _(words.DELIVERIES[state])
    return f"{word} ({show.number(counts[state.value])})" if state.value in counts else word


def _who(visit: Any) -> str:
    return str(visit.who)
