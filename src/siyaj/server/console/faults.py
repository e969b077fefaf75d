"""What a page says when something goes wrong: a title and a sentence for each kind of error, in the reader's language.

The error's own message is English, for those who look after the server; the page keeps it under "Details".
"""

from typing import Any

from siyaj.model.errors import ErrorCode, SiyajError
from siyaj.model.person import Permission
from siyaj.server.console import words
from siyaj.server.console.i18n import N_
from siyaj.server.console.i18n import gettext as _

_SAID: dict[ErrorCode, tuple[str, str]] = {
    ErrorCode.NOT_FOUND: (
        N_("There is nothing here"),
        N_("The address is wrong, or what was here is gone. A link that serves once may have been used already."),
    ),
    ErrorCode.FORBIDDEN: (
        N_("The form is too old"),
        N_("Open the page again and send the form once more. Forms are taken from our own pages only."),
    ),
    ErrorCode.RATE_LIMITED: (N_("Too many attempts"), N_("Wait a few minutes, then try again.")),
    ErrorCode.STALE_VERSION: (
        N_("This has changed meanwhile"),
        N_("Somebody changed it after you opened it. Look at it again; nothing of yours was written over theirs."),
    ),
    ErrorCode.CASE_HELD: (
        N_("Somebody else is working on this"),
        N_("A case is in the hands of one person at a time. Take another one, or ask them to pass it on."),
    ),
    ErrorCode.DECISION_FINAL: (
        N_("This can no longer be undone"),
        N_("Its actions have left. A new decision may take its place."),
    ),
    ErrorCode.APPEAL_CLOSED: (
        N_("An appeal is no longer possible"),
        N_("There was an appeal already, or the time for it has passed."),
    ),
    ErrorCode.REQUEST_TOO_LARGE: (N_("That was too large"), N_("Send less at once, or smaller files.")),
    ErrorCode.REQUEST_TIMEOUT: (N_("That took too long"), N_("Try it once more; it is safe to repeat.")),
    ErrorCode.STORAGE_UNAVAILABLE: (
        N_("The database does not answer"),
        N_("Nothing was lost and nothing was recorded. Try it once more in a moment."),
    ),
    ErrorCode.OVERLOADED: (N_("Too much at once"), N_("Try it once more in a moment.")),
    ErrorCode.INTERNAL: (N_("A fault of ours"), N_("It is in the server's log, under the number below.")),
    ErrorCode.SEAL_BROKEN: (
        N_("The seal is broken"),
        N_("What was sealed has been changed, or its key is not here. Tell an administrator."),
    ),
}
_ELSE = (N_("This did not work"), N_("Something in the address or in the form does not fit."))


def said(error: SiyajError, request_id: str) -> dict[str, Any]:
    """Return what error.html shows."""
    title, sentence = _SAID.get(error.code, _ELSE)
    told, advice = _(title), _(sentence)
    if error.code is ErrorCode.FORBIDDEN and isinstance(error.hint, Permission):
        told = _("You may not do this")
        permission = _(words.PERMISSIONS[error.hint])
        advice = _("It needs the permission “%(permission)s”. Ask an administrator.") % {"permission": permission}
    return {"title": told, "sentence": advice, "error": error, "request_id": request_id}
