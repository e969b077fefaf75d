"""Finds names that resemble listed ones, across scripts, spellings, added words and numbers.

Candidates come from an inverted index on the skeletons of distinctive words, tolerant of one consonant (a table of
skeletons with one letter deleted); each candidate is then compared word by word. Distance is 1 − resemblance.
"""

import threading
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from rapidfuzz.distance.Levenshtein import normalized_similarity

from siyaj.model.sentence import clause, sentence
from siyaj.model.signal import Signal
from siyaj.signals.base import Hit
from siyaj.signals.name_forms import DISTINCTIVE, WEAK, NameForms, NameToken, name_forms

MAX_DISTANCE = 0.25
"""Above, names share a word, not an identity. Measured: tests/matching/test_resemblance.py."""

MOST_CANDIDATES = 60
"""Names compared word by word for one query, the most promising ones."""
LONGEST_POSTING = 3_000
"""A skeleton that more listed names share is no way to find one of them, unless there is no other."""

_WORDS_ALIKE = 0.7
_JOINED_LENGTH = 8
_JOINED_CONSONANTS = 3


class _Listed(NamedTuple):
    """A listed name: how many words of its own it has, and what its general ones count together."""

    value: str
    forms: NameForms
    own: int
    general: float


class ResemblanceIndex:
    """Implements SignalIndex over names. Writers take turns; readers see dictionaries that only ever grow whole."""

    def __init__(self, max_distance: float = MAX_DISTANCE) -> None:
        self._max_distance = max_distance
        self._write = threading.Lock()
        self._forms: dict[int, _Listed] = {}
        self._postings: dict[str, tuple[int, ...]] = {}
        self._shortened: dict[str, tuple[str, ...]] = {}

    def add(self, refs: Sequence[int], values: Sequence[str]) -> None:
        with self._write:
            fresh: dict[str, list[int]] = {}
            self._forget([ref for ref in refs if ref in self._forms])
            for ref, value in zip(refs, values, strict=True):
                forms = name_forms(value)
                own = len(forms.distinctive)
                general = sum(token.weight for token in forms.tokens) - own
                self._forms[ref] = _Listed(value, forms, own, general)
                for key in _entry_keys(forms):
                    fresh.setdefault(key, []).append(ref)
            for key, its in fresh.items():
                if key not in self._postings:
                    for shorter in _shortened(key):
                        self._shortened[shorter] = (*self._shortened.get(shorter, ()), key)
                self._postings[key] = (*self._postings.get(key, ()), *its)

    def remove(self, refs: Sequence[int]) -> None:
        with self._write:
            self._forget(self._forms.keys() & set(refs) if len(refs) > len(self._forms) else refs)

    def search(self, signals: Sequence[Signal]) -> list[list[Hit]]:
        if not self._forms:
            return [[] for _ in signals]
        return [self._search(signal.value) for signal in signals]

    def _search(self, value: str) -> list[Hit]:
        asked = name_forms(value)
        hits = []
        for ref in self._candidates(asked):
            entry = self._forms.get(ref)
            if entry is None:
                continue
            alike = resemblance(asked, entry.forms)
            if 1 - alike <= self._max_distance:
                why = sentence(clause("name", share=round(alike, 4), name=repr(entry.value)))
                hits.append(Hit(ref, round(1 - alike, 4), (), why))
        return sorted(hits, key=lambda hit: hit.distance)

    def _candidates(self, asked: NameForms) -> list[int]:
        """Return the listed names that could be near enough by the words that they share, the most promising first."""
        score: dict[int, float] = {}
        words: dict[int, int] = {}
        for keys in _query_keys(asked):
            for ref, promise in self._reached(keys, few=len(asked.tokens) > 1).items():
                score[ref] = score.get(ref, 0) + promise
                words[ref] = words.get(ref, 0) + 1
        likely = set(score) - {ref for ref in score if self._too_far(ref, words[ref])}
        for ref in self._reached(_joined_keys(asked), few=False):
            likely.add(ref)
            score.setdefault(ref, 1.0)
        return sorted(likely, key=score.__getitem__, reverse=True)[:MOST_CANDIDATES]

    def _reached(self, keys: Iterable[str], *, few: bool) -> dict[int, float]:
        """Return the names that stand under one of the keys or next to it, with how much that promises."""
        reached: dict[int, float] = {}
        for key in keys:
            for exact, near in self._near(key):
                refs = self._postings.get(near, ())
                if few and len(refs) > LONGEST_POSTING:
                    continue
                promise = (1.5 if exact else 0.8) + 1 / (1 + len(refs))
                for ref in refs:
                    if reached.get(ref, 0) < promise:
                        reached[ref] = promise
        return reached

    def _too_far(self, ref: int, words: int) -> bool:
        """Could the name not be near enough, were all its general words there?"""
        entry = self._forms.get(ref)
        return entry is None or words + entry.general < (1 - self._max_distance) * (entry.own + entry.general)

    def _near(self, key: str) -> Iterator[tuple[bool, str]]:
        """Yield the listed keys that are at most one consonant away."""
        yield True, key
        for near in self._shortened.get(key, ()):
            yield False, near
        for shorter in _shortened(key):
            yield False, shorter
            for near in self._shortened.get(shorter, ()):
                if near != key:
                    yield False, near

    def _forget(self, refs: Iterable[int]) -> None:
        gone: dict[str, set[int]] = {}
        for ref in list(refs):
            entry = self._forms.pop(ref, None)
            if entry is not None:
                for key in _entry_keys(entry.forms):
                    gone.setdefault(key, set()).add(ref)
        for key, its in gone.items():
            if rest := tuple(ref for ref in self._postings.get(key, ()) if ref not in its):
                self._postings[key] = rest
                continue
            self._postings.pop(key, None)
            for shorter in _shortened(key):
                if left := tuple(one for one in self._shortened.get(shorter, ()) if one != key):
                    self._shortened[shorter] = left
                else:
                    self._shortened.pop(shorter, None)

    def __len__(self) -> int:
        return len(self._forms)

    @property
    def nbytes(self) -> int:
        return 1_500 * len(self._forms) + 150 * (len(self._postings) + len(self._shortened))


def resemblance(asked: NameForms, listed: NameForms) -> float:
    """Return 0–1: how much of the listed name is in the asked one, and how little else is."""
    return max(_by_words(asked, listed), _as_one(asked, listed))


def _by_words(asked: NameForms, listed: NameForms) -> float:
    if not asked.tokens or not listed.tokens:
        return 0.0
    pairs = sorted(
        (
            (alike, -abs(left - right), left, right)
            for left, wanted in enumerate(listed.tokens)
            for right, given in enumerate(asked.tokens)
            if (alike := words_alike(wanted, given)) >= _WORDS_ALIKE
        ),
        reverse=True,
    )
    taken_left: dict[int, float] = {}
    taken_right: dict[int, float] = {}
    for alike, _, left, right in pairs:
        if left not in taken_left and right not in taken_right:
            taken_left[left] = taken_right[right] = alike
    there, rest = _share(listed.tokens, taken_left), _share(asked.tokens, taken_right)
    own = [position for position, token in enumerate(listed.tokens) if token.weight == DISTINCTIVE]
    if own and not any(position in taken_left for position in own):
        return 0.0
    if not own and (there < 0.9 or any(token.weight == DISTINCTIVE for token in asked.tokens)):
        return 0.0  # a name of general words is met only by itself
    return there * (
        rest if listed.counted == 1 else 0.5 + 0.5 * rest
    )  # one word with another beside it is another name


def _share(tokens: Sequence[NameToken], alike: dict[int, float]) -> float:
    total = sum(token.weight for token in tokens)
    return sum(token.weight * alike.get(position, 0.0) for position, token in enumerate(tokens)) / total


def words_alike(one: NameToken, other: NameToken) -> float:
    """Return 0–1. Across scripts only skeletons can be compared; short ones say little."""
    if one.text == other.text:
        return 1.0
    if one.arabic != other.arabic:
        return _across_scripts(one, other) if one.arabic else _across_scripts(other, one)
    best = max(_skeletons_alike(left, right) for left in one.skeletons for right in other.skeletons)
    shorter = min(len(one.text), len(other.text))
    if shorter <= 3:
        return 0.0
    written = normalized_similarity(one.text, other.text)
    return max(written, 0.92) if best >= 0.95 and written >= 0.5 else written


def _across_scripts(arabic: NameToken, latin: NameToken) -> float:
    best = 0.0
    for skeleton, sound in zip(arabic.skeletons, arabic.sounds, strict=True):
        for other, heard in zip(latin.skeletons, latin.sounds, strict=True):
            alike = _skeletons_alike(skeleton, other)
            if skeleton == other and len(skeleton) < 3 and len(sound) >= 3 and _is_heard(sound, heard):
                alike = 0.93
            best = max(best, alike)
    return best


def _is_heard(sound: str, heard: str) -> bool:
    """True when all that Arabic writes is there in order: what a Latin spelling has besides are short vowels."""
    rest = iter(heard)
    return all(one in rest for one in sound)


def _skeletons_alike(left: str, right: str) -> float:
    shorter = min(len(left), len(right))
    if left == right:
        return 0.97 if shorter >= 3 else 0.8 if shorter == 2 else 0.0
    return 0.95 * normalized_similarity(left, right) if shorter >= 4 else 0.0


def _as_one(asked: NameForms, listed: NameForms) -> float:
    """Compare names written without spaces between, as handles are."""
    if asked.counted == listed.counted:
        return 0.0
    if asked.joined.isascii() == listed.joined.isascii():
        long = min(len(asked.joined), len(listed.joined)) >= _JOINED_LENGTH
        return 0.98 * normalized_similarity(asked.joined, listed.joined) if long else 0.0
    arabic, latin = (listed, asked) if asked.joined.isascii() else (asked, listed)
    return max(
        _joined_alike(*left, *right)
        for left in zip(arabic.joined_skeletons, arabic.joined_sounds, strict=True)
        for right in zip(latin.joined_skeletons, latin.joined_sounds, strict=True)
    )


def _joined_alike(skeleton: str, sound: str, other: str, heard: str) -> float:
    if skeleton == other and len(skeleton) >= 3 and len(sound) >= 5 and _is_heard(sound, heard):
        return 0.93
    return 0.93 * normalized_similarity(skeleton, other) if min(len(skeleton), len(other)) >= 5 else 0.0


def _entry_keys(forms: NameForms) -> set[str]:
    own = forms.distinctive
    keys = {key for token in own for key in _keys(token)}
    if not own:
        keys.add(_general(forms))
    return keys | {f"+{reading}" for reading in forms.joined_skeletons if len(reading) >= _JOINED_CONSONANTS}


def _query_keys(forms: NameForms) -> Iterator[set[str]]:
    """Yield, for each word, the keys under which a listed name with that word stands."""
    own = forms.distinctive
    for token in own:
        yield _keys(token)
    if not own:
        yield {_general(forms)}


def _joined_keys(forms: NameForms) -> set[str]:
    """Return the keys under which a listed name stands that is written as one word, or is here."""
    readings = {*forms.joined_skeletons, *(reading for token in forms.distinctive for reading in token.skeletons)}
    return {f"+{reading}" for reading in readings if len(reading) >= _JOINED_CONSONANTS}


def _keys(token: NameToken) -> set[str]:
    """One consonant says little: there w and y count too (`~wd`: `وادي`, `wadi`, `ouadi`), else the word itself."""
    keys = set()
    for skeleton, sound in zip(token.skeletons, token.sounds, strict=True):
        spoken = sound.replace("a", "")
        keys.add(skeleton if len(skeleton) >= 2 else f"~{spoken}" if len(spoken) >= 2 else f"={token.text}")
    return keys


def _general(forms: NameForms) -> str:
    return "&" + "&".join(sorted(token.skeletons[0] for token in forms.tokens if token.weight > WEAK))


def _shortened(key: str) -> list[str]:
    """Return the key with each one of its consonants deleted; short keys would meet too many others."""
    if key[0] in "=&~" or len(key) < 4 + (key[0] == "+"):
        return []
    first = 1 if key[0] == "+" else 0
    return list(dict.fromkeys(key[:at] + key[at + 1 :] for at in range(first, len(key))))
