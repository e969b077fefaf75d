"""Puts the routes together behind the gate."""

import logging
from threading import Event
from typing import Any

import msgspec
from litestar import Litestar, Request, Response, get
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.types import ASGIApp

from siyaj.delivery.translator import Translator
from siyaj.model.errors import SiyajError
from siyaj.moderation.runtime import Runtime
from siyaj.server import docs_page, openapi, slashes
from siyaj.server.api.actions import ActionsController
from siyaj.server.api.antispam import http_antispam
from siyaj.server.api.appeals import AppealsController
from siyaj.server.api.banks import BanksController
from siyaj.server.api.cases import CasesController
from siyaj.server.api.casework import CaseworkController
from siyaj.server.api.channels import ChannelsController
from siyaj.server.api.check import CheckRoutes
from siyaj.server.api.decisions import DecisionsController, strikes_of
from siyaj.server.api.health import healthz, metrics, readyz
from siyaj.server.api.numbers import NumbersController
from siyaj.server.api.orders import OrdersController
from siyaj.server.api.reports import ReportsController
from siyaj.server.api.state import state_of
from siyaj.server.api.verdicts import VerdictsController
from siyaj.server.auth import Gatekeeper, is_browser
from siyaj.server.console import page
from siyaj.server.console.app import create_console, root
from siyaj.server.console.page import error_page
from siyaj.server.console.static import static_file
from siyaj.server.gate import Gate
from siyaj.server.metrics import Metrics
from siyaj.server.oidc import OidcClient
from siyaj.server.problems import answer_error, answer_http
from siyaj.server.public.app import create_public
from siyaj.server.quick import Quick
from siyaj.server.throttle import LogInThrottles

log = logging.getLogger(__name__)


def create_app(runtime: Runtime, stopping: Event | None = None) -> ASGIApp:
    """Return the ASGI app over an open runtime; closing the runtime is the caller's. Once `stopping` is set, requests
    that wait for news are answered."""
    settings = runtime.settings
    gatekeeper = Gatekeeper(runtime.database, settings.rate_per_second, settings.rate_burst)
    measured = Metrics(runtime.stats)
    routes = CheckRoutes(runtime, gatekeeper)
    app = Litestar(
        route_handlers=[
            VerdictsController,
            ReportsController,
            OrdersController,
            CasesController,
            CaseworkController,
            DecisionsController,
            strikes_of,
            AppealsController,
            ChannelsController,
            BanksController,
            NumbersController,
            ActionsController,
            state_of,
            http_antispam,
            healthz,
            readyz,
            metrics,
            openapi_json,
            docs,
            docs_style,
            create_console(),
            create_public(),
            root,
            static_file,
        ],
        state=State(
            {
                "runtime": runtime,
                "metrics": measured,
                "stopping": stopping or Event(),
                "throttles": LogInThrottles(),
                "oidc": OidcClient(settings),
                "translator": Translator(settings) if settings.translation_url else None,
            }
        ),
        before_request=slashes.turn_back,
        exception_handlers={SiyajError: _answer_error, HTTPException: _answer_http, Exception: _answer_fault},
        openapi_config=openapi.CONFIG,
        request_max_body_size=None,  # the gate counts
        logging_config=None,
    )
    app.state["openapi"] = openapi.document(app)
    hot = {"/v1/check": routes.check, "/v1/check/batch": routes.batch}
    quick = Quick(routes, runtime.checker, gatekeeper, measured, settings.max_request_bytes, settings.request_seconds)
    return Gate(app, hot, gatekeeper, measured, settings, error_page, quick)


def _answer_error(request: Request[Any, Any, Any], error: SiyajError) -> Response[Any]:
    """A page for people, a problem for programs."""
    return page.answer_error(request, error) if is_browser(request.scope["path"]) else answer_error(request, error)


def _answer_http(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    return page.answer_http(request, error) if is_browser(request.scope["path"]) else answer_http(request, error)


def _answer_fault(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """A fault of ours inside a route: logged with where it happened, told without."""
    request_id = request.scope.get("state", {}).get("request_id")
    log.error("request %s failed", request_id, exc_info=error)
    return _answer_error(request, SiyajError("a fault of ours; it is logged under this request's id"))


@get("/openapi.json", include_in_schema=False)
async def openapi_json(state: State) -> Response[bytes]:
    return Response(msgspec.json.encode(state["openapi"]), media_type="application/vnd.oai.openapi+json")


@get("/docs", include_in_schema=False)
async def docs(state: State, request: Request[Any, Any, State]) -> Response[str]:
    page = docs_page.render(state["openapi"], str(request.base_url).rstrip("/"))
    return Response(page, media_type="text/html", headers={"content-security-policy": docs_page.CSP})


@get("/docs/style.css", include_in_schema=False)
async def docs_style() -> Response[str]:
    return Response(docs_page.STYLE, media_type="text/css")
