"""The vault: sealed copies of what was decided on. Removing is not destroying; but nothing is kept for ever either.

Order is what makes it safe. The blob is durable before its row is written, so a row never points at nothing; a blob
without a live row is an orphan and is swept. Destruction marks the row first: what is marked cannot be opened, and the
bytes go at once or, after a crash, with the orphans. Every opening, hold, export and destruction is in the audit log
before it takes effect.
"""

import hashlib
import logging
from collections.abc import Sequence

from siyaj.model.clock import now_us, to_datetime, to_us
from siyaj.model.errors import NotFound, SealBroken, UserError
from siyaj.model.evidence import Evidence
from siyaj.model.ids import new_id
from siyaj.model.report import Subject
from siyaj.moderation.evidence.retention import Retention, Swept
from siyaj.storage import audit, evidence
from siyaj.storage.blobs import Blobs
from siyaj.storage.database import Connection, Database
from siyaj.storage.evidence import Kept
from siyaj.storage.keyring import Keyring, Sealed

log = logging.getLogger(__name__)

PURPOSE = "evidence"
_BATCH = 200
_SAFE_US = 86_400_000_000
_NAME_LENGTH = 255


class Vault:
    """Seals, opens, holds and destroys. Safe for many threads."""

    def __init__(self, database: Database, keyring: Keyring, blobs: Blobs, days: float) -> None:
        self._database = database
        self._keyring = keyring
        self._blobs = blobs
        self._keep_us = int(days * 86_400_000_000)
        self.retention = Retention(database, blobs, self._keep_us)

    def prepare(
        self,
        data: bytes,
        *,
        subject: Subject,
        name: str,
        media_type: str,
        why: str,
        who: str,
        case: str | None = None,
        verdict: str | None = None,
        receipt: str | None = None,
    ) -> Kept:
        """Make the sealed blob durable and return its row, to be written by `record` in the caller's transaction."""
        now, evidence_id, sha256 = now_us(), new_id("evd"), hashlib.sha256(data).hexdigest()
        key_id, nonce, location = self._copy_of(sha256, now) or self._store(data, evidence_id, now)
        known = Evidence(
            id=evidence_id,
            subject=subject,
            case=case,
            verdict=verdict,
            receipt=receipt,
            name=name.replace("\0", "�")[:_NAME_LENGTH],
            media_type=media_type,
            size=len(data),
            sha256=sha256,
            sealed_by=who,
            sealed_at=to_datetime(now),
            why=why,
            keep_until=to_datetime(now + self._keep_us),
            hold="",
        )
        return Kept(known, key_id, nonce, location)

    def _store(self, data: bytes, evidence_id: str, now: int) -> tuple[str, bytes, str]:
        sealed = self._keyring.seal(data, PURPOSE, evidence_id)
        location = f"{to_datetime(now):%Y-%m}/{evidence_id}"
        self._blobs.put(location, sealed.data)
        return sealed.key_id, sealed.nonce, location

    def _copy_of(self, sha256: str, now: int) -> tuple[str, bytes, str] | None:
        """The same bytes are stored once, however often they are posted: a wave must not fill the store. Only a copy
        that will not be destroyed meanwhile is shared."""
        with self._database.read() as connection:
            copy = evidence.copy_of(connection, sha256, now + _SAFE_US)
        if copy is None or not self._blobs.has(copy.location):
            return None
        return copy.key_id, copy.nonce, copy.location

    def seal(
        self,
        data: bytes,
        *,
        subject: Subject,
        name: str,
        media_type: str,
        why: str,
        who: str,
        case: str | None = None,
        verdict: str | None = None,
        receipt: str | None = None,
    ) -> Evidence:
        """Seal and record. Raises StorageUnavailable; then nothing is recorded."""
        kept = self.prepare(
            data,
            subject=subject,
            name=name,
            media_type=media_type,
            why=why,
            who=who,
            case=case,
            verdict=verdict,
            receipt=receipt,
        )
        with self._database.begin() as connection:
            record(connection, [kept])
        return kept.evidence

    def get(self, evidence_id: str) -> Evidence:
        """Return what is known of it, without opening it. Raises NotFound."""
        return self._row(evidence_id).evidence

    def open(self, evidence_id: str, who: str, why: str) -> bytes:
        """Return the bytes as they were sealed; who opened it, and why, is in the audit log by then.

        Raises NotFound when it is not there or was destroyed, SealBroken when it is not what was sealed.
        """
        kept = self._row(evidence_id)
        if kept.evidence.destroyed_at is not None:
            raise NotFound(f"{evidence_id} was destroyed on {kept.evidence.destroyed_at:%Y-%m-%d}")
        try:
            data = self._unseal(kept)
        except (SealBroken, NotFound) as error:
            self._note(who, "evidence.broken", evidence_id, why=why, fault=error.message)
            raise
        self._note(who, "evidence.open", evidence_id, why=why)
        return data

    def of_case(self, case: str) -> list[Evidence]:
        """Return a case's evidence, oldest first; what was destroyed says so."""
        with self._database.read() as connection:
            return evidence.listed(connection, case=case)

    def hold(self, evidence_id: str, who: str, why: str) -> Evidence:
        """Keep it, whatever its date, until it is released. Raises NotFound when it is gone."""
        if not why.strip():
            raise UserError("a legal hold needs a reason", field="why")
        return self._set_hold(evidence_id, who, "evidence.hold", why.strip(), why.strip())

    def release(self, evidence_id: str, who: str, why: str) -> Evidence:
        """Lift the legal hold: its date counts again. Raises NotFound when it is gone."""
        return self._set_hold(evidence_id, who, "evidence.release", "", why)

    def sweep(self, who: str = "system") -> Swept:
        """Destroy what is due, and orphans; see `retention`."""
        return self.retention.sweep(who)

    def verify(self, who: str) -> tuple[int, dict[str, str]]:
        """Unseal everything that is live, and show it to nobody. Return how many were checked, and faults by id."""
        checked, faults, after = 0, dict[str, str](), ""
        while True:
            with self._database.read() as connection:
                found = evidence.listed(connection, after=after, limit=_BATCH)
            for one in found:
                if one.destroyed_at is None:
                    checked += 1
                    try:
                        self._unseal(self._row(one.id))
                    except (SealBroken, NotFound) as error:
                        faults[one.id] = error.message
            if not found:
                break
            after = found[-1].id
        self._note(who, "evidence.verify", "evidence", checked=checked, faults=sorted(faults))
        return checked, faults

    def _row(self, evidence_id: str) -> Kept:
        with self._database.read() as connection:
            kept = evidence.get(connection, evidence_id)
        if kept is None:
            raise NotFound(f"there is no evidence {evidence_id!r}")
        return kept

    def _unseal(self, kept: Kept) -> bytes:
        known = kept.evidence
        sealed = Sealed(kept.key_id, kept.nonce, self._blobs.get(kept.location))
        data = self._keyring.unseal(sealed, PURPOSE, kept.location.rpartition("/")[2])
        if hashlib.sha256(data).hexdigest() != known.sha256:
            raise SealBroken(f"{known.id} is not what was sealed: its SHA-256 differs from the one recorded")
        return data

    def _set_hold(self, evidence_id: str, who: str, what: str, hold: str, why: str) -> Evidence:
        with self._database.begin() as connection:
            if not evidence.set_hold(connection, evidence_id, hold):
                raise NotFound(f"there is no evidence {evidence_id!r}, or it was destroyed")
            audit.write(connection, who, what, evidence_id, why=why)
        return self.get(evidence_id)

    def _note(self, who: str, what: str, subject: str, **detail: object) -> None:
        with self._database.begin() as connection:
            audit.write(connection, who, what, subject, **detail)


def record(connection: Connection, sealed: Sequence[Kept]) -> None:
    """Write the rows of prepared evidence; its hash stands in the audit chain too, where no edit goes unseen."""
    evidence.insert(connection, sealed)
    for one in sealed:
        known = one.evidence
        audit.write(
            connection,
            known.sealed_by,
            "evidence.seal",
            known.id,
            sha256=known.sha256,
            size=known.size,
            why=known.why,
            case=known.case,
            sealed_at=to_us(known.sealed_at),
        )
