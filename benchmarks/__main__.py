"""`python -m benchmarks [NAME…] [--quick] [--shared DIR] [--out DIR]`: run benchmarks and print their tables.

`--only TEXT…` measures the rows that hold one of these texts and keeps the others as they were written, where the
benchmark can do that (`video`, `strangers`). A row is written when it is there: a run that was ended has lost nothing.
"""

import argparse
import importlib
import os
import pkgutil
from pathlib import Path

import benchmarks
from benchmarks._page import fill
from benchmarks.report import merged, read, show, write

HELPERS = {"report", "__main__"}


def _names() -> list[str]:
    found = (module.name for module in pkgutil.iter_modules(benchmarks.__path__))
    return sorted(name for name in found if name not in HELPERS and not name.startswith("_"))


def main() -> None:
    names = _names()
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("name", nargs="*", help=f"which to run; all where none is named: {', '.join(names)}")
    parser.add_argument("--quick", action="store_true", help="smaller sizes: does it run at all?")
    shared = os.environ.get("SIYAJ_SHARED", "../shared")
    parser.add_argument("--shared", type=Path, default=Path(shared), help="folder of shared material (%(default)s)")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/out"), help="where NAME.md goes (%(default)s)")
    parser.add_argument(
        "--only", nargs="+", default=[], help="measure the rows of `video` or `strangers` that hold one of these texts"
    )
    parser.add_argument("--page", type=Path, help="run nothing; fill this page's tables from what was written before")
    arguments = parser.parse_args()
    if arguments.page:
        print("filled", ", ".join(fill(arguments.page, arguments.out)) or "nothing")
        return
    unknown = set(arguments.name) - set(names)
    if unknown:
        parser.error(f"no benchmark called {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    for name in arguments.name or names:
        module = importlib.import_module(f"benchmarks.{name}")
        kept = read(arguments.out, name) if arguments.only else []
        rows = []
        for row in module.run(arguments):
            rows.append(row)
            write(arguments.out, name, merged(kept, rows))
        show(f"{name}: {(module.__doc__ or '').splitlines()[0]}", rows)


if __name__ == "__main__":
    main()
