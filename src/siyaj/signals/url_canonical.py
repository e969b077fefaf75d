"""One form for all the ways to write an address.

The parser is the browsers' own algorithm (WHATWG URL Standard, by ada-url), so that what a reader's browser would open
is what is compared. On top: defanged forms, invisible characters, http = https, `www.` and mobile hosts, several hosts
or addresses of one service, tracking parameters, order of parameters, escapes, trailing slashes. Nothing is fetched.
"""

import re
from urllib.parse import parse_qsl, quote, urlencode

import ada_url
from msgspec import Struct

from siyaj.model.errors import InvalidSignal
from siyaj.signals import url_services as services

LONGEST = 8_192
"""Characters of an address; browsers and the event model take no more."""

_INVISIBLE = dict.fromkeys(
    [0x00AD, 0x034F, 0x061C, 0x180E, 0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070)]
)
_DEFANGED = [
    (re.compile(r"^\s*h(?:xx|\*\*|tt|__)p(s?)\s*(?:\[:\]|:|\[:)\s*(?://|\[//\]|//\])", re.I), r"http\1://"),
    (re.compile(r"\s?(?:\[\s?(?:\.|dot)\s?\]|\(\s?(?:\.|dot)\s?\)|\{\s?(?:\.|dot)\s?\})\s?", re.I), "."),
    (re.compile(r"\[(/|:)\]"), r"\1"),
]
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]{1,20}):", re.I)
_PORT = re.compile(r"^[^/?#]*:\d{1,5}(?:[/?#]|$)")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_SLASHES = re.compile(r"//+")
_MAGNET = re.compile(r"magnet:(?:\?(?:.*&)?xt=urn:)?btih:([0-9a-z]{32,64})(?:&.*)?", re.I)
_SESSION = re.compile(r"(?:session:(?://)?)?(05[0-9a-f]{64})", re.I)
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_WEB = frozenset({"http", "https", "ftp"})

_LOOKALIKES = str.maketrans(
    "аеорсухіјѕһԁԛԝкмтвнгпАЕОРСУХІЈЅМТВНКοονικατρυχεΟΑΕΤΡΧΥΚΜΝΒΗΙıʟɡɑᴏ",
    "aeopcyxijshdqwkmtbhrnAEOPCYXIJSMTBHKooνikatpuxeOAETPXYKMNBHIilgao".replace("ν", "v"),
)


class CanonicalUrl(Struct, frozen=True):
    """An address in its one form. `url` is the signal's value; an invite's is `invite:MESSENGER:TOKEN`.

    `fragment` is kept only where it carries content. `variant` is what the link is: `invite`, `shortener`, `paste`,
    `file_host` or nothing. `target` is the address that this one only leads to (a redirect), where it names one.
    """

    url: str
    scheme: str
    host: str
    path: str
    query: str
    fragment: str
    variant: str
    invite: str = ""
    target: str = ""


def canonical(url: str) -> CanonicalUrl:
    """Return the canonical form. Raises InvalidSignal for what is no address of a page, group or file."""
    cleaned = refang(url)
    if not cleaned or len(cleaned) > LONGEST:
        raise InvalidSignal(f"an address has 1 to {LONGEST} characters, not {len(cleaned)}")
    if match := _SESSION.fullmatch(cleaned):
        return _invite(f"invite:session:{match[1].lower()}", "session")
    if match := _MAGNET.fullmatch(cleaned):
        return CanonicalUrl(f"magnet:btih:{match[1].lower()}", "magnet", "", "", "", "", "file_host")
    scheme = _SCHEME.match(cleaned)
    if scheme is None or _PORT.match(cleaned):
        return _web("https://" + cleaned.lstrip("/"), url)
    name = scheme[1].lower()
    if name in _WEB:
        return _web(cleaned, url)
    if name in services.MESSENGER_SCHEMES:
        return _in_app(name + ":", cleaned[scheme.end() :], url)
    raise InvalidSignal(f"{name!r} is not a scheme of addresses that are compared: {url[:100]!r}")


def refang(url: str) -> str:
    """Undo invisible characters and the ways in which people write an address so that it is no link."""
    cleaned = url.translate(_INVISIBLE).strip()
    for pattern, instead in _DEFANGED:
        cleaned = pattern.sub(instead, cleaned)
    return cleaned


def lookalike(host: str) -> str:
    """Return the ASCII host that this one imitates with letters of other scripts, or the host itself."""
    if "xn--" not in host:
        return host
    try:
        shown = ".".join(_decoded(label) for label in host.split("."))
    except UnicodeError:
        return host
    folded = shown.translate(_LOOKALIKES)
    return folded.lower() if folded.isascii() else host


def fold_lookalikes(text: str) -> str:
    """Replace letters of other scripts that look like ASCII ones; the length stays."""
    return text.translate(_LOOKALIKES)


def _decoded(label: str) -> str:
    return label[4:].encode("ascii").decode("punycode") if label.startswith("xn--") else label


def _web(address: str, given: str, *, rewrite: bool = True) -> CanonicalUrl:
    try:
        parsed = ada_url.URL(address)
        scheme, hostname, port = parsed.protocol[:-1], parsed.hostname, parsed.port
        path, search, fragment = parsed.pathname, parsed.search, parsed.hash
    except (ValueError, UnicodeError):
        raise InvalidSignal(f"not an address: {given[:100]!r}", hint="e.g. https://example.org/page") from None
    host, path = _host(hostname, given), _escaped(path)
    if host.endswith(".t.me") and host.count(".") == 2:  # somebody.t.me is t.me/somebody
        host, path = "t.me", f"/{host.removesuffix('.t.me')}{path}"
    path = _SLASHES.sub("/", path).rstrip("/") or "/"
    target = path + _escaped(search) + _escaped(fragment)
    if rewrite and (better := services.rewritten(host, target)) is not None:
        return _web(better.rstrip("#"), given, rewrite=False)
    if port and port not in ("80", "443"):
        host = f"{host}:{port}"
    return _assembled("ftp" if scheme == "ftp" else "https", host, path, search, fragment, target)


def _assembled(scheme: str, host: str, path: str, search: str, fragment: str, target: str) -> CanonicalUrl:
    invite = services.invite_of(host, target)
    post = invite.startswith(("invite:telegram:@", "invite:telegram:c/")) and path.count("/") > invite.count("/") + 1
    if invite and not post:
        return _invite(invite, host)
    query = _query(search, host)
    kept = _escaped(fragment) if services.keeps_fragment(host) or fragment[:2] in ("#!", "#/") else ""
    kept = "" if kept == "#" else kept
    if host == "t.me":  # names of Telegram do not distinguish case
        path = path.lower() if invite else path
    path = path.rstrip("/")
    url = f"{scheme}://{host}{path or ('/' if query or kept else '')}{query}{kept}"
    variant = "invite" if invite else services.variant_of(host)
    return CanonicalUrl(url, scheme, host, path, query, kept, variant, invite, services.wrapped(host, target))


def _invite(invite: str, host: str) -> CanonicalUrl:
    return CanonicalUrl(invite, "invite", host, "", "", "", "invite", invite)


def _in_app(place: str, rest: str, given: str) -> CanonicalUrl:
    if (page := services.rewritten(place, rest)) is not None:
        return _web(page, given, rewrite=False)
    if invite := services.invite_of(place, rest):
        return _invite(invite, place)
    raise InvalidSignal(f"no invite and no chat is named in {given[:100]!r}")


def _host(hostname: str, given: str) -> str:
    host = hostname.rstrip(".").lower()
    if "." not in host and not host.startswith("["):
        raise InvalidSignal(f"{host[:100]!r} is no host on the internet: {given[:100]!r}")
    if len(host) > 253 or ".." in host or any(len(label) > 63 for label in host.split(".")):
        raise InvalidSignal(f"no host can be called {host[:100]!r}", hint="RFC 1035: 63 characters between two dots")
    host = services.alias_of(host)
    for prefix in ("www.", "m.", "mobile.", "amp."):
        rest = host.removeprefix(prefix)
        if rest != host and "." in rest and not services.is_public_suffix(rest):
            host = services.alias_of(rest)
    labels = host.split(".")
    if len(labels) == 4 and labels[1] == "m" and labels[2] in ("wikipedia", "wikimedia"):
        host = ".".join((labels[0], *labels[2:]))
    return host


def _query(search: str, host: str) -> str:
    pairs = parse_qsl(search.removeprefix("?"), keep_blank_values=True, errors="surrogateescape")
    kept = sorted((name, value) for name, value in pairs if not services.is_tracking(name, host))
    if not kept:
        return ""
    if len(kept) == 1 and not kept[0][1] and "=" not in search:  # a bare word, as pastes use it: ?4f2a
        return "?" + quote(kept[0][0], safe="-._~/:!,;@", errors="surrogateescape")
    return "?" + urlencode(kept, quote_via=quote, safe="-._~/:!,;@", errors="surrogateescape")


def _escaped(text: str) -> str:
    """Return the one way of escaping: what needs none has none, and hexadecimal digits are large."""
    return _ESCAPE.sub(_unescape, text)


def _unescape(match: re.Match[str]) -> str:
    character = chr(int(match[1], 16))
    return character if character in _UNRESERVED else f"%{match[1].upper()}"
