"""What a decision banks of media is more than its record holds: local features, video and sound are drawn again from
the sealed evidence, behind the answer. Until then, and where there is no evidence, the digests stand alone.
"""

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from siyaj.banks.curation import Banks
from siyaj.model.errors import SiyajError
from siyaj.model.evidence import Evidence
from siyaj.moderation.checks.extraction import draw_entry
from siyaj.moderation.evidence.evidence import Vault
from siyaj.signals.box import MediaBox
from siyaj.storage.decisions import BankedEntry

log = logging.getLogger(__name__)


class BankedMedia:
    """Draws what banked entries lack, one after the other, in a thread of its own."""

    def __init__(self, vault: Vault, box: MediaBox, banks: Banks) -> None:
        self._vault = vault
        self._box = box
        self._banks = banks
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="siyaj-banked-media")

    def draw(self, case: str, entries: Sequence[BankedEntry], who: str) -> None:
        """Draw for these entries, soon. What fails is logged; `siyaj bank backfill` draws it from files at hand."""
        made = [one for one in entries if one.created]
        if made:
            self._thread.submit(self._draw_safely, case, made, who)

    def close(self) -> None:
        """Finish what is begun."""
        self._thread.shutdown(wait=True, cancel_futures=True)

    def _draw_safely(self, case: str, entries: Sequence[BankedEntry], who: str) -> None:
        try:
            sealed = {one.sha256: one for one in self._vault.of_case(case) if one.destroyed_at is None}
            for one in entries:
                self._draw(one, sealed, case, who)
        except SiyajError as error:
            log.warning("the media of case %s could not be drawn for the bank: %s", case, error)
        except Exception:
            log.exception("the media of case %s could not be drawn for the bank", case)

    def _draw(self, one: BankedEntry, sealed: dict[str, Evidence], case: str, who: str) -> None:
        known = [signal.value for signal in self._banks.entry(one.bank, one.entry).signals if signal.type == "sha256"]
        evidence = next((sealed[value] for value in known if value in sealed), None)
        if evidence is None:
            return
        data = self._vault.open(evidence.id, who, f"banked by the decision on {case}")
        drawn = draw_entry(self._box, data, name=evidence.name)
        self._banks.enrich(one.bank, [(one.entry, drawn.signals)], who=who)
