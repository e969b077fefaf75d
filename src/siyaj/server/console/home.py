"""`/console/`: where one lands."""

from litestar import Controller, Response, get

from siyaj.model.person import Permission
from siyaj.server.console.page import render
from siyaj.server.console.session import AnyRequest


class HomeController(Controller):
    path = "/"

    @get("/", opt={"permission": Permission.SEE_SELF}, sync_to_thread=True)
    def home(self, request: AnyRequest) -> Response[str]:
        return render(request, "home.html")
