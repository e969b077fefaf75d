"""What is sealed opens only where it belongs, with a key that is here; tokens cannot be made up."""

import base64
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siyaj.model.errors import SealBroken, UserError
from siyaj.storage.keyring import FILE, Keyring, Sealed


def key() -> str:
    return base64.b64encode(os.urandom(32)).decode()


def test_the_key_file_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    sealed = Keyring.open(tmp_path).seal_small(b"words", "evidence", "ev_1")
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    assert Keyring.open(tmp_path).unseal_small(sealed, "evidence", "ev_1") == b"words"
    assert [one.name for one in tmp_path.iterdir()] == [FILE]


@given(data=st.binary(max_size=300), place=st.integers(0, 400))
def test_a_changed_byte_breaks_the_seal(data: bytes, place: int) -> None:
    ring = Keyring([bytes(32)])
    sealed = ring.seal_small(data, "evidence", "ev_1")
    assert ring.unseal_small(sealed, "evidence", "ev_1") == data
    place %= len(sealed)
    changed = sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]
    with pytest.raises(SealBroken):
        ring.unseal_small(changed, "evidence", "ev_1")


def test_sealed_bytes_do_not_open_elsewhere_or_for_another_purpose(tmp_path: Path) -> None:
    ring = Keyring.open(tmp_path)
    sealed = ring.seal(b"words", "evidence", "ev_1")
    for purpose, bound in (("evidence", "ev_2"), ("totp", "ev_1")):
        with pytest.raises(SealBroken):
            ring.unseal(sealed, purpose, bound)


def test_an_older_key_still_opens_and_a_missing_one_is_named(tmp_path: Path) -> None:
    old, new = key(), key()
    sealed = Keyring.open(tmp_path, old).seal(b"words", "evidence", "ev_1")
    assert Keyring.open(tmp_path, f"{new},{old}").unseal(sealed, "evidence", "ev_1") == b"words"
    assert Keyring.open(tmp_path, f"{new},{old}").seal(b"", "evidence", "ev_1").key_id != sealed.key_id
    with pytest.raises(SealBroken, match=sealed.key_id):
        Keyring.open(tmp_path, new).unseal(sealed, "evidence", "ev_1")


@pytest.mark.parametrize("secret", ["short", "c2hvcnQ=", "Ä", ","])
def test_a_key_that_is_none_is_refused(tmp_path: Path, secret: str) -> None:
    with pytest.raises(UserError):
        Keyring.open(tmp_path, secret)


def test_a_token_says_its_subject_and_cannot_be_altered(tmp_path: Path) -> None:
    ring = Keyring.open(tmp_path)
    token = ring.token("appeal", "verdict:ver_1")
    assert ring.subject_of("appeal", token) == "verdict:ver_1"
    for other in (token[:-1], token.replace("ver_1", "ver_2"), "", ".", "ä.ö", token + "a"):
        assert ring.subject_of("appeal", other) is None
    assert ring.subject_of("report", token) is None


def test_an_empty_sealed_value_is_a_broken_seal(tmp_path: Path) -> None:
    with pytest.raises(SealBroken):
        Keyring.open(tmp_path).unseal(Sealed("", b"", b""), "evidence", "ev_1")
