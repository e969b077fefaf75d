"""The taxonomy: what rules say an item is. Codes are dotted; `tvec.manifesto` is a kind of `tvec`."""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from siyaj.policy.rules import Code, Sentence, Word


class Category(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """`severity` orders what a person looks at first: 1 is low, 5 is danger to life.

    `labels` are the bank labels that mean this category: a rule of `tvec` that fires on an entry labelled
    `manifesto` answers with `tvec.manifesto`.
    """

    code: Code
    title: Sentence
    title_ar: Sentence
    severity: Annotated[int, Meta(ge=1, le=5)]
    description: str = ""
    labels: list[Word] = msgspec.field(default_factory=list)
