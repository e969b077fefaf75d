"""The screens where reviewers spend their day: the queue, the case, subjects, and what was decided."""

from typing import Any

from siyaj.server.console.casework.queue import QueueController

CONTROLLERS: tuple[Any, ...] = (QueueController,)
