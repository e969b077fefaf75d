"""`local` as a signal type: the contract, and values that may be hostile."""

import base64
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from siyaj.matching.local import LocalIndex
from siyaj.model.errors import InvalidSignal
from siyaj.signals.base import Content, ContentKind
from siyaj.signals.emblem import EMBLEM
from siyaj.signals.local import LOCAL, SEARCH, Local
from siyaj.signals.local_examples import as_file, shapes
from siyaj.signals.local_value import BANKED, MAGIC, pack, unpack
from siyaj.signals.local_value import SEARCH as SEARCH_FORM
from siyaj.signals.testing import SignalTypeConformance


class TestLocal(SignalTypeConformance):
    signal_type = Local(index=LocalIndex)


@pytest.fixture(scope="module")
def value() -> str:
    return LOCAL.extract(as_file(shapes(1), "PNG"))[0].value


def test_a_picture_gives_what_a_bank_keeps_and_what_it_is_searched_by() -> None:
    banked, searched = LOCAL.extract(as_file(shapes(1), "PNG"))
    assert (banked.variant, searched.variant) == ("", SEARCH)
    assert unpack(banked.value).form == BANKED
    assert unpack(searched.value).form == SEARCH_FORM
    assert len(unpack(banked.value).words) < len(unpack(searched.value).words)


def test_an_entry_keeps_only_the_short_form() -> None:
    banked, searched = LOCAL.extract(as_file(shapes(1), "PNG"))
    assert LOCAL.parse(banked.value) == banked.value
    assert EMBLEM.parse(banked.value) == banked.value
    with pytest.raises(InvalidSignal, match="short form"):
        LOCAL.parse(searched.value)


def test_a_value_says_what_went_in(value: str) -> None:
    assert pack(unpack(value)) == value


@pytest.mark.parametrize(
    "picture",
    [
        Image.new("RGB", (640, 480), (90, 120, 30)),
        Image.linear_gradient("L"),
        Image.new("RGB", (1, 1)),
        Image.new("RGB", (1, 9_000), (3, 2, 1)),
        Image.new("RGB", (9_000, 2), (200, 2, 1)),
        Image.new("L", (4, 4)),
    ],
    ids=["flat", "gradient", "one pixel", "a column", "two rows", "tiny"],
)
def test_a_picture_without_features_has_no_signal(picture: Image.Image) -> None:
    assert LOCAL.extract(as_file(picture, "PNG")) == []


@pytest.mark.parametrize("size", [(20, 4_000), (4_000, 20), (48, 48), (33, 900)])
def test_any_shape_of_picture_is_taken(size: tuple[int, int]) -> None:
    for signal in LOCAL.extract(as_file(shapes(4, size), "PNG")):
        assert pack(unpack(signal.value)) == signal.value


def test_colours_and_depths_of_one_picture_give_nearly_the_same() -> None:
    picture = shapes(5)
    one = unpack(LOCAL.extract(as_file(picture, "PNG"))[0].value)
    other = unpack(LOCAL.extract(as_file(picture.convert("L"), "PNG"))[0].value)
    assert np.array_equal(one.words, other.words)


@given(st.text(max_size=200))
def test_text_that_is_no_value_is_refused(text: str) -> None:
    with pytest.raises(InvalidSignal):
        LOCAL.parse(text)


@cache
def _value() -> bytes:
    return base64.b64decode(LOCAL.extract(as_file(shapes(1), "PNG"))[0].value)


@settings(deadline=None)
@given(st.data())
def test_damaged_values_are_refused_or_hold_what_the_kernels_rely_on(data: st.DataObject) -> None:
    raw = bytearray(_value())
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, 40))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(raw)))
    for changed in (bytes(raw), bytes(raw[:cut])):
        try:
            features = unpack(base64.b64encode(changed).decode())
        except InvalidSignal:
            continue
        assert features.frames[:, 1].max() < 16
        assert len(features.words) == len(features.places) == len(features.frames) > 0
        assert features.thumbnail.size > 0


def test_a_value_that_doubts_every_bit_is_refused() -> None:
    searched = unpack(LOCAL.extract(as_file(shapes(1), "PNG"))[1].value)
    doubtful = searched._replace(doubts=np.full(len(searched.words), 0x3FFFFF, dtype=np.uint32))
    with pytest.raises(InvalidSignal, match="doubts at most 6"):
        unpack(pack(doubtful))


def test_errors_say_what_is_wrong(value: str) -> None:
    raw = base64.b64decode(value)
    wrong = {
        "base64": "!" + value[1:],
        "starts with": base64.b64encode(b"XX" + raw[2:]).decode(),
        "bytes, not": base64.b64encode(raw[:-1]).decode(),
        "at least": base64.b64encode(MAGIC).decode(),
        "at most": "A" * 1_000_000,
    }
    for said, bad in wrong.items():
        with pytest.raises(InvalidSignal, match=said):
            LOCAL.parse(bad)


def test_what_is_no_picture_is_an_error_of_its_own() -> None:
    from siyaj.model.errors import UnreadableMedia

    with pytest.raises(UnreadableMedia):
        LOCAL.extract(Content(ContentKind.IMAGE, data=b"no picture"))
