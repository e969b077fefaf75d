"""Banks and entries: curated lists of known items."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import Struct

CONFIRMATIONS_TO_ACT_ALONE = 2
"""Entries that act without a person need two people (DESIGN: principles)."""


class Opinion(StrEnum):
    SEED = "seed"
    """Someone else says so (an import)."""
    CONFIRMED = "confirmed"
    """Our reviewers say so."""
    NEGATIVE = "negative"
    """Known harmless: silences matches on the same item."""


class Bank(Struct, omit_defaults=False):
    id: int
    name: str
    description: str
    created_at: datetime
    entries: int = 0


class EntrySignal(Struct, frozen=True, omit_defaults=True):
    """One signal of an entry as it is stored; `id` is the `ref` that indexes carry."""

    id: int
    type: str
    value: str
    quality: int = 100


class Entry(Struct):
    """One known item. `acts_alone` is true when the opinion is confirmed and enough people said so."""

    id: int
    bank: str
    key: str
    opinion: Opinion
    labels: list[str]
    provenance: dict[str, Any]
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    confirmed_by: list[str] = msgspec.field(default_factory=list)
    signals: list[EntrySignal] = msgspec.field(default_factory=list)

    @property
    def acts_alone(self) -> bool:
        return self.opinion is Opinion.CONFIRMED and len(set(self.confirmed_by)) >= CONFIRMATIONS_TO_ACT_ALONE
