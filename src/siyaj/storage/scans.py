"""What a scan of files has done so far, so that an interrupted one can go on."""

from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy import Connection, bindparam, delete, select

from siyaj.model.clock import now_us
from siyaj.storage.tables import scan_files


class ScannedRow(Struct):
    """`fingerprint` tells whether the file changed since; `result` is the JSON line that was printed."""

    path: str
    fingerprint: str
    result: bytes


_KNOWN = select(scan_files.c.path, scan_files.c.fingerprint, scan_files.c.result).where(
    scan_files.c.scan == bindparam("scan"), scan_files.c.path.in_(bindparam("paths", expanding=True))
)


def known(connection: Connection, scan: str, paths: Sequence[str]) -> dict[str, ScannedRow]:
    """Return what is known of these paths in this scan, by path."""
    rows = connection.execute(_KNOWN, {"scan": scan, "paths": list(paths)})
    return {row.path: ScannedRow(row.path, row.fingerprint, bytes(row.result)) for row in rows}


def save(connection: Connection, scan: str, rows: Sequence[ScannedRow]) -> None:
    """Write results; a path that was scanned before is replaced."""
    if not rows:
        return
    now = now_us()
    connection.execute(
        delete(scan_files).where(scan_files.c.scan == scan, scan_files.c.path.in_([row.path for row in rows]))
    )
    connection.execute(
        scan_files.insert(),
        [
            {"scan": scan, "path": row.path, "fingerprint": row.fingerprint, "result": row.result, "at": now}
            for row in rows
        ],
    )


def forget(connection: Connection, scan: str) -> None:
    """Forget a scan: the next one starts from the first file."""
    connection.execute(delete(scan_files).where(scan_files.c.scan == scan))
