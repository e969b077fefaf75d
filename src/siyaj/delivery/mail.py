"""E-mail: letters leave by the organisation's own SMTP server, or not at all. Off until `SIYAJ_SMTP` names one."""

import smtplib
import ssl
from collections.abc import Callable
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from siyaj.delivery.schedule import wait_after
from siyaj.model.clock import now_us
from siyaj.model.errors import NotFound, UserError
from siyaj.model.settings import Settings
from siyaj.moderation.appeals.appeals import Appeals
from siyaj.moderation.appeals.letters import Letter, to_appellant, to_reporter
from siyaj.moderation.reports.contact import address_of
from siyaj.moderation.reports.reports import Reports
from siyaj.storage import audit, mails
from siyaj.storage.database import Database
from siyaj.storage.mails import Mail

LOOK_SECONDS = 5.0
LOST_SECONDS = 120.0
TIMEOUT_SECONDS = 20.0
_HERE = ("localhost", "127.0.0.1", "::1")
_PORTS = {"smtp": 587, "smtps": 465}


class Server(Struct):
    """Where letters go. `implicit`: TLS from the first byte; else STARTTLS, which only a server here may lack."""

    host: str
    port: int
    implicit: bool
    user: str
    password: str
    sender: str


def server_of(settings: Settings) -> Server | None:
    """Read the settings; None: no mail is sent. Raises UserError."""
    if not settings.smtp:
        return None
    url = urlsplit(settings.smtp)
    hint = "e.g. smtps://user:password@mail.example.org"
    try:
        port = url.port
    except ValueError:
        raise UserError("SIYAJ_SMTP has a port that is none", hint=hint) from None
    if url.scheme not in _PORTS or not url.hostname or url.path.strip("/"):
        raise UserError("SIYAJ_SMTP is no address of an SMTP server", hint=hint)
    if not address_of(settings.smtp_from):
        raise UserError("SIYAJ_SMTP_FROM must be the e-mail address that letters come from")
    user, password = unquote(url.username or ""), unquote(url.password or "")
    return Server(url.hostname, port or _PORTS[url.scheme], url.scheme == "smtps", user, password, settings.smtp_from)


def send(server: Server, letter: Letter) -> None:
    """Raises OSError and smtplib's errors; the server has taken it when this returns."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = server.sender, letter.to, letter.subject
    message["Date"], message["Message-ID"] = formatdate(), make_msgid(domain=server.sender.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    message["Content-Language"] = letter.language
    trusted = ssl.create_default_context()
    if server.implicit:
        opened: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT_SECONDS, context=trusted)
    else:
        opened = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_SECONDS)
    with opened:
        opened.ehlo()
        if not server.implicit and (server.host not in _HERE or opened.has_extn("starttls")):
            opened.starttls(context=trusted)
        if server.user:
            opened.login(server.user, server.password)
        opened.send_message(message)


class Mails:
    """Sends what is due, one letter after the other, and tries again as other deliveries do: for three days."""

    def __init__(
        self,
        database: Database,
        reports: Reports,
        appeals: Appeals,
        settings: Settings,
        post: Callable[[Server, Letter], None] = send,
    ) -> None:
        """Raises UserError for settings that are none."""
        self._database = database
        self._reports = reports
        self._appeals = appeals
        self._settings = settings
        self._server = server_of(settings)
        self._post = post

    def work(self) -> int:
        """Send one; return how many there were. Raises StorageUnavailable."""
        if self._server is None:
            return 0
        now = now_us()
        with self._database.begin() as connection:
            one = mails.claim(connection, now, now + int(LOST_SECONDS * 1_000_000))
        if one is None:
            return 0
        letter, fault, is_final = self._letter(one), "", False
        if letter is not None:
            try:
                self._post(self._server, letter)
            except (OSError, smtplib.SMTPException, ssl.SSLError) as error:
                fault, is_final = f"{type(error).__name__}: {error}".replace(letter.to, "…"), _is_final(error)
        self._settle(one, fault, is_final)
        return 1

    def _letter(self, one: Mail) -> Letter | None:
        try:
            if one.id.startswith("rcp_"):
                return to_reporter(self._reports.get(one.id), one.due, self._settings)
            appeal = self._appeals.get(one.id)
            return to_appellant(appeal, one.due, self._appeals.link(appeal.decision, appeal.side))
        except NotFound:
            return None

    def _settle(self, one: Mail, fault: str, is_final: bool) -> None:
        wait = wait_after(one.attempts) if fault and not is_final else None
        with self._database.begin() as connection:
            again_at = now_us() + int(wait * 1_000_000) if wait is not None else None
            mails.settle(connection, one, again_at=again_at, error=fault)
            if fault and wait is None:
                # A receipt is a secret: who has it may read the page.
                audit.write(
                    connection, "system", "mail.lost", "report" if one.id.startswith("rcp_") else one.id, why=fault
                )


def _is_final(error: Exception) -> bool:
    """A refusal of this letter or its address for good (5xx), not of us."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _said in error.recipients.values())
    return isinstance(error, smtplib.SMTPDataError) and error.smtp_code >= 500
