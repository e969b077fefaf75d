"""`siyaj hash`: what Siyaj sees in a file."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from rich.table import Table

from siyaj.cli.session import SOME_FAILED, emit, out, plain, session
from siyaj.model.paths import shown
from siyaj.model.settings import Settings
from siyaj.signals.box import MediaBox
from siyaj.signals.files import Extraction

_LONGEST_SHOWN = 64


def hash(
    *files: Annotated[Path, Parameter(help="Pictures or any other files")],
    dihedral: Annotated[
        bool, Parameter(negative="", help="Also the hashes of the seven turned and mirrored versions")
    ] = False,
) -> int:
    """Print the signals of files: SHA-256, MD5, PDQ and what plug-ins bring. Nothing is stored.

    A file that cannot be read is named with its error; the others are still hashed (exit code 1).
    """
    failed = False
    with open_box(session.get().settings) as box:
        for path, extraction in _extractions(files, box):
            error = first_error(extraction)
            failed = failed or error is not None
            signals = [s for s in extraction.signals if dihedral or not s.variant]
            if session.get().json:
                rows = [{"type": s.type, "value": s.value, "quality": s.quality} | _variant(s.variant) for s in signals]
                emit({"path": shown(path), "signals": rows, "error": error})
            else:
                _print(shown(path), [(s.type, s.variant, s.value, str(s.quality)) for s in signals], error)
    return SOME_FAILED if failed else 0


def open_box(settings: Settings) -> MediaBox:
    """Return decoder processes with the limits of these settings."""
    return MediaBox(
        workers=settings.decoders,
        seconds=settings.decode_seconds,
        banking_seconds=settings.banking_seconds,
        memory_mb=settings.decode_memory_mb,
        max_pixels=settings.max_pixels,
    )


def first_error(extraction: Extraction) -> dict[str, str] | None:
    """Return the first reason why a signal is missing, as it stands in JSON lines."""
    return next(({"code": m.code, "message": m.message} for m in extraction.missing), None)


def _extractions(files: tuple[Path, ...], box: MediaBox) -> Iterator[tuple[Path, Extraction]]:
    for path in files:
        yield path, box.extract(path)


def _variant(variant: str) -> dict[str, Any]:
    return {"variant": variant} if variant else {}


def _print(path: str, rows: list[tuple[str, str, str, str]], error: dict[str, str] | None) -> None:
    table = Table("signal", "value", "quality", title=plain(path), title_justify="left", box=None)
    for kind, variant, value, quality in rows:
        shown = value if len(value) <= _LONGEST_SHOWN else f"{value[:_LONGEST_SHOWN]}… ({len(value)} characters)"
        table.add_row(f"{kind} {variant}".strip(), plain(shown), quality)
    out.print(table)
    if error:
        out.print(f"  [red]{error['code']}[/] {plain(error['message'])}")
