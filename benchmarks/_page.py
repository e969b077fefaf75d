"""Fills the tables of docs/benchmarks.md from what benchmarks wrote: figures in docs come from runs, not from memory.

`python -m benchmarks --page docs/benchmarks.md` replaces what stands between `<!-- table: NAME -->` and
`<!-- /table -->` by the rows of `benchmarks/out/NAME.jsonl`; tables of benchmarks that were not run stay as they are.
"""

import json
import re
from pathlib import Path

from benchmarks.report import line

_TABLE = re.compile(r"<!-- table: (\w+) -->\n.*?<!-- /table -->", re.DOTALL)
_HEADER = ("what", "ours", "peer", "ratio", "reach")


def fill(page: Path, out: Path) -> list[str]:
    """Return the names of the tables that were replaced."""
    filled = []

    def table(found: re.Match[str]) -> str:
        rows = out / f"{found[1]}.jsonl"
        if not rows.exists():
            return found[0]
        filled.append(found[1])
        lines = [json.loads(one) for one in rows.read_text(encoding="utf-8").splitlines()]
        return f"<!-- table: {found[1]} -->\n{_table(lines)}<!-- /table -->"

    page.write_text(_TABLE.sub(table, page.read_text(encoding="utf-8")), encoding="utf-8")
    return filled


def _table(rows: list[dict[str, str]]) -> str:
    """A note that most rows share stands below the table once."""
    notes = [row["note"] for row in rows if row["note"]]
    common = [note for note in dict.fromkeys(notes) if notes.count(note) > 3]
    lines = [f"| {' | '.join(_HEADER)} | note |", "|" + "---|" * (len(_HEADER) + 1)]
    for row in rows:
        note = "" if row["note"] in common else row["note"]
        lines.append(line([*(row[name] for name in _HEADER), note]))
    below = "".join(f"\nWhere no note stands: {note}.\n" for note in common)
    return "\n".join(lines) + "\n" + below
