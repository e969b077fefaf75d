"""`/console/`: where one lands: what waits for one, and what there is."""

from litestar import Controller, Response, get

from siyaj.model.case import CaseState
from siyaj.model.person import Permission
from siyaj.model.queue import QueueFilter
from siyaj.server.console import nav
from siyaj.server.console.page import render
from siyaj.server.console.session import AnyRequest, ThePerson, TheRuntime

_MOST_HELD = 5


class HomeController(Controller):
    path = "/"

    @get("/", opt={"permission": Permission.SEE_SELF}, sync_to_thread=True)
    def home(self, request: AnyRequest, runtime: TheRuntime, person: ThePerson) -> Response[str]:
        works = person.may(Permission.DECIDE)
        mine = QueueFilter(state=CaseState.OPEN, holder=person.id)
        return render(
            request,
            "home.html",
            works=works,
            waiting=runtime.cases.waiting(person) if works else 0,
            held=[case for _, case in runtime.cases.queue(mine, limit=_MOST_HELD)] if works else [],
            mentions=len(runtime.cases.mentions(person)) if person.may(Permission.SEE_CASES) else 0,
            places=[place for place in nav.places(person) if place.about],
        )
