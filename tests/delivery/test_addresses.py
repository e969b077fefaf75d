"""An endpoint leads to where its operator may send, and nowhere else."""

import socket
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from siyaj.delivery.addresses import check_url, refusal, resolve
from siyaj.delivery.outgoing import Outgoing, Unreachable
from siyaj.model.errors import InvalidRequest
from tests.delivery.receiver import Receiver, receiver


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "::1", "fd00::1",
        "::ffff:127.0.0.1", "64:ff9b::a00:1", "2002:7f00:1::", "2001:0:7f00:1:0:0:80ff:fffe",
    ],
)  # fmt: skip
def test_private_networks_need_leave(address: str) -> None:
    assert "private" in refusal(address, allow_private=False)
    assert refusal(address, allow_private=True) == ""


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "0.0.0.0", "224.0.0.1", "::", "fe80::1", "ff02::1", "255.255.255.255"]
)
def test_some_addresses_are_never_an_endpoint(address: str) -> None:
    assert refusal(address, allow_private=True)
    assert refusal(address, allow_private=False)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1"])
def test_public_addresses_are_fine(address: str) -> None:
    assert refusal(address, allow_private=False) == ""


@pytest.mark.parametrize(
    "url",
    ["ftp://x/", "https://", "http://forum.example/", "https://a:b@forum.example/", "https://x/#f", "https://[::1", "x",
     "https://x:99999/", "https://منتدى.example/", "https://x/a b", "https://x/\x07"],
)  # fmt: skip
def test_what_is_no_webhooks_address_is_refused(url: str) -> None:
    with pytest.raises(InvalidRequest):
        check_url(url, allow_private=False)


def test_one_private_address_among_public_ones_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[Any] = [(2, 1, 6, "", (address, 443)) for address in ("93.184.216.34", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(Exception, match=r"forum\.example is 10\.0\.0\.1"):
        resolve("forum.example", 443, allow_private=False)


def test_a_name_is_resolved_once_and_the_checked_address_is_connected_to(
    monkeypatch: pytest.MonkeyPatch, platform: Receiver
) -> None:
    """Rebinding: the second answer of the name server would be another machine."""
    asked = []

    def rebinding(host: str, port: int, *_: Any, **__: Any) -> Any:
        if host == "127.0.0.1":
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port))]
        asked.append(host)
        address = "127.0.0.1" if len(asked) == 1 else "127.0.0.99"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    url = platform.url.replace("127.0.0.1", "platform.example")
    assert Outgoing(allow_private=True).send("POST", url, {}, b"{}").status == 200
    assert asked == ["platform.example"]
    assert platform.received[0].headers["host"].startswith("platform.example")


def test_a_private_endpoint_is_not_even_connected_to(platform: Receiver) -> None:
    with pytest.raises(Unreachable, match="private network"):
        Outgoing(allow_private=False).send("POST", platform.url, {}, b"{}")
    assert platform.received == []


def test_a_certificate_must_be_the_names_not_the_addresss(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection goes to an address, but it is the name's certificate that is asked for and checked."""
    key, pem = ec.generate_private_key(ec.SECP256R1()), tmp_path / "pem"
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "platform.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(days=1), now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("platform.example")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    pem.write_bytes(private + made.public_bytes(Encoding.PEM))
    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *rest, **more: real("127.0.0.1", *rest, **more))
    with receiver() as platform:
        served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        served.load_cert_chain(pem)
        platform.socket = served.wrap_socket(platform.socket, server_side=True)
        outgoing = Outgoing(allow_private=True)
        port = platform.server_port
        with pytest.raises(Unreachable, match="certificate"):
            outgoing.send("POST", f"https://platform.example:{port}/", {}, b"{}")
        outgoing._tls.load_verify_locations(pem)
        assert outgoing.send("POST", f"https://platform.example:{port}/", {}, b"{}").status == 200
        with pytest.raises(Unreachable, match="certificate"):
            outgoing.send("POST", f"https://another.example:{port}/", {}, b"{}")
