"""What a person asks for on a case beside deciding it: the same for every deed, so that each is one line."""

from collections.abc import Callable

from litestar import Response
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency
from msgspec import Struct

from siyaj.model.errors import SiyajError
from siyaj.model.person import Person
from siyaj.moderation.runtime import Runtime
from siyaj.server.console.casework import panel
from siyaj.server.console.casework.case import next_address, refused
from siyaj.server.console.page import redirect
from siyaj.server.console.session import AnyRequest, TheForm, ThePerson, TheRuntime


class Asked(Struct):
    request: AnyRequest
    runtime: Runtime
    person: Person
    form: FormMultiDict

    @property
    def case(self) -> str:
        return str(self.request.path_params["case"])

    @property
    def seen(self) -> tuple[str, Person, int]:
        """The case, who asks, and the version that they saw."""
        return self.case, self.person, panel.version_of(self.form)

    def text(self, field: str) -> str:
        return str(self.form.get(field) or "").strip()

    def done(self, deed: Callable[[], object]) -> Response[str]:
        """Do it and go on to the next case; or say on the spot why not."""
        try:
            deed()
        except SiyajError as error:
            return refused(self.request, self.runtime, self.person, self.case, self.form, error)
        return redirect(self.request, next_address(self.runtime, self.person))


TheAsked = NamedDependency[Asked]


def asked(request: AnyRequest, runtime: TheRuntime, person: ThePerson, form: TheForm) -> Asked:
    return Asked(request, runtime, person, form)
