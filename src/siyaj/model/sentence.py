"""Sentences that are read in more than one language: made of clauses, each a code with values.

A sentence is its English text, so that programs and logs have it; whoever shows it to people says its clauses in
theirs.
"""

from collections.abc import Iterable

import msgspec
from msgspec import Struct

Value = str | float | int

TEXTS = {
    "identical": "identical",
    "bits": "%(bits)s of %(of)s bits differ",
    "statement": "%(share)s of the statement stands in this text",
    "name": "%(share)s like the listed name %(name)s",
    "term.word": "the term stands in the text, as a word",
    "term.dots": "the term stands in the text, without its dots",
    "term.disguise": "the term stands in the text, in disguise",
    "term.blank": "the term stands in the text, with a blank inside a word",
    "term.spelled": "the term is spelled letter by letter",
    "url.same": "the same address",
    "url.invite": "the same invite link",
    "url.page": "the same page with other parameters",
    "url.below": "at or below %(place)s",
    "url.host": "on the host %(place)s",
    "url.post": "a post of this channel",
    "url.imitated": ", whose host is imitated by %(host)s",
    "local.share": "%(share)s of what is in common agrees",
    "local.mirrored": ", mirrored",
    "local.turned": ", turned by %(degrees)s°",
    "local.both": ", mirrored and turned by %(degrees)s°",
    "local.over": ": %(share_banked)s of the banked picture, %(share_this)s of this one; %(count)s features agree",
    "video.segment": "%(start)s–%(end)s of this video is %(entry_start)s–%(entry_end)s of the banked one",
    "video.more": ", and %(count)s more",
    "video.left": ", in the left half",
    "video.right": ", in the right half",
    "video.top": ", in the top half",
    "video.bottom": ", in the bottom half",
    "video.content": ", inside its bars",
    "video.mirrored": ", mirrored",
    "video.upside": ", upside down",
    "video.upside_mirrored": ", upside down and mirrored",
    "video.quarter": ", turned by a quarter",
    "video.speed": ", at %(speed)s× its speed",
    "video.share": "; %(share)s of its frames agree",
    "audio.segment": "%(start)s–%(end)s of this is %(entry_start)s–%(entry_end)s of the banked sound",
    "audio.speed": " at %(share_speed)s of its speed",
    "audio.marks": "; %(count)s landmarks agree",
}
"""Of each code, in English. The values whose names begin with `share` are shares of 1; the sentence is the clauses one
after the other."""


class Clause(Struct, frozen=True, omit_defaults=True):
    code: str
    values: dict[str, Value] = msgspec.field(default_factory=dict)


class Sentence(str):
    """English, with the clauses that it is made of."""

    __slots__ = ("clauses",)
    clauses: tuple[Clause, ...]


def clause(code: str, **values: Value) -> Clause:
    return Clause(code, values)


def sentence(*clauses: Clause) -> Sentence:
    made = Sentence("".join(english(clauses)))
    made.clauses = clauses
    return made


def english(clauses: Iterable[Clause]) -> Iterable[str]:
    for one in clauses:
        yield TEXTS[one.code] % {name: _written(name, value) for name, value in one.values.items()}


def _written(name: str, value: Value) -> str:
    if isinstance(value, str):
        return value
    return f"{value:.0%}" if name.startswith("share") else f"{value:g}"
