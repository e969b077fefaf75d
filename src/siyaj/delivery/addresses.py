"""Which network addresses an endpoint may have: public ones, unless its operator allowed a private network for it.

Whoever may add an endpoint must not reach through Siyaj what only Siyaj's machine can reach (SSRF). So a name is
resolved once, every address is checked, and the connection goes to an address that was checked: a name that answers
otherwise a moment later (DNS rebinding) changes nothing.
"""

import ipaddress
import socket
from urllib.parse import urlsplit

from siyaj.model.errors import InvalidRequest

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052


class Refused(Exception):
    """This endpoint may not be connected to; the message says why."""


def check_url(url: str, *, allow_private: bool) -> None:
    """Raises InvalidRequest for what is no address of a webhook: https only, or http too in a private network."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise InvalidRequest(f"{url!r} is no URL", field="url") from None
    if not url.isascii() or not url.isprintable() or " " in url:
        raise InvalidRequest(f"{url!r} must be ASCII: names in punycode, paths percent-encoded", field="url")
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise InvalidRequest(f"{url!r} is no http address", field="url", hint="https://your.platform/hook")
    if parts.scheme == "http" and not allow_private:
        raise InvalidRequest(
            "an endpoint outside needs https", field="url", hint="--allow-private for one in your own network"
        )
    if parts.username or parts.password or parts.fragment:
        raise InvalidRequest("the URL must not hold a user, a password or a fragment", field="url")


def resolve(host: str, port: int, *, allow_private: bool) -> list[str]:
    """Return the addresses of a host, all of them checked. Blocks. Raises Refused, OSError when it has none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    for address in addresses:
        if why := refusal(address, allow_private=allow_private):
            raise Refused(f"{host} is {address}, {why}")
    return addresses


def refusal(address: str, *, allow_private: bool) -> str:
    """Return why an address may not be connected to; empty: it may."""
    ip = _inner(ipaddress.ip_address(address.partition("%")[0]))
    if ip.is_multicast or ip.is_unspecified or ip.is_link_local or (ip.version == 4 and ip.is_reserved):
        return "which is never an endpoint"
    if not ip.is_global and not allow_private:
        return "which is in a private network: allow it for this endpoint with --allow-private"
    return ""


def _inner(ip: Address) -> Address:
    """Return the IPv4 address that an IPv6 address stands for, if it does: it is that one that is reached."""
    if isinstance(ip, ipaddress.IPv6Address):
        if ip in _NAT64:
            return ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)
        return ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None) or ip
    return ip
