"""Letters to reporters and appellants, by a real SMTP server on loopback: with TLS, with a password, tried again."""

import email.policy
import socket
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from siyaj.delivery.mail import Mails, server_of
from siyaj.model.action import ActionKind
from siyaj.model.appeal import NewAppeal, Side
from siyaj.model.decision import Draft, Exemption
from siyaj.model.errors import UserError
from siyaj.model.person import Role
from siyaj.model.report import NewReport, Reporter, ReportReason, Subject, SubjectKind
from siyaj.model.settings import Settings
from siyaj.moderation.reports.contact import address_of
from siyaj.moderation.runtime import Runtime
from siyaj.storage import audit
from siyaj.storage.tables import mails as table

PERSON = "huda@reporters.example"


class Sink:
    """Takes letters; refuses as it is told."""

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []
        self.refuse = ""

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        if self.refuse:
            return self.refuse
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        letter = BytesParser(policy=email.policy.default).parsebytes(envelope.content)
        assert isinstance(letter, EmailMessage)
        assert envelope.rcpt_tos == [letter["To"]]
        self.taken.append(letter)
        return "250 taken"

    def text(self) -> str:
        return str(self.taken[-1].get_content())


@pytest.fixture
def sink() -> Sink:
    return Sink()


@pytest.fixture
def plain(sink: Sink) -> Iterator[str]:
    """A relay on this machine: no TLS, no password."""
    yield from _running(Controller(sink, hostname="127.0.0.1", port=free_port()))


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _running(controller: Controller) -> Iterator[str]:
    controller.start()
    yield f"localhost:{controller.port}"
    controller.stop()


@pytest.fixture
def house(tmp_path: Path, database_url: str, plain: str) -> Iterator[Callable[..., Runtime]]:
    opened = []

    def make(**settings: Any) -> Runtime:
        given = {"smtp": f"smtp://{plain}", "smtp_from": "safety@forum.example", **settings}
        own = Settings(data=str(tmp_path), database=database_url, decoders=1, public_url="https://s.example", **given)
        opened.append(Runtime.open(own))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


def mails_of(runtime: Runtime) -> Mails:
    return Mails(runtime.database, runtime.reports, runtime.appeals, runtime.settings)


def report(runtime: Runtime, contact: str = PERSON, text: str = "It calls for violence.", item: str = "m-1") -> str:
    reporter = Reporter(id=f"form:{contact}", name="Huda", contact=contact)
    given = NewReport(Subject(SubjectKind.ITEM, item), ReportReason.INCITEMENT, text=text, reporter=reporter)
    return runtime.reports.receive(given, scope="test")


def decide(runtime: Runtime, case: str, action: ActionKind = ActionKind.REMOVE, login: str = "amal") -> str:
    person = next((one for one in runtime.people.listed() if one.login == login), None)
    person = person or runtime.people.create(login, login, [Role.LEAD], who="test")
    taken = runtime.cases.take(case, person)
    draft = Draft(action, Exemption.NONE, policy="tvec", deviation="sample")
    made = runtime.decisions.decide(case, draft, person, taken.version)
    assert made is not None
    return made.id


def due_now(runtime: Runtime) -> None:
    """The seconds in which a decision can be undone, and those between two attempts, are over."""
    with runtime.database.begin() as connection:
        connection.execute(table.update().values(next_at=0))


def test_a_reporter_is_told_that_it_arrived_and_what_became_of_it(house: Callable[..., Runtime], sink: Sink) -> None:
    runtime = house()
    receipt, mails = report(runtime), mails_of(runtime)
    assert mails.work() == 1 and mails.work() == 0
    (letter,) = sink.taken
    assert letter["Subject"] == "Your report has been received" and letter["From"] == "safety@forum.example"
    assert letter["Auto-Submitted"] == "auto-generated" and letter.get_content_type() == "text/plain"
    assert f"https://s.example/receipt/{receipt}" in sink.text()
    assert "violence" not in sink.text() and "Huda" not in sink.text(), "nothing that somebody wrote is sent to anybody"
    decide(runtime, runtime.reports.get(receipt).case or "")
    assert mails.work() == 0, "not while it can still be undone"
    due_now(runtime)
    assert mails.work() == 1
    assert sink.taken[-1]["Subject"] == "What became of your report" and "acted on it" in sink.text()
    assert mails.work() == 0


def test_who_writes_arabic_reads_arabic(house: Callable[..., Runtime], sink: Sink) -> None:
    runtime = house()
    receipt = report(runtime, text="يدعو هذا المنشور إلى العنف.")
    mails_of(runtime).work()
    assert sink.taken[0]["Subject"] == "وصل بلاغك" and sink.taken[0]["Content-Language"] == "ar"
    assert f"/receipt/{receipt}" in sink.text() and "سينظر فيه شخص" in sink.text()


def test_a_decision_that_was_undone_is_told_to_nobody(house: Callable[..., Runtime], sink: Sink) -> None:
    runtime = house()
    case, mails = runtime.reports.get(report(runtime)).case or "", mails_of(runtime)
    mails.work()
    made = decide(runtime, case)
    runtime.decisions.undo(made, runtime.people.get("amal"))
    due_now(runtime)
    mails.work()
    assert len(sink.taken) == 1
    decide(runtime, case, ActionKind.NONE)
    due_now(runtime)
    mails.work()
    assert len(sink.taken) == 2 and "does not break the rules" in sink.text()


def test_an_appeal_is_received_and_answered(house: Callable[..., Runtime], sink: Sink) -> None:
    runtime = house()
    made, mails = decide(runtime, runtime.reports.get(report(runtime, contact="")).case or ""), mails_of(runtime)
    link = runtime.appeals.link(made, Side.AFFECTED)
    appeal = runtime.appeals.receive(NewAppeal(link.rpartition("/")[2], "كان خبرًا", "omar@writers.example", "ar"))
    assert mails.work() == 1
    assert sink.taken[0]["To"] == "omar@writers.example" and sink.taken[0]["Subject"] == "وصل اعتراضك"
    assert link in sink.text() and "خبرًا" not in sink.text()
    decide(runtime, appeal.case, ActionKind.RESTORE, login="another")
    due_now(runtime)
    assert mails.work() == 1
    assert sink.taken[1]["Subject"] == "نتيجة اعتراضك" and "كنت على حق" in sink.text()


def test_a_server_that_is_away_is_tried_again_and_one_that_refuses_the_address_is_not(
    house: Callable[..., Runtime], sink: Sink
) -> None:
    runtime = house()
    mails = mails_of(runtime)
    sink.refuse = "451 come back later"
    report(runtime)
    assert mails.work() == 1 and mails.work() == 0 and sink.taken == []
    sink.refuse = ""
    due_now(runtime)
    assert mails.work() == 1 and len(sink.taken) == 1
    sink.refuse = "550 no such person"
    report(runtime, "nobody@reporters.example", item="m-2")
    assert mails.work() == 1
    due_now(runtime)
    assert mails.work() == 0
    with runtime.database.read() as connection:
        (row,) = audit.page(connection, what="mail.lost")
    assert row.subject == "report" and "nobody@" not in str(row.detail), "neither the address nor the receipt is kept"


def test_without_the_setting_or_an_address_nothing_is_written(house: Callable[..., Runtime]) -> None:
    runtime = house(smtp="")
    report(runtime)
    assert mails_of(runtime).work() == 0
    with runtime.database.read() as connection:
        assert connection.execute(table.select()).all() == []


def test_what_is_no_address_gets_no_letter(house: Callable[..., Runtime], sink: Sink) -> None:
    runtime = house()
    for number, contact in enumerate(("+49 30 1234", "a@b.example, c@d.example", "a@b.example\nBcc: x@y.example", "a")):
        report(runtime, contact, item=f"odd-{number}")
        assert address_of(contact) == ""
    assert mails_of(runtime).work() == 0 and sink.taken == []


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A server's TLS, under a certificate that only this test trusts."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, secret = tmp_path / "tls.pem", tmp_path / "tls.key"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, secret)
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    return context


def _password(_server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
    return AuthResult(success=(given.login, given.password) == (b"siyaj", b"p@ss"), handled=False)


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_with_tls_and_a_password(
    house: Callable[..., Runtime], sink: Sink, certificate: ssl.SSLContext, scheme: str
) -> None:
    more: dict[str, Any] = {"authenticator": _password, "auth_required": True}
    more |= (
        {"ssl_context": certificate} if scheme == "smtps" else {"tls_context": certificate, "require_starttls": True}
    )
    if scheme == "smtps":
        more["auth_require_tls"] = False  # the sink does not see that TLS is there from the first byte
    for address in _running(Controller(sink, hostname="127.0.0.1", port=free_port(), **more)):
        runtime = house(smtp=f"{scheme}://siyaj:p%40ss@{address}")
        report(runtime)
        assert mails_of(runtime).work() == 1
    assert [letter["To"] for letter in sink.taken] == [PERSON]


def test_a_certificate_that_nobody_vouches_for_is_refused(
    house: Callable[..., Runtime], sink: Sink, certificate: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    for address in _running(Controller(sink, hostname="127.0.0.1", port=free_port(), tls_context=certificate)):
        runtime = house(smtp=f"smtp://{address}")
        report(runtime)
        assert mails_of(runtime).work() == 1
    assert sink.taken == []
    with runtime.database.read() as connection:
        assert connection.execute(table.select()).one().due == "receipt", "it waits"


@pytest.mark.parametrize(
    ("smtp", "sender"),
    [("mail.example.org", "a@b.example"), ("http://x", "a@b.example"), ("smtp://x:y", "a@b.example"), ("smtp://x", "")],
)
def test_settings_that_are_none_are_refused_at_the_start(smtp: str, sender: str) -> None:
    with pytest.raises(UserError, match="SIYAJ_SMTP"):
        server_of(Settings(data="x", smtp=smtp, smtp_from=sender))
