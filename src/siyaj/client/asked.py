"""Asking for actions again and again, so that each is given once until it is acknowledged."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx

from siyaj.client import wire
from siyaj.client.errors import Unavailable
from siyaj.model.action import ActionKind, PlatformAction
from siyaj.model.state import ActionPage

log = logging.getLogger("siyaj.client")

PATIENT_SECONDS = 10.0
"""For what no user waits for: reports, acknowledgements, re-checks."""
LONGEST_PAUSE = 30.0

Ask = Callable[[str, str, dict[str, Any], dict[str, str], float], Awaitable[httpx.Response]]


async def actions(
    ask: Ask, endpoint: str, kind: ActionKind | None, wait: float, *, once: bool
) -> AsyncIterator[PlatformAction]:
    """Yield what is to be done. What was given and not acknowledged is passed over, until nothing else is there."""
    given: set[str] = set()
    after, pause = "", 1.0
    while True:
        query = {"endpoint": endpoint, "kind": kind.value if kind else "", "after": after}
        query["wait"] = "" if once else str(wait)
        params = {name: value for name, value in query.items() if value}
        try:
            answer = await ask("GET", "/v1/actions", {"params": params}, {}, wait + PATIENT_SECONDS)
            page = wire.read(answer, ActionPage)
        except Unavailable as error:
            if once:
                raise
            log.warning("actions wait: %s", error)
            await asyncio.sleep(pause)
            pause = min(LONGEST_PAUSE, pause * 2)
            continue
        pause = 1.0
        fresh = [action for action in page.items if action.id not in given]
        for action in fresh:
            given.add(action.id)
            yield action
        after = page.next if page.items and not fresh else ""
        if not fresh and not after:
            if once:
                return
            given.clear()
        elif not fresh and not once:
            await asyncio.sleep(1.0)
