"""What `undone` guesses counts only when it is close: strangers under one banner are not taken for each other."""

import pytest

from siyaj.matching.build import build_index
from siyaj.model.signal import Signal
from siyaj.signals.pdq import PDQ, UNDONE_RADIUS


@pytest.mark.parametrize(
    ("kind", "bits", "found"), [("pdq", 31, True), ("undone", 31, False), ("undone", 8, True), ("undone", 9, False)]
)
def test_a_guess_is_asked_for_more_than_the_picture_itself(kind: str, bits: int, found: bool) -> None:
    assert UNDONE_RADIUS == 8
    index = build_index(PDQ.index)
    index.add([1], ["0" * 64])
    value = f"{(1 << bits) - 1:064x}"
    assert bool(index.search([Signal(kind, value)])[0]) is found
