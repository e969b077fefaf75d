"""The screens where reviewers spend their day: the queue, the case, subjects, and what was decided."""

from typing import Any

from siyaj.server.console.casework.case import CaseController
from siyaj.server.console.casework.decided import DecisionsController
from siyaj.server.console.casework.deeds import DeedsController
from siyaj.server.console.casework.lists import ListsController
from siyaj.server.console.casework.media import ExposureController, MediaController
from siyaj.server.console.casework.queue import QueueController
from siyaj.server.console.casework.subject import SubjectController
from siyaj.server.console.casework.translating import TranslatingController

CONTROLLERS: tuple[Any, ...] = (
    QueueController,
    CaseController,
    DeedsController,
    TranslatingController,
    MediaController,
    ExposureController,
    DecisionsController,
    ListsController,
    SubjectController,
)
