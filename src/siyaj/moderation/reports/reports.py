"""Reports come in: durable before the receipt, their files sealed, merged into the subject's case.

Many that wait are written in one transaction (`group`); what a batch becomes is in `intake`.
"""

import asyncio
import hashlib
import secrets
from collections.abc import Sequence

import msgspec

from siyaj.model.errors import (
    AlreadyExists,
    IdempotencyMismatch,
    InvalidRequest,
    NotFound,
    SiyajError,
    StorageUnavailable,
)
from siyaj.model.event import MediaFile
from siyaj.model.report import NewReport, Report
from siyaj.model.settings import Settings
from siyaj.moderation.evidence.evidence import Vault
from siyaj.moderation.group import Group
from siyaj.moderation.reports.brigading import text_key
from siyaj.moderation.reports.intake import Intake
from siyaj.moderation.reports.standing import content_key
from siyaj.moderation.reports.weights import HOUR_US, Incoming
from siyaj.signals.sniff import media_type
from siyaj.storage import reports
from siyaj.storage.database import Database
from siyaj.storage.evidence import Kept

_ATTEMPTS = 6


class Reports:
    """Takes reports in and says what became of them. Safe for many threads."""

    def __init__(self, database: Database, vault: Vault, settings: Settings) -> None:
        self._database = database
        self._vault = vault
        self._intake = Intake(
            int(settings.first_review_hours * HOUR_US), settings.life_contact, mails=bool(settings.smtp)
        )
        self._group: Group[Incoming, str] = Group("reports", self._write)

    def receive(
        self,
        given: NewReport,
        *,
        scope: str,
        idempotency_key: str | None = None,
        files: Sequence[MediaFile] = (),
        who: str = "system",
    ) -> str:
        """Return the receipt; the report and its files are durable then. The same report again gives the same receipt.

        Raises IdempotencyMismatch for other content under a key that was used, InvalidRequest, StorageUnavailable.
        """
        one = self._prepare(given, scope, idempotency_key, files, who)
        return one if isinstance(one, str) else self._group.submit(one).result()

    async def submit(
        self,
        given: NewReport,
        *,
        scope: str,
        idempotency_key: str | None = None,
        files: Sequence[MediaFile] = (),
        who: str = "system",
    ) -> str:
        """The same, for callers in an event loop."""
        if files:
            one = await asyncio.to_thread(self._prepare, given, scope, idempotency_key, files, who)
        else:
            one = self._prepare(given, scope, idempotency_key, files, who)
        return one if isinstance(one, str) else await asyncio.wrap_future(self._group.submit(one))

    def get(self, receipt: str) -> Report:
        """Raises NotFound."""
        with self._database.read() as connection:
            report = reports.get(connection, receipt)
        if report is None:
            raise NotFound("there is no report with this receipt")
        return report

    def close(self) -> None:
        """Write what was taken, then stop."""
        self._group.close()

    def _prepare(
        self, given: NewReport, scope: str, idempotency_key: str | None, files: Sequence[MediaFile], who: str
    ) -> Incoming | str:
        """Return what is to be written; or the receipt, when it was received before: a retry seals nothing again."""
        encoded = msgspec.json.encode(given)
        if b"\\u0000" in encoded:
            _refuse_nul(given)
        sums = [hashlib.sha256(file.data) for file in files]
        one = Incoming(
            given=given,
            receipt=f"rcp_{secrets.token_urlsafe(24)}",
            request_key=_request_key(given, scope, idempotency_key),
            request_hash=hashlib.sha256(encoded + b"".join(each.digest() for each in sums)).digest(),
            content_key=content_key(given.content.text, given.content.links, [each.hexdigest() for each in sums]),
            text_key=text_key(given.text),
        )
        if files:
            before = self._before(one)
            if before is not None:
                return before
            one.sealed = [self._seal(one, file, who) for file in files]
        return one

    def _before(self, one: Incoming) -> str | None:
        with self._database.read() as connection:
            before = reports.received(connection, [one.request_key]).get(one.request_key)
        if before is None:
            return None
        if before.request_hash != one.request_hash:
            raise IdempotencyMismatch(
                "this report was received before with other content", hint="use a fresh Idempotency-Key or id"
            )
        return before.receipt

    def _seal(self, one: Incoming, file: MediaFile, who: str) -> Kept:
        return self._vault.prepare(
            file.data,
            subject=one.given.subject,
            name=file.name,
            media_type=media_type(file.data),
            why=f"reported: {one.given.reason.value}",
            who=who,
            receipt=one.receipt,
        )

    def _write(self, batch: Sequence[Incoming]) -> Sequence[str | SiyajError]:
        for _ in range(_ATTEMPTS):
            try:
                with self._database.begin() as connection:
                    results = self._intake.write(connection, batch)
            except AlreadyExists:
                continue  # another process took the same report, or opened the same case, first: read again
            return results
        raise StorageUnavailable("another process keeps writing the same report", hint="retry")


def _refuse_nul(given: NewReport) -> None:
    """PostgreSQL's texts cannot hold it, and nobody means it."""
    if any("\0" in text for text in _texts(msgspec.to_builtins(given))):
        raise InvalidRequest("a report must not hold a NUL character")


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for each in value.values() for text in _texts(each)]
    if isinstance(value, list):
        return [text for each in value for text in _texts(each)]
    return []


def _request_key(given: NewReport, scope: str, idempotency_key: str | None) -> str:
    if idempotency_key is not None:
        return f"{scope}:key:{idempotency_key}"
    return f"{scope}:report:{given.id}" if given.id else f"{scope}:once:{secrets.token_hex(16)}"
