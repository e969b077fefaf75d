"""`/v1/orders`: removal orders of authorities, each with its clock."""

import asyncio
from typing import Annotated, Any

from litestar import Controller, Request, get, post
from litestar.datastructures import State
from litestar.params import Body as JsonBody
from litestar.params import PathParameter

from siyaj.model.order import NewOrder, Order
from siyaj.moderation.runtime import Runtime
from siyaj.server.gate import caller_of


class OrdersController(Controller):
    """Orders of authorities."""

    path = "/v1/orders"
    tags = ["orders"]  # noqa: RUF012  (so Litestar types it)

    @post("/", summary="Hand in an authority's removal order", status_code=202)
    async def receive(
        self, state: State, request: Request[Any, Any, State], data: Annotated[NewOrder, JsonBody()]
    ) -> Order:
        runtime: Runtime = state["runtime"]
        return await asyncio.to_thread(runtime.orders.receive, data, f"key:{caller_of(request.scope).key.name}")

    @get("/{order:str}", summary="What became of an order")
    async def one(self, state: State, order: Annotated[str, PathParameter(description="An order's id")]) -> Order:
        runtime: Runtime = state["runtime"]
        return await asyncio.to_thread(runtime.orders.get, order)
