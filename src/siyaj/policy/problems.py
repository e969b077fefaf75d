"""What is wrong with a policy: every problem has a file, a line, a sentence and, where there is one, a hint."""

import difflib
from collections.abc import Iterable, Sequence

from msgspec import Struct

from siyaj.model.errors import InvalidPolicy

MOST_PROBLEMS = 100


class Problem(Struct, frozen=True):
    """`line` is 1-based; 0 means the file as a whole."""

    file: str
    line: int
    message: str
    hint: str = ""

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file

    def __str__(self) -> str:
        advice = f" ({self.hint})" if self.hint else ""
        return f"{self.place}: {self.message}{advice}"


class FaultyPolicy(InvalidPolicy):
    """All problems of a policy at once, in the order of files and lines; the first one is the message."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = sorted(problems, key=lambda problem: (problem.file, problem.line, problem.message))
        first = self.problems[0]
        more = len(self.problems) - 1
        message = first.message + (f"; and {more} more problem{'s' if more > 1 else ''}" if more else "")
        super().__init__(message, field=first.place, hint=first.hint or None)


def did_you_mean(wrong: str, known: Iterable[str]) -> str:
    """Return a hint with the nearest known word, or with all of them where none is near and they are few."""
    known = sorted(known)
    if near := difflib.get_close_matches(wrong[:100], known, n=1, cutoff=0.6):
        return f"did you mean {near[0]!r}?"
    return f"known: {', '.join(known)}" if 0 < len(known) <= 30 else ""
