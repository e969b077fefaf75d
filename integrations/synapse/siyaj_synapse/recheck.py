"""What was let through unchecked is checked as soon as Siyaj answers again, the oldest first."""

import logging
from pathlib import Path

from synapse.module_api import ModuleApi

from siyaj_synapse import counts
from siyaj_synapse.after import After
from siyaj_synapse.client import File, NoAnswer, NotAccepted, Siyaj
from siyaj_synapse.config import Config
from siyaj_synapse.rooms import local_media
from siyaj_synapse.store import Store, Unchecked

log = logging.getLogger(__name__)

AT_ONCE = 50
SECONDS = 10.0
"""Nobody waits for these."""


class Recheck:
    """Each process may run one: it works off its share, so that nothing is done twice."""

    def __init__(self, api: ModuleApi, config: Config, siyaj: Siyaj, store: Store, after: After) -> None:
        self._others = api.should_run_background_tasks()
        self._media = _quarantines(api)
        self._api = api
        self._config = config
        self._siyaj = siyaj
        self._store = store
        self._after = after

    @property
    def has_a_share(self) -> bool:
        return self._media or self._others

    async def run(self) -> None:
        """Work off what waits; stop at the first that gets no answer. Called again and again."""
        try:
            for one in await self._api.defer_to_thread(self._oldest):
                await self._check(one)
                await self._api.defer_to_thread(self._store.done, one.seq)
        except NoAnswer as error:
            log.debug("what was unchecked waits on: %s", error)
        except Exception:
            log.exception("what was let through unchecked could not be checked; it is tried again")

    def _oldest(self) -> list[Unchecked]:
        return self._store.oldest(AT_ONCE, media=self._media, others=self._others)

    def _read(self, mxc: str, path: str) -> bytes | None:
        """Return a file from where it lay when it came, also one of another server; else from where ours lie."""
        try:
            return Path(path).read_bytes() if path else local_media(self._api, mxc, self._config.largest_media)
        except OSError:
            return local_media(self._api, mxc, self._config.largest_media)

    async def _check(self, one: Unchecked) -> None:
        """Raises NoAnswer."""
        files = []
        if mxc := one.place.get("mxc"):
            data = await self._api.defer_to_thread(self._read, mxc, one.place.get("path", ""))
            if data is None and one.hook == "media":
                log.warning("%s is gone before it could be checked", mxc)
                counts.RECHECKED.labels(one.hook, "gone").inc()
                return
            files = [File("file", data)] if data else []
        try:
            verdict = await self._siyaj.check(one.event, files, seconds=SECONDS, repeat=one.repeat)
        except NotAccepted as error:
            log.error("Siyaj does not accept a late check of %s %s: %s", one.hook, one.event["id"], error)
            counts.NOT_ACCEPTED.labels(one.hook).inc()
            return
        await self._after.act(one.hook, one.event, one.place, verdict)
        counts.RECHECKED.labels(one.hook, verdict["action"]).inc()


def _quarantines(api: ModuleApi) -> bool:
    """True in the one process that sees to files: Synapse lets only those quarantine that write this stream."""
    # Not part of the module API.
    writers = getattr(api._hs.config.worker.writers, "quarantined_media_changes", None)
    return writers[0] == (api.worker_name or "master") if writers else api.should_run_background_tasks()
