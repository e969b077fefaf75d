"""The terms as a table, looked up by their words. It changes under the writer's lock; readers need none."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from siyaj.matching.term_gate import SHORTEST_SPLIT, TermGate
from siyaj.matching.vocabulary import Vocabulary
from siyaj.signals.words import core

MOST_GONE = 1_000
"""Terms that are forgotten before the gate is made anew without them, where no more are left than that."""
FEWEST_JOINED = 7
"""Letters of a term of several words that is found written as one."""
FEWEST_SPELLED = 5
"""Letters of a term to be found inside a run of single letters, where words have no boundaries."""

Further = Callable[[int], Collection[str]]
"""Place of a word → the words of terms that it may be."""
_Rest = tuple[tuple[str, ...], int]
_NOTHING: Mapping[str, tuple[_Rest, ...]] = {}


class Found(NamedTuple):
    """A term, and the words it covers: `first` to `end`, exclusive."""

    ref: int
    first: int
    end: int


class TermTable:
    """`by_first[first][second]` are the terms that go on with the words given: (words after the second, ref), `second`
    being `""` for terms of one word. Inner values are replaced, never changed.

    `joined` are the terms without blanks, `lengths` the lengths of these; `gate` tells of a text whether it is worth a
    look.
    """

    def __init__(self) -> None:
        self.words: dict[int, tuple[str, ...]] = {}
        self.by_first: dict[str, Mapping[str, tuple[_Rest, ...]]] = {}
        self.joined: dict[str, tuple[int, ...]] = {}
        self.lengths: tuple[int, ...] = ()
        self.vocabulary = Vocabulary()
        self.gate = TermGate()
        self._gone = 0

    def learn(self, ref: int, words: tuple[str, ...]) -> None:
        self.words[ref] = words
        for joined in _joined(words):
            self.joined[joined] = (*self.joined.get(joined, ()), ref)
        for word in map(core, words):
            self.vocabulary.add(word)
        for first, second, rest in _parted(words):
            its = self.by_first.get(first, _NOTHING)
            self.by_first[first] = {**its, second: (*its.get(second, ()), (rest, ref))}
        for let_through in _gated(words):
            self.gate.add(*let_through)

    def forget(self, ref: int) -> None:
        words = self.words.pop(ref)
        for joined in _joined(words):
            if others := tuple(one for one in self.joined[joined] if one != ref):
                self.joined[joined] = others
            else:
                del self.joined[joined]
        for word in map(core, words):
            self.vocabulary.remove(word)
        for first, second, _ in _parted(words):
            its = dict(self.by_first[first])
            if others_here := tuple(one for one in its.pop(second) if one[1] != ref):
                its[second] = others_here
            if its:
                self.by_first[first] = its
            else:
                del self.by_first[first]
        self._gone += 1

    def settle(self) -> None:
        """Bring up to date what depends on all terms."""
        self.lengths = tuple(sorted({len(one) for one in self.joined if len(one) >= FEWEST_SPELLED}))
        if self._gone > max(MOST_GONE, len(self.words)):
            self.gate.renew(each for words in self.words.values() for each in _gated(words))
            self._gone = 0

    def beginning(self, first: str, position: int, count: int, further: Further) -> Iterator[Found]:
        """Yield the terms that begin with a word at a position of a text of `count` words."""
        its = self.by_first.get(first, _NOTHING)
        for _, ref in its.get("", ()):
            yield Found(ref, position, position + 1)
        for second in further(position + 1) if position + 1 < count else ():
            for rest, ref in its.get(second, ()) if second else ():
                end = position + 2 + len(rest)
                if end <= count and all(one in further(position + 2 + at) for at, one in enumerate(rest)):
                    yield Found(ref, position, end)


def _parted(words: Sequence[str]) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Yield (first word, second, the others) for each way in which a term stands in the table: its words, and those
    without the blanks between."""
    bare = tuple(map(core, words))
    yield bare[0], bare[1] if len(bare) > 1 else "", bare[2:]
    for joined in _as_one(words):
        yield joined, "", ()


def _gated(words: Sequence[str]) -> Iterator[tuple[list[str], Iterable[str]]]:
    """Yield what lets a term through the gate."""
    yield [core(word) for word in words], _splittable(words)
    for joined in _as_one(words):
        yield [joined], ()


def _as_one(words: Sequence[str]) -> frozenset[str]:
    """Return the forms of a term of several words that is written as one word: `greenlantern`."""
    if len(words) == 1:
        return frozenset()
    return frozenset(core(one) for one in _joined(words) if len(one) >= FEWEST_JOINED)


def _splittable(words: Sequence[str]) -> Iterator[str]:
    """Yield the forms of a term's words in which a blank inside is passed over."""
    for word in words:
        bare = core(word)
        yield from {one for one in (word, bare, f"ال{bare}") if len(one) >= SHORTEST_SPLIT}


def _joined(words: Sequence[str]) -> frozenset[str]:
    """Return a term's letters without blanks, with its articles and without."""
    bare = [core(word) for word in words]
    return frozenset({"".join(words), "".join(bare), "".join((bare[0], *words[1:]))})
