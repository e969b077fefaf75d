"""The screens that look at the whole: numbers, quality, banks, policy, endpoints."""

from typing import Any

from siyaj.server.console.numbers import NumbersController
from siyaj.server.console.quality import QualityController

CONTROLLERS: tuple[Any, ...] = (NumbersController, QualityController)
