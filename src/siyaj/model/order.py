"""An order: an authority's removal order with a clock (Regulation (EU) 2021/784, Article 3: one hour)."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from siyaj.model.report import Subject


class NewOrder(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """The body of `POST /v1/orders`. Authority and reference name the order: the same again is the same order."""

    authority: Annotated[str, Meta(min_length=1, max_length=300, description="who issued it")]
    reference: Annotated[str, Meta(min_length=1, max_length=300, description="the authority's own number of it")]
    subject: Subject
    text: Annotated[str, Meta(max_length=100_000, description="what it says: the reasons, and how to appeal")] = ""
    hours: Annotated[float, Meta(gt=0, le=8_760, description="the clock; it starts when this arrives")] = 1.0


class Order(Struct):
    """As it is kept. `action` is what was decided, once it was."""

    id: str
    authority: str
    reference: str
    subject: Subject
    text: str
    case: str
    received_at: datetime
    deadline: datetime
    closed_at: datetime | None = None
    action: str | None = None
