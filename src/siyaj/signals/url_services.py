"""What is known of services on the web: the lists of `url_services.json`, compiled once.

- `host_aliases`: one service under several hosts; `tracking*`: parameters that say who shared, not what;
- `fragment_hosts`: services that keep content in the fragment (keys, rooms); elsewhere fragments are dropped;
- `rewrites`: several addresses of one page; `wrappers`: addresses that only lead to another one;
- `invites`: how a messenger writes the way into a group or channel;
- `shorteners`, `pastes`, `file_hosts`: what a link leads to, as context for rules;
- `shared_hosts`, `containers`: hosts (and first path segments on them) that hold everybody's content, and so are too
  broad to be an entry.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib.resources import files
from typing import TypeVar
from urllib.parse import parse_qsl, unquote

import msgspec
from msgspec import Struct
from publicsuffixlist import PublicSuffixList

_T = TypeVar("_T")


class _Form(Struct, forbid_unknown_fields=True):
    on: list[str]
    form: str
    to: str = ""
    parameter: str = ""
    messenger: str = ""
    token: str = ""
    lower: bool = False
    lower_sigil: bool = False
    upper: bool = False


class _Lists(Struct, forbid_unknown_fields=True):
    about: str
    host_aliases: dict[str, str]
    tracking: list[str]
    tracking_prefixes: list[str]
    tracking_on: dict[str, list[str]]
    fragment_hosts: list[str]
    rewrites: list[_Form]
    wrappers: list[_Form]
    invites: list[_Form]
    messenger_hosts: list[str]
    shorteners: list[str]
    pastes: list[str]
    file_hosts: list[str]
    shared_hosts: list[str]
    containers: list[str]


_LISTS = msgspec.json.decode((files("siyaj.signals") / "url_services.json").read_bytes(), type=_Lists)
_TRACKING = frozenset(_LISTS.tracking)
_TRACKING_PREFIXES = tuple(_LISTS.tracking_prefixes)
_TRACKING_ON = {host: frozenset(names) for host, names in _LISTS.tracking_on.items()}
_FRAGMENT_HOSTS = frozenset(_LISTS.fragment_hosts)
_VARIANTS = {
    host: variant
    for variant, hosts in (("shortener", _LISTS.shorteners), ("paste", _LISTS.pastes), ("file_host", _LISTS.file_hosts))
    for host in hosts
}
_SHARED = frozenset(_LISTS.shared_hosts) | frozenset(_VARIANTS) | frozenset(_LISTS.messenger_hosts)
_SUFFIXES = PublicSuffixList()

MESSENGERS = frozenset({one.messenger for one in _LISTS.invites} | {"session"})
KNOWN_HOSTS = frozenset(_VARIANTS) | frozenset(_LISTS.messenger_hosts) | frozenset(_LISTS.host_aliases)
MESSENGER_HOSTS = frozenset(_LISTS.messenger_hosts) | frozenset({"discord.com", "telegram.me", "telegram.dog"})
CONTAINERS = frozenset(_LISTS.containers)


def _by_place(forms: Iterable[_Form]) -> dict[str, list[tuple[re.Pattern[str], _Form]]]:
    found: dict[str, list[tuple[re.Pattern[str], _Form]]] = {}
    for one in forms:
        for place in one.on:
            found.setdefault(place, []).append((re.compile(one.form), one))
    return found


_REWRITES = _by_place(_LISTS.rewrites)
_WRAPPERS = _by_place(_LISTS.wrappers)
_INVITES = _by_place(_LISTS.invites)

MESSENGER_SCHEMES = frozenset(place.removesuffix(":") for place in (*_INVITES, *_REWRITES) if place.endswith(":"))


def alias_of(host: str) -> str:
    """Return the host under which this service's pages are known."""
    return _LISTS.host_aliases.get(host, host)


def is_tracking(name: str, host: str) -> bool:
    name = name.lower()
    return (
        name in _TRACKING or name.startswith(_TRACKING_PREFIXES) or any(name in its for its in _on(host, _TRACKING_ON))
    )


def keeps_fragment(host: str) -> bool:
    return any(parent in _FRAGMENT_HOSTS for parent in parents(host))


def variant_of(host: str) -> str:
    """Return `shortener`, `paste`, `file_host` or nothing."""
    return next((_VARIANTS[parent] for parent in parents(host) if parent in _VARIANTS), "")


def is_shared(host: str) -> bool:
    """Is this a host of everybody's content, not somebody's own? Subdomains (somebody.example.com) are somebody's."""
    return without_port(host) in _SHARED


@lru_cache(4_096)
def _suffix(label: str) -> str | None:
    suffix: str | None = _SUFFIXES.publicsuffix(label, accept_unknown=False)
    return suffix


def is_public_suffix(host: str) -> bool:
    """Can anybody register names below this host? (publicsuffix.org)"""
    return bool(_SUFFIXES.is_public(without_port(host)))


def has_known_suffix(host: str) -> bool:
    """Does the host end in a top-level domain that exists?"""
    return _suffix(without_port(host).rpartition(".")[2]) is not None


def without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() else host


def parents(host: str) -> list[str]:
    """Return the host without its port and those above it, nearest first, without the top-level domain."""
    name = without_port(host)
    labels = name.split(".")[-8:]
    return [name, *(".".join(labels[at:]) for at in range(1, len(labels) - 1))]


def rewritten(place: str, target: str) -> str | None:
    """Return the one address for this page, where it has several. `place` is a host, or a scheme with its colon."""
    for pattern, form in _found(place, _REWRITES):
        if match := pattern.fullmatch(target):
            return form.to.format_map({name: text or "" for name, text in match.groupdict().items()})
    return None


def invite_of(place: str, target: str) -> str:
    """Return `invite:MESSENGER:TOKEN`, or nothing when this is no way into a group, channel or chat."""
    for pattern, form in _found(place, _INVITES):
        if match := pattern.fullmatch(target):
            token = unquote(form.token.format_map(match.groupdict()))
            return f"invite:{form.messenger}:{_cased(token, form)}"
    return ""


def wrapped(host: str, target: str) -> str:
    """Return the address that this one only leads to, or nothing."""
    for pattern, form in _found(host, _WRAPPERS):
        if match := pattern.fullmatch(target):
            if "target" in pattern.groupindex:
                return unquote(match["target"])
            query = target.partition("?")[2]
            if not form.parameter:
                return unquote(query)
            if inner := dict(parse_qsl(query)).get(form.parameter, ""):
                return inner
    return ""


def _cased(token: str, form: _Form) -> str:
    if form.lower or (form.lower_sigil and not token.startswith("!")):
        return token.lower()
    return token.upper() if form.upper else token


def _found(place: str, table: dict[str, list[tuple[re.Pattern[str], _Form]]]) -> list[tuple[re.Pattern[str], _Form]]:
    if place.endswith(":"):
        return table.get(place, [])
    return [each for its in _on(place, table) for each in its]


def _on(host: str, table: Mapping[str, _T]) -> list[_T]:
    return [table[parent] for parent in parents(host) if parent in table]
