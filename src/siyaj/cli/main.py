"""`siyaj`: the command line. One file for each command group; a group is imported when it is used.

Exit codes: 0 done; 1 done, but some items were refused or failed (each is named); 2 the call is wrong or asks for
something that is not there; 3 a fault of ours or of the database; 130 interrupted.
"""

import os
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import App, Group, Parameter

from siyaj import __version__
from siyaj.cli.session import Session, run, session
from siyaj.model.settings import load_settings

HELP = """Recognise, decide and record known terrorist and violent extremist content.

Start with `siyaj demo`, or with your own material:

    siyaj bank create known
    siyaj bank add known picture.jpg --opinion confirmed
    siyaj scan uploads/

Results go to stdout, progress and messages to stderr. Settings are environment variables; see docs/operations.md.
Exit codes: 0 done, 1 some items failed, 2 wrong call, 3 our fault, 130 interrupted."""

app = App(name="siyaj", help=HELP, version=__version__, help_format="markdown")
app.meta.group_parameters = Group("Every command takes", sort_key=99)

for name in (
    "audit",
    "bank",
    "delivery",
    "endpoint",
    "evidence",
    "key",
    "person",
    "policy",
):
    app.command(f"siyaj.cli.{name}:app", name=name)
for name in ("hash", "scan", "check", "serve"):
    app.command(f"siyaj.cli.{name}:{name}", name=name)
app.command("siyaj.cli.explain:explain_", name="explain")
app.command("siyaj.cli.demo.play:demo", name="demo")


@app.meta.default
def launch(
    *tokens: Annotated[str, Parameter(show=False, allow_leading_hyphen=True)],
    data: Annotated[Path | None, Parameter(help="Folder of the database and indexes [env: SIYAJ_DATA]")] = None,
    database: Annotated[
        str | None, Parameter(help="Database URL; SQLite in the data folder if not given [env: SIYAJ_DATABASE]")
    ] = None,
    json: Annotated[bool, Parameter(negative="", help="One JSON object per line on stdout")] = False,
) -> int:
    settings = load_settings(data=str(data) if data else None, database=database)
    session.set(Session(settings, json))
    _keep_kernels(Path(settings.data))
    result = app(tokens, exit_on_error=True, print_error=True, result_action="return_value")
    return result if isinstance(result, int) else 0


def _keep_kernels(data: Path) -> None:
    """Compiled kernels are kept beside the code or in the user's cache; where both are read-only, with the data."""
    places = (Path(__file__).parent, Path.home())
    if not any(os.access(place, os.W_OK) for place in places):
        os.environ.setdefault("NUMBA_CACHE_DIR", str(data / "kernels"))


def main() -> None:
    """The entry point: translates errors into exit codes and one readable message."""
    if not set(sys.argv[1:]) - {"--help", "-h"}:
        _import_all()
    sys.exit(run(lambda: app.meta(result_action="return_value")))


def _import_all() -> None:
    """The list of all commands shows what each is for, which stands beside its code."""
    for name in app:
        app[name]


if __name__ == "__main__":
    main()
