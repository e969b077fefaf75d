"""`/v1/numbers`: the figures that a platform publishes about its moderation."""

import asyncio
from datetime import UTC, date, datetime
from typing import Annotated

from litestar import Controller, Response, get
from litestar.datastructures import State
from litestar.params import QueryParameter

from siyaj.model.errors import InvalidRequest
from siyaj.model.numbers import Published
from siyaj.moderation.quality.published import as_csv, last_quarter, publish
from siyaj.moderation.runtime import Runtime

Since = Annotated[
    str, QueryParameter(max_length=10, description="First day (UTC), `YYYY-MM-DD`; the last quarter's if not given")
]
Until = Annotated[str, QueryParameter(max_length=10, description="Last day (UTC), `YYYY-MM-DD`")]


class NumbersController(Controller):
    """Figures for transparency reports."""

    path = "/v1/numbers"
    tags = ["numbers"]  # noqa: RUF012  (so Litestar types it)

    @get("/", summary="The figures of a period, as a transparency report needs them")
    async def published(self, state: State, since: Since = "", until: Until = "") -> Published:
        runtime: Runtime = state["runtime"]
        return await asyncio.to_thread(publish, runtime.database, *period(since, until))

    @get("/csv", summary="The same figures as CSV", media_type="text/csv")
    async def as_csv(self, state: State, since: Since = "", until: Until = "") -> Response[str]:
        runtime: Runtime = state["runtime"]
        found = await asyncio.to_thread(publish, runtime.database, *period(since, until))
        name = f"siyaj-numbers-{found.since}-{found.until}.csv"
        return Response(
            as_csv(found),
            media_type="text/csv; charset=utf-8",
            headers={"content-disposition": f'attachment; filename="{name}"'},
        )


def period(since: str, until: str) -> tuple[date, date]:
    """Return the days asked for; without either, the last whole quarter. Raises InvalidRequest."""
    today = datetime.now(UTC).date()
    if not since and not until:
        return last_quarter(today)
    if not since:
        raise InvalidRequest("`until` needs `since`", field="since")
    return _day(since, "since"), _day(until, "until") if until else today


def _day(text: str, field: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidRequest(f"{text!r} is no day", field=field, hint="YYYY-MM-DD, e.g. 2026-09-30") from None
