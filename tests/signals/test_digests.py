"""`sha256` and `md5`: known answers, and what `parse` refuses."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siyaj.model.errors import InvalidSignal
from siyaj.signals.base import Content, ContentKind
from siyaj.signals.exact import MD5, SHA256, Digest

BOTH = pytest.mark.parametrize("digest", [SHA256, MD5], ids=lambda one: one.name)


def test_known_answers() -> None:
    content = Content(ContentKind.FILE, data=b"abc")
    assert SHA256.extract(content)[0].value == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert MD5.extract(content)[0].value == "900150983cd24fb0d6963f7d28e17f72"


@BOTH
def test_an_empty_file_has_no_hash_for_all_empty_files_are_alike(digest: Digest) -> None:
    assert digest.extract(Content(ContentKind.FILE)) == []


@given(data=st.binary(min_size=1))
def test_what_is_drawn_is_canonical(data: bytes) -> None:
    for digest in (SHA256, MD5):
        (signal,) = digest.extract(Content(ContentKind.FILE, data=data))
        assert digest.parse(signal.value) == signal.value == hashlib.new(digest.name, data).hexdigest()


@BOTH
def test_upper_case_is_the_same_hash(digest: Digest) -> None:
    assert digest.parse("AB" * (digest.digits // 2)) == "ab" * (digest.digits // 2)


@BOTH
@pytest.mark.parametrize("space", [" ", "\n", "\r\n", "\t", "\u00a0", "\u2003"])
def test_white_space_is_refused_by_name(digest: Digest, space: str) -> None:
    good = "ab" * (digest.digits // 2)
    for value in (good + space, space + good, good[: -len(space)] + space):
        with pytest.raises(InvalidSignal, match="has white space around it"):
            digest.parse(value)


@BOTH
def test_a_wrong_length_is_refused_and_says_which_is_right(digest: Digest) -> None:
    for value in ("", "a", "a" * (digest.digits - 1), "a" * (digest.digits + 1)):
        with pytest.raises(InvalidSignal, match=f"has {len(value)} characters.*has {digest.digits} hex digits"):
            digest.parse(value)


@BOTH
@pytest.mark.parametrize("wrong", ["g", "-", "\0", "é", "١", "\ud800", "ａ"])
def test_a_wrong_digit_is_refused_with_its_place(digest: Digest, wrong: str) -> None:
    value = "a" * 5 + wrong + "a" * (digest.digits - 6)
    with pytest.raises(InvalidSignal, match="at position 5"):
        digest.parse(value)


@given(value=st.text(max_size=70))
def test_parse_gives_lower_case_hex_or_refuses(value: str) -> None:
    try:
        parsed = MD5.parse(value)
    except InvalidSignal:
        return
    assert len(parsed) == 32
    assert set(parsed) <= set("0123456789abcdef")
