"""One shape for every benchmark's answer, printed as a table or written as Markdown or JSON lines."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table


class Row(NamedTuple):
    """One line of a benchmark. `reach` is what was aimed for; `note` says what was measured on."""

    what: str
    ours: str
    peer: str
    ratio: str
    reach: str
    note: str = ""


HEADER = ("what", "ours", "peer", "ratio", "reach", "note")


def show(title: str, rows: Sequence[Row]) -> None:
    table = Table(*HEADER, title=title)
    for row in rows:
        table.add_row(*row)
    console = Console()
    Console(width=None if console.is_terminal else 180).print(table)


def write(folder: Path, name: str, rows: Sequence[Row]) -> None:
    """Write `NAME.md` and `NAME.jsonl`, so that docs quote a run and not a memory."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = ["| " + " | ".join(HEADER) + " |", "|" + "---|" * len(HEADER)]
    lines += [line(row) for row in rows]
    (folder / f"{name}.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    objects = (json.dumps(row._asdict(), ensure_ascii=False) for row in rows)
    (folder / f"{name}.jsonl").write_text("\n".join(objects) + "\n", encoding="utf-8")


def line(cells: Sequence[str]) -> str:
    """Return a row of a Markdown table."""
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def read(folder: Path, name: str) -> list[Row]:
    """Return the rows that were written before; none where there are none."""
    path = folder / f"{name}.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [Row(**json.loads(line)) for line in lines]


def merged(before: Sequence[Row], rows: Sequence[Row]) -> list[Row]:
    """Return the rows of before, those that were measured again in their places, and after them what is new."""
    again = {row.what: row for row in rows}
    return [again.pop(row.what, row) for row in before] + list(again.values())
