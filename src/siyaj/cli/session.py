"""What every command shares: settings, how to print, and how errors become messages and exit codes."""

import logging
import os
import sys
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import msgspec
from msgspec import Struct
from rich.console import Console
from rich.markup import escape

from siyaj.model.errors import ErrorCode, SiyajError, UserError
from siyaj.model.settings import Settings
from siyaj.policy.problems import FaultyPolicy

SOME_FAILED = 1
WRONG_CALL = 2
OUR_FAULT = 3
INTERRUPTED = 130


class Session(Struct, frozen=True):
    settings: Settings
    json: bool


session: ContextVar[Session] = ContextVar("session")
out = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 160)  # a pipe has no width
err = Console(stderr=True, highlight=False)


def who() -> str:
    """Return who acts, for the audit log: the operating system's user."""
    return (
        f"cli:{os.environ.get('SIYAJ_PERSON') or os.environ.get('SUDO_USER') or os.environ.get('USER') or os.getuid()}"
    )


def emit(line: Any) -> None:
    """Print one JSON object on one line. Flushed, so that a reader at the other end of a pipe sees it at once."""
    sys.stdout.buffer.write(msgspec.json.encode(line) + b"\n")
    sys.stdout.buffer.flush()


def say(message: str) -> None:
    """Print a message for a person, on stderr."""
    err.print(message)


def plain(text: str) -> str:
    """Return text from outside safe to print: no terminal controls, no markup, no bidi overrides."""
    shown = "".join(c if c.isprintable() or c == " " else "�" for c in text)
    return escape(shown)


def run(command: Callable[[], Any]) -> int:
    """Run a command and return its exit code; print what went wrong in one sentence."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    try:
        result = command()
    except UserError as error:
        return _explain(error, WRONG_CALL)
    except SiyajError as error:
        return _explain(error, OUR_FAULT)
    except KeyboardInterrupt:
        err.print("[yellow]interrupted[/]")
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if os.environ.get("SIYAJ_DEBUG"):
            raise
        fault = SiyajError(f"a fault of Siyaj: {type(error).__name__}: {error}", hint="SIYAJ_DEBUG=1 shows where")
        return _explain(fault, OUR_FAULT)
    return result if isinstance(result, int) else 0


def _explain(error: SiyajError, code: int) -> int:
    current = session.get(None)
    if isinstance(error, FaultyPolicy):
        for one in error.problems:
            err.print(f"[red]{plain(one.file)}:{one.line}[/] {plain(one.message)}")
            if one.hint:
                err.print(f"  [cyan]hint[/] {plain(one.hint)}")
        if current is not None and current.json:
            emit({"error": problem(error), "problems": error.problems})
        return code
    if current is not None and current.json:
        emit({"error": problem(error)})
    err.print(f"[red]error[/] {plain(error.message)} [dim]({error.code})[/]")
    if error.field:
        err.print(f"  at {plain(error.field)}")
    if error.hint:
        err.print(f"  [cyan]hint[/] {plain(error.hint)}")
    return code


def problem(error: SiyajError) -> dict[str, str]:
    """Return an error as it stands in JSON lines."""
    given = {"code": ErrorCode(error.code).value, "message": error.message, "field": error.field, "hint": error.hint}
    return {key: value for key, value in given.items() if value}
