"""Finds banked addresses: the page itself, the folder or host it lies in, the channel that a post belongs to.

One dictionary look-up per form under which an entry could be banked, so the time does not depend on the bank's size.
"""

import threading
from collections.abc import Iterator, Sequence

from siyaj.model.sentence import Clause, clause, sentence
from siyaj.model.signal import Signal
from siyaj.signals import url_services as services
from siyaj.signals.base import Hit
from siyaj.signals.url_canonical import lookalike

EXACT, WITHIN, HOST, IMITATED = 0.0, 1.0, 2.0, 1.0
"""Distances: the same page or invite; the same page with other parameters, below a banked folder, or a post of a banked
channel; on a banked host. A host that imitates a banked one with letters of other scripts is `IMITATED` further."""

DEEPEST = 32
"""Folders of a path that are looked up."""


class UrlIndex:
    """Implements SignalIndex. Values are those of `siyaj.signals.url`: entries parsed, queries canonical."""

    def __init__(self) -> None:
        self._write = threading.Lock()
        self._refs: dict[str, tuple[int, ...]] = {}
        self._values: dict[int, str] = {}

    def add(self, refs: Sequence[int], values: Sequence[str]) -> None:
        with self._write:
            for ref, value in zip(refs, values, strict=True):
                self._forget(ref)
                self._values[ref] = value
                self._refs[value] = (*self._refs.get(value, ()), ref)

    def remove(self, refs: Sequence[int]) -> None:
        with self._write:
            few = self._values.keys() & set(refs) if len(refs) > len(self._values) else refs
            for ref in list(few):
                self._forget(ref)

    def search(self, signals: Sequence[Signal]) -> list[list[Hit]]:
        """Return each entry at most once per signal, at its smallest distance, nearest first."""
        if not self._refs:
            return [[] for _ in signals]
        return [self._search(signal.value) for signal in signals]

    def _search(self, value: str) -> list[Hit]:
        found: dict[int, Hit] = {}
        for key, distance, why in _keys(value):
            for ref in self._refs.get(key, ()):
                before = found.get(ref)
                if before is None or distance < before.distance:
                    found[ref] = Hit(ref, distance, (), sentence(*why))
        return sorted(found.values(), key=lambda hit: hit.distance)

    def __len__(self) -> int:
        return len(self._values)

    @property
    def nbytes(self) -> int:
        return sum(len(value) for value in tuple(self._refs)) + 300 * len(self._values)

    def _forget(self, ref: int) -> None:
        value = self._values.pop(ref, None)
        if value is None:
            return
        if rest := tuple(one for one in self._refs[value] if one != ref):
            self._refs[value] = rest
        else:
            del self._refs[value]


Why = tuple[Clause, ...]
_SAME, _INVITE, _PAGE, _POST = clause("url.same"), clause("url.invite"), clause("url.page"), clause("url.post")


def _keys(value: str) -> Iterator[tuple[str, float, Why]]:
    """Yield (entry value, distance, why) for every form under which this address could be banked."""
    yield value, EXACT, (_INVITE if value.startswith("invite:") else _SAME,)
    scheme, separator, rest = value.partition("://")
    if not separator or scheme not in ("https", "ftp"):
        return
    host, path, target = _split(rest)
    yield from _places(scheme, host, path, target, 0.0, ())
    if "xn--" in host and (imitated := lookalike(host)) != host:
        note = (clause("url.imitated", host=host),)
        yield f"{scheme}://{imitated}{target}", EXACT + IMITATED, (_SAME, *note)
        yield from _places(scheme, imitated, path, target, IMITATED, note)


def _split(rest: str) -> tuple[str, str, str]:
    """Return (host, path, path with query and fragment) of what follows the scheme."""
    end = min((at for mark in "/?#" if (at := rest.find(mark)) >= 0), default=len(rest))
    host, target = rest[:end], rest[end:]
    path = target.partition("#")[0].partition("?")[0].rstrip("/")
    return host, path, target


def _places(
    scheme: str, host: str, path: str, target: str, further: float, note: Why
) -> Iterator[tuple[str, float, Why]]:
    if target.rstrip("/") != path:
        yield f"{scheme}://{host}{path}", WITHIN + further, (_PAGE, *note)
    elif path:
        yield f"{host}{path}", EXACT + further, (_SAME, *note)
    segments = path.split("/")[1 : DEEPEST + 1]
    for count in range(len(segments), 0, -1):
        folder = f"{host}/{'/'.join(segments[:count])}"
        yield folder, WITHIN + further, (clause("url.below", place=folder), *note)
    for parent in dict.fromkeys((host, *services.parents(host))):
        yield parent, HOST + further, (clause("url.host", place=parent), *note)
    if invite := services.invite_of(host, target or "/"):
        yield invite, WITHIN + further, (_POST, *note)
