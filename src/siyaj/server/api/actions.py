"""`/v1/actions`: for platforms that ask what is to be done instead of taking webhooks, and say what they did."""

import asyncio
import time
from typing import Annotated

from litestar import Controller, get, post
from litestar.datastructures import State
from litestar.params import Body as JsonBody
from litestar.params import PathParameter, QueryParameter

from siyaj.delivery.adaptor import Outcome, Result
from siyaj.delivery.settling import give_up, settle
from siyaj.model.action import ActionKind, Delivery
from siyaj.model.errors import InvalidRequest, NotFound
from siyaj.model.state import Acknowledgement, ActionPage
from siyaj.moderation.runtime import Runtime
from siyaj.storage import deliveries, delivery_list, endpoints
from siyaj.storage.database import Connection, Database
from siyaj.storage.endpoints import Endpoint, EndpointKind

LONGEST_WAIT = 25.0
LOOK_SECONDS = 0.25

EndpointName = Annotated[
    str, QueryParameter(max_length=100, description="Which endpoint you are; needed where several of them ask")
]


class ActionsController(Controller):
    """Actions."""

    path = "/v1/actions"
    tags = ["actions"]  # noqa: RUF012  (so Litestar types it)

    @get("/", summary="What is to be done and was not acknowledged yet, oldest first")
    async def offered(
        self,
        state: State,
        endpoint: EndpointName = "",
        after: Annotated[str, QueryParameter(max_length=20, description="The `next` of the page before")] = "",
        kind: Annotated[ActionKind | None, QueryParameter(description="Only actions of this kind")] = None,
        limit: Annotated[int, QueryParameter(ge=1, le=500, description="How many")] = 100,
        wait: Annotated[
            float, QueryParameter(ge=0, le=LONGEST_WAIT, description="Seconds to wait for the first")
        ] = 0.0,
    ) -> ActionPage:
        runtime: Runtime = state["runtime"]
        until = time.monotonic() + min(wait, runtime.settings.request_seconds - 2)
        number, only = _number(after), kind.value if kind else ""
        while True:
            page = await asyncio.to_thread(_offered, runtime.database, endpoint, number, only, limit)
            if page.items or time.monotonic() >= until or state["stopping"].is_set():
                return page
            await asyncio.sleep(LOOK_SECONDS)

    @post("/{action:str}/ack", summary="Say that an action was done, or why not", status_code=200)
    async def acknowledge(
        self,
        state: State,
        action: Annotated[str, PathParameter(description="An action's id")],
        data: Annotated[Acknowledgement, JsonBody()],
        endpoint: EndpointName = "",
    ) -> Delivery:
        runtime: Runtime = state["runtime"]
        return await asyncio.to_thread(acknowledge, runtime.database, endpoint, action, data)


def acknowledge(database: Database, endpoint: str, action: str, told: Acknowledgement) -> Delivery:
    """Write what a platform says that it did. The same again changes nothing. Raises NotFound."""
    if "\0" in action + endpoint + told.error:
        raise InvalidRequest("NUL characters have no place here")
    with database.begin() as connection:
        its = _endpoint(connection, endpoint)
        claim = deliveries.take(connection, its.id, action)
        if claim is None:
            raise NotFound(f"there is no action {action!r} at the endpoint {its.name!r}")
        error = told.error or "the platform could not do it and did not say why"
        if told.ok:
            settle(connection, claim, Outcome(Result.DONE))
        elif told.unavailable:
            if not deliveries.disown(connection, claim, error, unavailable=True):
                settle(connection, claim, Outcome(Result.UNAVAILABLE, error))
        elif deliveries.disown(connection, claim, error):
            give_up(connection, claim, error)
        else:
            settle(connection, claim, Outcome(Result.FAILED, error))
        found = delivery_list.of_action(connection, action, its.id)
    assert found is not None
    return found


def _offered(database: Database, endpoint: str, after: int, kind: str, limit: int) -> ActionPage:
    with database.read() as connection:
        its = _endpoint(connection, endpoint)
        if its.kind is not EndpointKind.POLL:
            raise InvalidRequest(
                f"actions are sent to {its.name!r}: it does not ask",
                field="endpoint",
                hint="siyaj endpoint add … --kind poll",
            )
        found = deliveries.offered(connection, its.id, after, kind, limit)
    return ActionPage([action for _, action in found], str(found[-1][0] if found else after))


def _endpoint(connection: Connection, name: str) -> Endpoint:
    """Return the endpoint of this name; without one, the only one that asks."""
    if name:
        if "\0" in name:
            raise InvalidRequest("NUL characters have no place here", field="endpoint")
        return endpoints.get(connection, name)
    asking = [one for one in endpoints.listed(connection) if one.kind is EndpointKind.POLL and not one.disabled_at]
    if len(asking) != 1:
        raise NotFound(
            f"there are {len(asking)} endpoints that ask; say which one"
            if asking
            else "there is no endpoint that asks",
            field="endpoint",
            hint="siyaj endpoint add NAME --kind poll",
        )
    return asking[0]


def _number(after: str) -> int:
    if not after:
        return 0
    if not (after.isascii() and after.isdigit() and len(after) < 19):
        raise InvalidRequest(
            f"{after!r} is no place to go on from", field="after", hint="take `next` of the page before"
        )
    return int(after)
