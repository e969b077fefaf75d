"""Media is revealed step by step, to one person, for some minutes."""

import pytest

from siyaj.server.console.casework.reveal import TOKEN_US, Leave, Step, allows, byte_range, following, token, view
from siyaj.storage.keyring import Keyring


@pytest.fixture(scope="module")
def keyring(tmp_path_factory: pytest.TempPathFactory) -> Keyring:
    return Keyring.open(tmp_path_factory.mktemp("keys"))


def test_steps_follow_each_other() -> None:
    assert [following("video", step) for step in Step] == [Step.CLEAR, Step.COLOUR, Step.SOUND, None]
    assert [following("image", step) for step in Step] == [Step.CLEAR, Step.COLOUR, None, None]
    assert following("audio", Step.COVERED) is Step.SOUND
    assert following("other", Step.COVERED) is None


def test_grey_comes_before_colour() -> None:
    clear, colour = view("image", Step.CLEAR), view("image", Step.COLOUR)
    assert clear is not None and clear.grey
    assert colour is not None and not colour.grey
    assert view("video", Step.SOUND) is None


def test_a_token_is_one_persons_for_one_file_for_some_minutes(keyring: Keyring) -> None:
    given = token(keyring, Leave("per_1", "evd_1", Step.COLOUR), now=1_000_000)
    assert allows(keyring, given, "per_1", "evd_1", now=1_000_001) is Step.COLOUR
    assert allows(keyring, given, "per_2", "evd_1", now=1_000_001) is None
    assert allows(keyring, given, "per_1", "evd_2", now=1_000_001) is None
    assert allows(keyring, given, "per_1", "evd_1", now=1_000_001 + TOKEN_US) is None
    assert allows(keyring, given[:-2] + "aa", "per_1", "evd_1", now=1_000_001) is None
    assert allows(keyring, "", "per_1", "evd_1") is None


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-", (0, 99)),
        ("bytes=10-19", (10, 19)),
        ("bytes=-5", (95, 99)),
        ("bytes=90-500", (90, 99)),
        ("bytes=200-", None),
        ("bytes=1-2,5-6", None),
        ("lines=1-2", None),
        ("bytes=a-b", None),
        ("", None),
    ],
)
def test_a_range_is_read_or_everything_is_sent(header: str, expected: tuple[int, int] | None) -> None:
    assert byte_range(header, 100) == expected
