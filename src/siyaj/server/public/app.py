"""Puts the public pages together. No session and no key: forms are guarded by a signed token bound to a cookie."""

from typing import Any

from litestar import Request, Router
from litestar.datastructures import FormMultiDict
from litestar.di import Provide
from litestar.exceptions import HTTPException

from siyaj.model.errors import SiyajError
from siyaj.moderation.runtime import Runtime
from siyaj.server.console.guard import visitor
from siyaj.server.console.page import answer_error, answer_http
from siyaj.server.console.session import AnyRequest, runtime_of
from siyaj.server.public.appeal import AppealController
from siyaj.server.public.receipt import ReceiptController
from siyaj.server.public.report import ReportController


def create_public() -> Router:
    """Return `/report`, `/receipt` and `/appeal`. Handlers may ask for `runtime` and `form`."""
    return Router(
        "/",
        route_handlers=[ReportController, ReceiptController, AppealController],
        guards=[visitor],
        dependencies={"runtime": Provide(_runtime, sync_to_thread=False), "form": Provide(_form)},
        exception_handlers={SiyajError: answer_error, HTTPException: answer_http},
        include_in_schema=False,
    )


def _runtime(request: AnyRequest) -> Runtime:
    return runtime_of(request)


async def _form(request: Request[Any, Any, Any]) -> FormMultiDict:
    return await request.form()
