"""Where every hook asks: a verdict in time, or what the hook's failure policy says; nothing unchecked is forgotten."""

import logging
from collections.abc import Sequence
from typing import Any

from synapse.module_api import ModuleApi

from siyaj_synapse import counts, refusal
from siyaj_synapse.client import File, NoAnswer, NotAccepted, Siyaj
from siyaj_synapse.config import OPEN, PASS, Config
from siyaj_synapse.refusal import Refusal
from siyaj_synapse.store import Store

log = logging.getLogger(__name__)


class Desk:
    def __init__(self, api: ModuleApi, config: Config, siyaj: Siyaj, store: Store) -> None:
        self._api = api
        self.config = config
        self.siyaj = siyaj
        self._store = store

    async def ask(
        self,
        hook: str,
        event: dict[str, Any],
        files: Sequence[File] = (),
        *,
        place: dict[str, str],
        repeat: str = "",
    ) -> Refusal | None:
        """Return why this is refused, or None when it may pass. Never raises: an exception would refuse everything."""
        try:
            verdict = await self.verdict(hook, event, files, place=place, repeat=repeat)
            if verdict is None:
                return refusal.unchecked(event.get("text", "")) if self._closed(hook) else None
            return refusal.of_verdict(verdict, said(event)) if self.refuses(verdict) else None
        except Exception:
            return self.stumbled(hook, event["id"], event.get("text", ""))

    def stumbled(self, hook: str, what: str, written: str = "") -> Refusal | None:
        """For an exception of our own, which Synapse would take for a refusal: the hook's failure policy decides."""
        log.exception("the module stumbled over a %s: %s", hook, what)
        if self._closed(hook):
            counts.FAILED_CLOSED.labels(hook).inc()
            return refusal.unchecked(written)
        counts.FAILED_OPEN.labels(hook).inc()
        return None

    async def verdict(
        self,
        hook: str,
        event: dict[str, Any],
        files: Sequence[File] = (),
        *,
        place: dict[str, str],
        repeat: str = "",
    ) -> dict[str, Any] | None:
        """Return the verdict; None when there was none in time, which is counted and, when it passes, kept."""
        try:
            verdict = await self.siyaj.check(event, files, seconds=self.config.patience(hook), repeat=repeat)
        except NotAccepted as error:
            # Passing what Siyaj cannot read would be a way around it; a person can still be told by a report.
            log.error("Siyaj does not accept a check of %s %s: %s", hook, event["id"], error)
            counts.NOT_ACCEPTED.labels(hook).inc()
            return None
        except NoAnswer as error:
            await self._unanswered(hook, event, place, repeat, error)
            return None
        counts.CHECKED.labels(hook, verdict["action"]).inc()
        return verdict

    def refuses(self, verdict: dict[str, Any]) -> bool:
        action = verdict["action"]
        return action == "block" or (action == "hold" and self.config.hold != PASS)

    def _closed(self, hook: str) -> bool:
        return self.config.on_failure[hook] != OPEN

    async def _unanswered(
        self, hook: str, event: dict[str, Any], place: dict[str, str], repeat: str, error: NoAnswer
    ) -> None:
        if self._closed(hook):
            counts.FAILED_CLOSED.labels(hook).inc()
            log.warning("refused a %s unchecked (%s): %s", hook, event["id"], error)
            return
        counts.FAILED_OPEN.labels(hook).inc()
        log.warning("let a %s through unchecked (%s), to be checked later: %s", hook, event["id"], error)
        await self._api.defer_to_thread(self._store.put, hook, event, place, repeat)


def said(event: dict[str, Any]) -> str:
    """Return what was written, to answer in its language."""
    channel = event.get("channel") or {}
    return f"{event.get('text', '')} {channel.get('title', '')} {channel.get('topic', '')}"
