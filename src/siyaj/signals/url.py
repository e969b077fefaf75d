"""Addresses: links in an event's text and beside it, against banked pages, folders, hosts and invite links.

A signal's value is canonical (`url_canonical.canonical`): `https://example.org/page?a=1`, or `invite:telegram:TOKEN`
for the way into a group, or `magnet:btih:HASH`. Its variant says what the link is: `invite`, `shortener`, `paste`,
`file_host` or nothing. Nothing is fetched: what a shortened link leads to is not known.

An entry's value is one of

| form | matches |
|---|---|
| `https://example.org/page` | that page; with other parameters as a weaker match |
| `example.org/folder` | that page and all below it |
| `example.org` | all pages of the host and its subdomains |
| `invite:telegram:TOKEN`, `invite:telegram:@name` | that group; all posts of that channel |
"""

import re

from siyaj.model.errors import InvalidSignal
from siyaj.model.signal import Signal
from siyaj.signals import url_services as services
from siyaj.signals.base import Content, ContentKind, Examples, IndexSpec
from siyaj.signals.url_canonical import CanonicalUrl, canonical, refang
from siyaj.signals.url_find import find_urls

_INVITE = re.compile(r"invite:([a-z0-9]+):(\S{2,512})")
_ANY_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:(?!\d)", re.I)


class UrlSignal:
    """The signal type `url`."""

    name = "url"
    content_kinds = frozenset({ContentKind.LINK, ContentKind.TEXT})
    queried_by = frozenset({"url"})
    index = IndexSpec("url")
    examples = Examples(
        must_match=[
            ("https://example.org/page", Content(ContentKind.LINK, text="http://www.example.org/page/?utm_source=x")),
            ("example.org/folder", Content(ContentKind.TEXT, text="see hxxps://example[.]org/folder/page.html!")),
            ("example.org", Content(ContentKind.TEXT, text="شاهدوا sub.example.org الآن")),
            ("t.me/+AbCdEfGhIjKlMnOp", Content(ContentKind.TEXT, text="انضموا t.me/joinchat/AbCdEfGhIjKlMnOpللقناة")),
            ("https://t.me/Some_Channel", Content(ContentKind.LINK, text="https://telegram.me/s/some_channel/17")),
        ],
        must_not_match=[
            ("https://example.org/page", Content(ContentKind.LINK, text="https://example.org/page/other")),
            ("example.org/folder", Content(ContentKind.LINK, text="https://example.org/folder-2/page")),
            ("example.org", Content(ContentKind.TEXT, text="write to someone@example.org or see myexample.org")),
            ("t.me/+AbCdEfGhIjKlMnOp", Content(ContentKind.LINK, text="https://t.me/+aBCdEfGhIjKlMnOp")),
        ],
    )

    def extract(self, content: Content) -> list[Signal]:
        """Draw one signal per address, and one more for the address that a redirect names. Never raises."""
        written = find_urls(content.text) if content.kind is ContentKind.TEXT else [content.text]
        found: dict[str, Signal] = {}
        for one in written:
            for address in _followed(one):
                found.setdefault(address.url, Signal("url", address.url, variant=address.variant))
        return list(found.values())

    def parse(self, value: str) -> str:
        """Return the entry's canonical form. Raises InvalidSignal also for what would match everybody's pages."""
        given = refang(value)
        if match := _INVITE.fullmatch(given):
            return _parsed_invite(match[1], match[2], value)
        below = given.endswith("/*")
        given = given.removesuffix("/*")
        if any(character.isspace() for character in given):
            raise InvalidSignal(f"an address holds no white space: {value[:100]!r}", hint="one address per entry")
        if "@" in given and not _ANY_SCHEME.match(given) and "/" not in given:
            raise InvalidSignal(f"an e-mail address is no address of a page: {value[:100]!r}")
        address = canonical(given)
        if address.scheme not in ("https", "ftp"):
            return address.url
        _refuse_broad(address)
        exact = _ANY_SCHEME.match(given) and not below
        if exact or address.query or address.fragment or (address.invite and not below):
            return address.url
        return f"{address.host}{address.path}"


URL = UrlSignal()


def _followed(written: str) -> list[CanonicalUrl]:
    """Return the address and those that it leads to by naming them, at most three deep."""
    chain: list[CanonicalUrl] = []
    while written and len(chain) < 4:
        try:
            chain.append(canonical(written))
        except InvalidSignal:
            break
        written = chain[-1].target
    return chain


def _parsed_invite(messenger: str, token: str, value: str) -> str:
    if messenger not in services.MESSENGERS:
        known = ", ".join(sorted(services.MESSENGERS))
        raise InvalidSignal(f"unknown messenger {messenger!r} in {value[:100]!r}", hint=f"known: {known}")
    lower = messenger == "telegram" and token.startswith("@")
    return f"invite:{messenger}:{token.lower() if lower else token}"


def _refuse_broad(address: CanonicalUrl) -> None:
    host = address.host
    if services.is_public_suffix(host):
        raise InvalidSignal(f"{host!r} is a public suffix: everybody's hosts are below it", hint="name one host")
    if "." not in host or not (services.has_known_suffix(host) or _is_number(host)):
        raise InvalidSignal(f"{host!r} is no host on the internet", hint="e.g. example.org")
    segments = [segment for segment in address.path.split("/") if segment]
    plain = not address.query and not address.fragment
    if services.is_shared(host) and plain and all(segment.lower() in services.CONTAINERS for segment in segments):
        raise InvalidSignal(
            f"{host}{address.path} holds everybody's content; it would match harmless pages",
            hint=f"name one page, channel or account, e.g. {host}/NAME",
        )


def _is_number(host: str) -> bool:
    """Is it an address of IPv4 or IPv6, with or without a port?"""
    return host.startswith("[") or host.partition(":")[0].replace(".", "").isdigit()
