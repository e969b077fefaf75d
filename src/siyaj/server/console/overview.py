"""The screens that look at the whole: numbers, quality, banks, policy, endpoints."""

from typing import Any

from siyaj.server.console.banks import BanksExport, BanksPages
from siyaj.server.console.endpoints import EndpointsController
from siyaj.server.console.numbers import NumbersController
from siyaj.server.console.policy import PolicyController, PolicyExport
from siyaj.server.console.quality import QualityController

CONTROLLERS: tuple[Any, ...] = (
    NumbersController,
    QualityController,
    BanksPages,
    BanksExport,
    PolicyController,
    PolicyExport,
    EndpointsController,
)
