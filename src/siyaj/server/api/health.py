"""`/healthz`, `/readyz`, `/metrics`: for those who keep Siyaj running."""

import asyncio

from litestar import Response, get
from litestar.datastructures import State
from msgspec import Struct
from prometheus_client import CONTENT_TYPE_LATEST

from siyaj.moderation.runtime import Runtime
from siyaj.server.metrics import Metrics


class Health(Struct):
    status: str
    problems: list[str]


@get("/healthz", tags=["health"], summary="The process lives")
async def healthz() -> Health:
    return Health("alive", [])


@get("/readyz", tags=["health"], summary="Checks are answered; 503 with the reasons when not")
async def readyz(state: State) -> Response[Health]:
    runtime: Runtime = state["runtime"]
    problems = await asyncio.to_thread(runtime.ready)
    health = Health("not ready" if problems else "ready", problems)
    return Response(health, status_code=503 if problems else 200)


@get("/metrics", media_type="text/plain", tags=["health"], summary="For Prometheus")
async def metrics(state: State) -> Response[bytes]:
    rendered: Metrics = state["metrics"]
    return Response(rendered.render(), headers={"content-type": CONTENT_TYPE_LATEST})
