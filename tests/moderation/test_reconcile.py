"""What an endpoint is owed that was added late, was disabled for a while, or was restored from a backup."""

from datetime import UTC, datetime

import pytest

from siyaj.model.action import ActionKind, DeliveryState, PlatformAction
from siyaj.model.report import Subject, SubjectKind
from siyaj.moderation.reconcile import owed

DONE, NEVER, WAITS, DEAD = DeliveryState.DELIVERED, None, DeliveryState.WAITING, DeliveryState.DEAD


def leaving(*history: tuple[str, DeliveryState | None], again: bool = False) -> list[int]:
    """Return the places in one item's history that are to leave."""
    its = Subject(SubjectKind.ITEM, "m-1")
    at = datetime(2026, 11, 25, tzinfo=UTC)
    fared = [
        (number, PlatformAction(f"act_{number}", ActionKind(kind), its, "dec_1", None, None, at), state)
        for number, (kind, state) in enumerate(history)
    ]
    return [number for number, _ in owed(fared, again=again)]


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        ([("remove", NEVER)], [0]),
        ([("remove", DONE)], []),
        ([("remove", WAITS)], []),
        ([("remove", DEAD)], []),
        ([("remove", NEVER), ("restore", NEVER)], []),
        ([("remove", DONE), ("restore", NEVER)], [1]),
        ([("remove", DONE), ("restore", DONE)], []),
        ([("remove", DONE), ("restore", NEVER), ("remove", NEVER)], [2]),
        ([("remove", DONE), ("restore", DONE), ("remove", DONE), ("restore", NEVER)], [3]),
        ([("label", NEVER), ("remove", NEVER)], [0, 1]),
        ([("limit", NEVER), ("limit", NEVER)], [1]),
    ],
)
def test_what_should_be_so_and_was_never_sent_leaves(
    history: list[tuple[str, DeliveryState | None]], expected: list[int]
) -> None:
    assert leaving(*history) == expected


def test_after_a_backup_what_had_arrived_leaves_again() -> None:
    assert leaving(("remove", DONE), again=True) == [0]
    assert leaving(("remove", DONE), ("restore", DONE), again=True) == [1]
