"""Finds addresses in what people write: with a scheme or bare, defanged, spaced out, against Arabic letters.

Every pattern is linear in the text: no nested repetition, and each attempt starts only where a word starts.
"""

import re
from collections.abc import Iterator
from itertools import islice, pairwise

from siyaj.signals import url_services as services
from siyaj.signals.url_canonical import LONGEST, fold_lookalikes

MOST = 100
"""Addresses taken from one text; the event model allows as many links."""

_INVISIBLE = re.compile("[\u00ad\u034f\u061c\u180e\ufeff\u200b-\u200f\u202a-\u202e\u2060-\u206f]+")
_FULLWIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {
    0x3002: ".",
    0xFF61: ".",
    0x2024: ".",
    0x2044: "/",
}
_BRACKETED = re.compile(r"\s?[\[({]\s?(\.|dot|:|/|//|:\\/\\/|://)\s?[\])}]\s?", re.I)
_REFANGED = {"dot": "."}
_DEFANGED_SCHEME = re.compile(r"(?<![A-Za-z0-9])h(?:xx|\*\*|__)p(s?)\s*:\s*//\s*", re.I)
_SPACED_SCHEME = re.compile(r"(?<![A-Za-z0-9])(https?)\s{0,2}:\s{0,2}/\s?/\s{0,2}(?=[A-Za-z0-9])", re.I)

_END = r"\s<>\"'`«»“”„‘’{}|\\^،؛؟۔…"
_SCHEMES = "|".join(sorted((*services.MESSENGER_SCHEMES, "ftp"), key=len, reverse=True))
_WITH_SCHEME = re.compile(
    rf"(?:https?://|(?<![A-Za-z0-9])(?:(?:{_SCHEMES}):(?=[/a-z#?])|magnet:\?))[^{_END}]{{2,{LONGEST}}}", re.I
)
_BARE = re.compile(
    rf"(?<![A-Za-z0-9@._/%=&-])(?:[A-Za-z0-9][A-Za-z0-9-]{{0,62}}\.){{1,8}}[A-Za-z][A-Za-z0-9-]{{1,62}}(?![A-Za-z0-9@._-]*@)"
    rf"(?::\d{{2,5}})?(?:[/?#][^{_END}]{{0,{LONGEST}}})?",
)
_SESSION = re.compile(r"(?<![0-9A-Za-z])05[0-9a-f]{64}(?![0-9A-Za-z])", re.I)
_SPACED_HOST = re.compile(
    r"(?<![A-Za-z0-9.@])("
    + "|".join(r"\s{0,3}\.\s{0,3}".join(map(re.escape, host.split("."))) for host in sorted(services.MESSENGER_HOSTS))
    + rf")\s{{0,3}}/\s{{0,3}}([^{_END}]{{2,512}}(?:\s{{0,3}}/\s{{0,3}}[^{_END}]{{2,512}})?)",
    re.I,
)
_SPACE = re.compile(r"\s+")
_TO_ARABIC = re.compile(r"(?<=[A-Za-z0-9])[\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufeff]")
_SEPARATED = re.compile(r"[.:。｡．：․]|dot|05", re.I)
_LETTER = re.compile("[A-Za-zＡ-Ｚａ-ｚ\u0370-\u04ff]")
_IMITATING = re.compile("[\u0131\u0251\u0261\u029f\u0370-\u052f\u1d0f]")
_WIDE = re.compile("[\uff01-\uff5e\u3002\uff61\u2024\u2044]")
_BRACKET = re.compile(r"[\[({]")
_SCHEME_LIKE = re.compile("[A-Za-z]:[/A-Za-z#?]")
_HOST_LIKE = re.compile(r"[A-Za-z0-9-]\.[A-Za-z]")
_HTTP = re.compile("https?://", re.I)
_PAIRS = {")": "(", "]": "[", "}": "{"}


def find_urls(text: str) -> list[str]:
    """Return what reads like an address, in order, each once, as `canonical` takes it. Never raises."""
    if not _may_hold_one(text):
        return []
    cleaned = _cleaned(text)
    found: dict[str, None] = {}
    for candidate in _candidates(cleaned):
        for each in _readings(candidate):
            found.setdefault(each)
        if len(found) >= MOST:
            break
    return list(found)[:MOST]


def _may_hold_one(text: str) -> bool:
    """Most messages hold none: this is what they cost. An address needs a letter of a script that hosts have."""
    return _SEPARATED.search(text) is not None and _LETTER.search(text) is not None


def _cleaned(text: str) -> str:
    cleaned = _INVISIBLE.sub("", text)
    if _WIDE.search(cleaned):
        cleaned = cleaned.translate(_FULLWIDTH)
    if _BRACKET.search(cleaned):
        cleaned = _BRACKETED.sub(lambda match: _REFANGED.get(match[1].lower(), match[1]), cleaned)
    if ":" in cleaned:
        cleaned = _SPACED_SCHEME.sub(r"\1://", _DEFANGED_SCHEME.sub(r"http\1://", cleaned))
    return cleaned


def _candidates(text: str) -> Iterator[str]:
    without = text
    if _SCHEME_LIKE.search(text):
        yield from (match[0] for match in _WITH_SCHEME.finditer(text))
        without = _WITH_SCHEME.sub(" ", text)
    if _HOST_LIKE.search(without):
        yield from (match[0] for match in _BARE.finditer(without) if _is_host(match[0]))
    if "/" in without and "." in without:
        yield from (_SPACE.sub("", match[0]) for match in _SPACED_HOST.finditer(without) if " " in match[0])
    if "." in without and _IMITATING.search(without):
        imitated = _BARE.finditer(fold_lookalikes(without))
        yield from (match[0] for match in imitated if _host_of(match[0]) in services.KNOWN_HOSTS)
    if "05" in text:
        yield from (match[0] for match in _SESSION.finditer(text))


def _readings(candidate: str) -> Iterator[str]:
    """Yield the addresses: two that stand without a space between; one that runs into Arabic letters also without."""
    starts = [match.start() for match in islice(_HTTP.finditer(candidate, 8), 4)]
    for start, end in pairwise([0, *starts, len(candidate)]):
        trimmed = _trimmed(candidate[start:end])
        if (glued := _TO_ARABIC.search(trimmed)) is not None:
            yield _trimmed(trimmed[: glued.start()])
            if _host_of(trimmed) in services.KNOWN_HOSTS:  # their names and tokens are ASCII
                continue
        yield trimmed


def _trimmed(candidate: str) -> str:
    """Drop the sentence's own punctuation; a closing bracket stays when its opening one is inside."""
    while candidate:
        last = candidate[-1]
        if last in ".,;:!?*_~'\"-" or (last in _PAIRS and candidate.count(last) > candidate.count(_PAIRS[last])):
            candidate = candidate[:-1]
        else:
            break
    return candidate


def _host_of(candidate: str) -> str:
    bare = candidate.partition("://")[2] or candidate
    return re.split("[/?#:]", bare, maxsplit=1)[0].lower().removeprefix("www.")


def _is_host(candidate: str) -> bool:
    """Does a bare word with dots name a host? Only top-level domains that exist; `file.txt` is none."""
    return services.has_known_suffix(_host_of(candidate))
