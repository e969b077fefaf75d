"""What matches: opinions, expiry, revocation, silence."""

from datetime import UTC, datetime, timedelta

from siyaj.model.bank import Opinion
from siyaj.model.clock import now_us, to_us
from tests.banks.conftest import House

PDQ = "f8f8f0cce0f4e84d0e370a22028f67f0b36e2ed596623e1d33e6339c4e9c9b22"
SHA = "ab" * 32


def flipped(value: str, bits: int) -> str:
    """The hash with its lowest bits flipped."""
    return f"{int(value, 16) ^ (2**bits - 1):064x}"


def test_the_nearest_match_of_an_entry_counts(house: House) -> None:
    entry = house.add("known", "pdq", PDQ)
    found = house.find(("pdq", flipped(PDQ, 9)), ("pdq", flipped(PDQ, 3)))
    assert [(match.entry, match.distance) for match in found.matches] == [(entry.id, 3)]
    assert house.find(("pdq", flipped(PDQ, 31))).matches
    assert not house.find(("pdq", flipped(PDQ, 32))).matches


def test_matches_come_nearest_first(house: House) -> None:
    house.add("known", "pdq", flipped(PDQ, 12))
    house.add("known", "pdq", flipped(PDQ, 4))
    assert [match.distance for match in house.find(("pdq", PDQ)).matches] == [4, 12]


def test_expired_and_revoked_entries_do_not_match(house: House) -> None:
    house.add("known", "pdq", PDQ, expires_at=now_us() - 1)
    later = to_us(datetime.now(UTC) + timedelta(days=1))
    entry = house.add("known", "sha256", SHA, expires_at=later)
    assert not house.find(("pdq", PDQ)).matches
    assert house.find(("sha256", SHA)).matches
    house.banks.revoke("known", entry.id, who="test")
    assert not house.find(("sha256", SHA)).matches


def test_a_negative_entry_silences_what_is_not_nearer(house: House) -> None:
    house.add("known", "pdq", PDQ)
    house.add("harmless", "pdq", flipped(PDQ, 10), Opinion.NEGATIVE)
    at_the_negative = house.find(("pdq", flipped(PDQ, 10)))
    assert at_the_negative.matches == []
    assert {match.bank for match in at_the_negative.silenced} == {"known", "harmless"}
    at_the_positive = house.find(("pdq", PDQ))
    assert [match.bank for match in at_the_positive.matches] == ["known"]


def test_a_file_known_to_be_harmless_byte_for_byte_is_silent(house: House) -> None:
    house.add("known", "pdq", PDQ)
    house.add("harmless", "sha256", SHA, Opinion.NEGATIVE)
    assert house.find(("sha256", SHA), ("pdq", PDQ)).matches == []
    assert house.find(("sha256", "cd" * 32), ("pdq", PDQ)).matches


def test_confirmations_are_of_different_people(house: House) -> None:
    entry = house.add("known", "pdq", PDQ, Opinion.CONFIRMED)
    house.banks.confirm("known", entry.id, who="test")
    assert not house.find(("pdq", PDQ)).matches[0].acts_alone
    house.banks.confirm("known", entry.id, who="other")
    assert house.find(("pdq", PDQ)).matches[0].acts_alone
    house.add("known", "pdq", PDQ, Opinion.SEED)
    assert not house.find(("pdq", PDQ)).matches[0].acts_alone


def test_adding_again_brings_up_to_date(house: House) -> None:
    first = house.add("known", "pdq", PDQ, labels=["a"])
    again = house.add("known", "pdq", PDQ, labels=["b"])
    assert again.id == first.id
    assert again.labels == ["a", "b"]
    house.banks.revoke("known", first.id, who="test")
    revived = house.add("known", "pdq", PDQ)
    assert revived.revoked_at is None
    assert house.find(("pdq", PDQ)).matches
