"""`/report`: a notice by anybody, in Arabic or English (DSA Article 16)."""

import re
import secrets
from typing import Any

from litestar import Controller, Response, get, post
from litestar.datastructures import FormMultiDict, UploadFile

from siyaj.model.event import MediaFile
from siyaj.model.report import SubjectKind
from siyaj.server.console.i18n import gettext as _
from siyaj.server.console.i18n import ngettext
from siyaj.server.console.page import redirect, render
from siyaj.server.console.session import AnyRequest, TheForm, TheRuntime, address_of
from siyaj.server.public import fields
from siyaj.server.public.fields import KINDS, LONGEST, LONGEST_LOCATION, REASONS, Filled
from siyaj.server.public.limit import limit_of

_ONCE = re.compile(r"[\w-]{20,64}")


class ReportController(Controller):
    path = "/report"

    @get("/", sync_to_thread=False)
    def ask(self, request: AnyRequest, runtime: TheRuntime) -> Response[str]:
        asked = request.query_params.get("kind", "")
        kind = asked if asked in tuple(SubjectKind) else SubjectKind.ITEM.value
        return _page(request, runtime, Filled(kind=kind, location=request.query_params.get("location", "")[:LONGEST]))

    @post("/")
    async def take(self, request: AnyRequest, runtime: TheRuntime, form: TheForm) -> Response[str]:
        filled = fields.read(form)
        files = await _files(form)
        most = runtime.settings.max_files
        if len(files) > most:
            filled.faults["files"] = ngettext("Choose at most %(num)d file.", "Choose at most %(num)d files.", most) % {
                "num": most
            }
        if filled.faults:
            return _page(request, runtime, filled, had_files=bool(files))
        limit_of(request, runtime.settings).spend(address_of(request))
        once = str(form.get("once") or "")
        receipt = await runtime.reports.submit(
            fields.report_of(filled, runtime.keyring),
            scope="form",
            idempotency_key=once if _ONCE.fullmatch(once) else None,
            files=files,
            who="form",
        )
        return redirect(request, f"/receipt/{receipt}")


def _page(request: AnyRequest, runtime: TheRuntime, filled: Filled, *, had_files: bool = False) -> Response[str]:
    return render(
        request,
        "public/report.html",
        status=400 if filled.faults else 200,
        filled=filled,
        kinds=KINDS,
        reasons=REASONS,
        longest=LONGEST,
        longest_location=LONGEST_LOCATION,
        most_files=runtime.settings.max_files,
        once=secrets.token_urlsafe(24),
        had_files=had_files,
        days=round(runtime.settings.evidence_days),
        labels=_labels(),
    )


def _labels() -> dict[str, str]:
    """Return what each field is called where its fault is listed."""
    return {
        "kind": _("What do you report?"),
        "location": _("Where exactly is it?"),
        "reason": _("What is it about?"),
        "why": _("Why do you think that it is illegal?"),
        "quoted": _("What does it say?"),
        "files": _("Files"),
        "name": _("Your name"),
        "email": _("Your e-mail address"),
        "good_faith": _("Good faith"),
        "website": _("Website"),
    }


async def _files(form: FormMultiDict) -> list[MediaFile]:
    """Return the files that were chosen; a browser sends an empty part where none was."""
    given: list[Any] = form.getall("files", [])
    found = []
    for one in given:
        if isinstance(one, UploadFile):
            data = await one.read()
            if data or one.filename:
                found.append(MediaFile(one.filename[:255], data))
    return found
