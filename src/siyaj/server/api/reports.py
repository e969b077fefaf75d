"""`/v1/reports`: notices come in, and reporters learn what became of them."""

import asyncio
from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.datastructures import State
from litestar.params import PathParameter
from msgspec import Struct

from siyaj.model.report import NewReport, ReportState, Subject
from siyaj.moderation.runtime import Runtime
from siyaj.server.api.check import idempotency_key
from siyaj.server.body import read_body
from siyaj.server.gate import caller_of
from siyaj.server.problems import invalid_json

_REPORT = msgspec.json.Decoder(NewReport)


class Receipt(Struct):
    """Keep it: it is the only way to ask what became of the report."""

    receipt: str


class ReportStatus(Struct):
    """What a reporter may know."""

    receipt: str
    subject: Subject
    state: ReportState
    outcome: str
    received_at: datetime


class ReportsController(Controller):
    """Reports of users, trusted flaggers and authorities."""

    path = "/v1/reports"
    tags = ["reports"]  # noqa: RUF012  (so Litestar types it)

    @post("/", summary="Report an item, account or channel, with the files that were there", status_code=202)
    async def receive(self, state: State, request: Request[Any, Any, State]) -> Response[Receipt]:
        runtime: Runtime = state["runtime"]
        caller = caller_of(request.scope)
        body = await read_body(request.scope, request.receive, "report", runtime.settings.max_files)
        receipt = await runtime.reports.submit(
            read_report(body.json),
            scope=caller.key.id,
            idempotency_key=idempotency_key(request.scope),
            files=body.files,
            who=f"key:{caller.key.name}",
        )
        return Response(Receipt(receipt), status_code=202)

    @get("/{receipt:str}", summary="What became of a report")
    async def status(
        self, state: State, receipt: Annotated[str, PathParameter(description="The receipt of a report")]
    ) -> ReportStatus:
        runtime: Runtime = state["runtime"]
        report = await asyncio.to_thread(runtime.reports.get, receipt)
        return msgspec.convert(report, ReportStatus, from_attributes=True)


def read_report(raw: bytes) -> NewReport:
    """Decode a report. Raises InvalidRequest naming the field."""
    try:
        return _REPORT.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise invalid_json(error) from None
