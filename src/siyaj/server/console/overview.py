"""The screens that look at the whole: numbers, quality, banks, policy, endpoints."""

from typing import Any

from siyaj.server.console.banks import BanksPages
from siyaj.server.console.endpoints import EndpointsController
from siyaj.server.console.numbers import NumbersController
from siyaj.server.console.policy import PolicyController
from siyaj.server.console.quality import QualityController

CONTROLLERS: tuple[Any, ...] = (NumbersController, QualityController, BanksPages, PolicyController, EndpointsController)
