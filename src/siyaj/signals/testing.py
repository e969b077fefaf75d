"""The conformance test of the signal-type contract. Subclass it in your tests; ours run it as well:

    from siyaj.signals.testing import SignalTypeConformance
    from my_plugin import MY_TYPE

    class TestMyType(SignalTypeConformance):
        signal_type = MY_TYPE

Needs pytest; nothing else in Siyaj imports this module.
"""

import hashlib
import re
import threading
from collections.abc import Callable
from importlib import import_module

import pytest

from siyaj.model.errors import InvalidSignal, MediaTooLarge, UnreadableMedia
from siyaj.model.signal import Signal
from siyaj.signals.base import Content, ContentKind, SignalIndex, SignalType
from siyaj.signals.registry import signal_types

_NAME = re.compile(r"[a-z][a-z0-9_]{1,31}")
_OF_TEXT = frozenset({ContentKind.TEXT, ContentKind.LINK, ContentKind.NAME})
_BYTES = b"".join(hashlib.sha256(bytes([number])).digest() for number in range(128))

HOSTILE_BYTES = [
    b"",
    b"\0",
    _BYTES,
    b"\xff" * 70_000,
    b"GIF89a",
    b"\x89PNG\r\n\x1a\n" + _BYTES,
    b"\xff\xd8\xff\xe0" + _BYTES,
    b"RIFF\xff\xff\xff\xffWEBPVP8 " + _BYTES,
    b"\0\0\0\x18ftypheic" + _BYTES,
    b"\0\0\0\x18ftypmp42" + _BYTES,
    b"ID3" + _BYTES,
]
HOSTILE_TEXTS = [
    "",
    " ",
    "\0",
    "\ud800",
    "a\udfffb",
    "\u202e\u200b\u2066",
    "ا" * 100_000,
    "\u0301" * 100_000,
    "a." * 50_000,
    " " * 100_000,
    "http://" * 14_000,
    "😀" * 50_000,
    "(" * 100_000,
    "\r\n" * 50_000,
    "%" * 100_000,
    "ـ" * 100_000,
    "１" * 100_000,
    "xn--" * 25_000,
]


class SignalTypeConformance:
    """Every test here is a promise of `siyaj.signals.base.SignalType`."""

    signal_type: SignalType

    def test_its_name_can_stand_in_policies_and_the_database(self) -> None:
        assert _NAME.fullmatch(self.signal_type.name), "use lower-case letters, digits and _, starting with a letter"

    def test_it_says_what_it_draws_from_and_what_asks_it(self) -> None:
        kind = self.signal_type
        assert kind.queried_by, "a type that no query reaches finds nothing"
        assert kind.content_kinds or kind.queried_by - {kind.name}, "it draws from nothing and nobody asks it"
        assert all(isinstance(each, ContentKind) for each in kind.content_kinds)

    def test_hostile_content_is_refused_or_gives_signals(self) -> None:
        for kind in sorted(self.signal_type.content_kinds):
            for content in _hostile(kind):
                try:
                    drawn = self.signal_type.extract(content)
                except (UnreadableMedia, MediaTooLarge):
                    continue
                self._are_signals(drawn)

    def test_drawing_twice_gives_the_same(self) -> None:
        for _, content in self._examples():
            assert self.signal_type.extract(content) == self.signal_type.extract(content)

    def test_it_brings_examples_of_both_kinds(self) -> None:
        examples = self.signal_type.examples
        assert examples.must_match, "bring an example that must match"
        assert examples.must_not_match, "bring an example that must not match"

    def test_a_parsed_value_stays_as_it_is(self) -> None:
        for value, _ in self._examples():
            parsed = self.signal_type.parse(value)
            assert self.signal_type.parse(parsed) == parsed

    def test_white_space_is_no_value(self) -> None:
        for value in ("", " ", "\t\r\n", "\u200b", "\u00a0\u3000"):
            with pytest.raises(InvalidSignal):
                self.signal_type.parse(value)

    def test_garbage_is_refused_or_has_a_stable_form(self) -> None:
        for value in (
            *HOSTILE_TEXTS,
            "\0\1\2",
            "'; drop table entries; --",
            "../../etc/passwd",
            "NaN",
            "[]",
            "0x",
            "-1",
        ):
            try:
                parsed = self.signal_type.parse(value)
            except InvalidSignal:
                continue
            assert self.signal_type.parse(parsed) == parsed

    def test_examples_match_and_do_not_match(self) -> None:
        for value, content in self.signal_type.examples.must_match:
            assert 1 in self._found(self._index([value]), content), f"{value[:80]!r} was not found"
        for value, content in self.signal_type.examples.must_not_match:
            assert 1 not in self._found(self._index([value]), content), f"{value[:80]!r} was found"

    def test_the_index_forgets_and_learns_again(self) -> None:
        value, content = self.signal_type.examples.must_match[0]
        index = self._index([value, value])
        assert self._found(index, content) >= {1, 2}
        index.remove([1, 987_654_321])
        assert self._found(index, content) == {2}
        assert len(index) == 1
        index.add([1], [self.signal_type.parse(value)])
        index.add([1], [self.signal_type.parse(value)])
        assert self._found(index, content) == {1, 2}
        assert len(index) == 2
        index.remove(range(1, 1_000))
        assert self._found(index, content) == set()
        assert len(index) == 0
        assert index.nbytes >= 0

    def test_an_empty_index_finds_nothing_and_an_empty_search_is_answered(self) -> None:
        _, content = self.signal_type.examples.must_match[0]
        assert self._found(self._index([]), content) == set()
        index = self._index([self.signal_type.examples.must_match[0][0]])
        assert index.search([]) == []
        asked = self._drawn(content)
        assert len(index.search(asked)) == len(asked)

    def test_hits_come_nearest_first(self) -> None:
        index = self._index([value for value, _ in self.signal_type.examples.must_match])
        for _, content in self._examples():
            for hits in index.search(self._drawn(content)):
                distances = [hit.distance for hit in hits]
                assert distances == sorted(distances)
                assert all(distance >= 0 for distance in distances)

    def test_it_may_be_used_from_many_threads(self) -> None:
        value, content = self.signal_type.examples.must_match[0]
        index = self._index([value])
        expected, faults = self.signal_type.extract(content), []

        def work(number: int) -> None:
            try:
                for turn in range(10):
                    assert self.signal_type.extract(content) == expected
                    ref = 1_000 * number + turn + 2
                    index.add([ref], [self.signal_type.parse(value)])
                    assert {1, ref} <= self._found(index, content)
                    index.remove([ref])
            except BaseException as fault:
                faults.append(fault)

        _together(work, 4)
        assert not faults, faults[0]
        assert self._found(index, content) == {1}

    def _examples(self) -> list[tuple[str, Content]]:
        examples = self.signal_type.examples
        return [*examples.must_match, *examples.must_not_match]

    def _index(self, values: list[str]) -> SignalIndex:
        # The one look upwards from this room: a plug-in is proved with the index that its entries will stand in.
        index: SignalIndex = import_module("siyaj.matching.build").build_index(self.signal_type.index)
        index.add(range(1, len(values) + 1), [self.signal_type.parse(value) for value in values])
        return index

    def _found(self, index: SignalIndex, content: Content) -> set[int]:
        return {hit.ref for hits in index.search(self._drawn(content)) for hit in hits}

    def _drawn(self, content: Content) -> list[Signal]:
        """Draw as a running Siyaj does: every type that asks this one takes part."""
        asking = {self.signal_type.name: self.signal_type}
        others = self.signal_type.queried_by - {self.signal_type.name}
        asking |= {name: one for name, one in signal_types().items() if name in others} if others else {}
        drawn = [
            signal for one in asking.values() if content.kind in one.content_kinds for signal in one.extract(content)
        ]
        return [signal for signal in drawn if signal.type in self.signal_type.queried_by]

    def _are_signals(self, drawn: object) -> None:
        assert isinstance(drawn, list)
        for signal in drawn:
            assert isinstance(signal, Signal)
            assert signal.type in {self.signal_type.name, *self.signal_type.queried_by}
            assert signal.value, "a signal without a value is no signal"
            assert 0 <= signal.quality <= 100


def _hostile(kind: ContentKind) -> list[Content]:
    if kind in _OF_TEXT:
        return [Content(kind, text=text) for text in HOSTILE_TEXTS]
    return [Content(kind, data=data) for data in HOSTILE_BYTES]


def _together(work: Callable[[int], None], count: int) -> None:
    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
