"""An evidence package: what is handed to a court or an authority. A zip with the files as they were sealed, and a
`manifest.json` that says of each its SHA-256, when, by whom and why it was sealed, and who has touched it since.

Who reported is left out: it is nobody's business but ours (DSA Article 16(5), data minimisation).
"""

import hashlib
import os
import tempfile
import zipfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from siyaj.model.clock import now_us, to_datetime
from siyaj.model.errors import AlreadyExists, InvalidRequest, NotFound, StorageUnavailable
from siyaj.model.evidence import Evidence
from siyaj.moderation.evidence.evidence import Vault
from siyaj.storage import audit, evidence, reports
from siyaj.storage.audit import AuditRow, Head
from siyaj.storage.database import Database

FORMAT = "siyaj-evidence/1"
MANIFEST = "manifest.json"
_MOST_CUSTODY = 1_000
_BLOCK = 1 << 20


class Item(Struct):
    """One file of the package, at `file`. `custody`: the audit log's rows about it, oldest first."""

    file: str
    evidence: Evidence
    custody: list[AuditRow]


class ReportedText(Struct):
    """What was there when it was reported, beside files."""

    case: str
    received_at: datetime
    reason: str
    text: str
    links: list[str]


class Manifest(Struct):
    """`instance` names the database, `audit` the end of its audit log when this was made: the same head noted
    elsewhere shows that the log was not rewritten."""

    format: str
    instance: str
    exported_at: datetime
    exported_by: str
    why: str
    audit: Head
    items: list[Item]
    texts: list[ReportedText]


class Fault(Struct):
    file: str
    message: str


def chosen(database: Database, ids: Sequence[str], case: str) -> list[str]:
    """Return the ids to export: those given, or all of a case that are not destroyed. Raises NotFound."""
    if ids:
        return list(dict.fromkeys(ids))
    with database.read() as connection:
        found = [one.id for one in evidence.listed(connection, case=case) if one.destroyed_at is None]
    if not found:
        raise NotFound(f"case {case!r} has no evidence")
    return found


def export(vault: Vault, database: Database, ids: Sequence[str], target: Path, *, who: str, why: str) -> Manifest:
    """Write a package. It appears whole or not at all; each opening and the export are in the audit log by then.

    Raises NotFound, SealBroken, AlreadyExists when the file is there already, StorageUnavailable.
    """
    if not why.strip():
        raise InvalidRequest("an export needs a reason", field="why")
    if target.exists():
        raise AlreadyExists(f"there is a file {str(target)!r} already", hint="choose another name")
    try:
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as draft:
            try:
                manifest = _write(vault, database, ids, Path(draft.name), who, why)
                os.link(draft.name, target)
            finally:
                Path(draft.name).unlink()
    except FileExistsError:
        raise AlreadyExists(f"there is a file {str(target)!r} already", hint="choose another name") from None
    except OSError as error:
        raise StorageUnavailable(f"cannot write {str(target)!r}: {error.strerror}") from None
    return manifest


def _write(vault: Vault, database: Database, ids: Sequence[str], draft: Path, who: str, why: str) -> Manifest:
    items = []
    with zipfile.ZipFile(draft, "w", zipfile.ZIP_STORED) as archive:
        for one in ids:
            data = vault.open(one, who, f"export: {why}")
            items.append(Item(f"files/{one}", vault.get(one), []))
            archive.writestr(items[-1].file, data)
        manifest = _manifest(database, items, who, why)
        encoded = msgspec.json.format(msgspec.json.encode(manifest), indent=2)
        archive.writestr(MANIFEST, encoded)
    with database.begin() as connection:
        for one in ids:
            audit.write(
                connection, who, "evidence.export", one, why=why, manifest_sha256=hashlib.sha256(encoded).hexdigest()
            )
    return manifest


def _manifest(database: Database, items: list[Item], who: str, why: str) -> Manifest:
    cases = {item.evidence.case: None for item in items if item.evidence.case}
    with database.read() as connection:
        for item in items:
            rows = audit.page(connection, subject=item.evidence.id, limit=_MOST_CUSTODY)
            item.custody = list(reversed(rows))
            item.evidence.receipt = None  # whoever has it may ask for the outcome
        texts = [
            ReportedText(case, one.received_at, one.reason.value, one.content.text, one.content.links)
            for case in cases
            for one in reports.of_case(connection, case)
            if one.content.text or one.content.links
        ]
        head = audit.head(connection)
    return Manifest(FORMAT, database.instance, to_datetime(now_us()), who, why, head, items, texts)


def verify(package: Path) -> tuple[Manifest, list[Fault]]:
    """Check a package's files against its manifest. Raises NotFound, InvalidRequest when it is no package."""
    try:
        with zipfile.ZipFile(package) as archive:
            manifest = msgspec.json.decode(archive.read(MANIFEST), type=Manifest)
            if manifest.format != FORMAT:
                raise InvalidRequest(f"{str(package)!r} is of the format {manifest.format[:50]!r}, not {FORMAT!r}")
            return manifest, _faults(archive, manifest)
    except FileNotFoundError:
        raise NotFound(f"there is no file {str(package)!r}", hint="check the path") from None
    except (zipfile.BadZipFile, KeyError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise InvalidRequest(f"{str(package)!r} is no evidence package: {error}") from None
    except OSError as error:
        raise StorageUnavailable(f"cannot read {str(package)!r}: {error.strerror}") from None


def _faults(archive: zipfile.ZipFile, manifest: Manifest) -> list[Fault]:
    there = set(archive.namelist()) - {MANIFEST}
    faults = [Fault(name, "is not in the manifest") for name in sorted(there - {item.file for item in manifest.items})]
    for item in manifest.items:
        if item.file not in there:
            faults.append(Fault(item.file, "is missing"))
        elif (found := _sha256(archive, item.file)) != item.evidence.sha256:
            faults.append(Fault(item.file, f"is not what was sealed: {found or 'damaged'}"))
    return faults


def _sha256(archive: zipfile.ZipFile, name: str) -> str:
    digest = hashlib.sha256()
    try:
        with archive.open(name) as file:
            while block := file.read(_BLOCK):
                digest.update(block)
    except zipfile.BadZipFile:
        return ""
    return digest.hexdigest()
