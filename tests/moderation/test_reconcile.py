"""What an endpoint is owed that was added late, was disabled for a while, or was restored from a backup."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from siyaj.model.action import ActionKind, DeliveryState, PlatformAction
from siyaj.model.clock import now_us, to_datetime
from siyaj.model.report import Subject, SubjectKind
from siyaj.moderation import reconcile
from siyaj.moderation.reconcile import owed
from siyaj.storage import actions, audit, delivery_list, endpoints
from siyaj.storage.actions import NewAction
from siyaj.storage.database import Database
from siyaj.storage.endpoints import EndpointKind
from siyaj.storage.keyring import Keyring

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


def test_page_by_page_all_of_it_leaves_once_and_a_subject_is_never_cut_in_two(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconcile, "AT_ONCE", 4)
    now = to_datetime(now_us())
    with database.begin() as connection:
        subjects = [Subject(kind, name) for name in ("ب", "m-10", "m-2") for kind in SubjectKind]
        new = [
            NewAction("dec_1", None, one, kind, None, {}, now)
            for one in subjects
            for kind in (ActionKind.LABEL, ActionKind.LIMIT, ActionKind.REMOVE)
        ]
        made = actions.enqueue(connection, new)
        late, _ = endpoints.add(connection, Keyring.open(tmp_path), "late", EndpointKind.POLL)
    shown = list(reconcile.pages(database, late))
    sent = list(reconcile.pages(database, late, by="cli:test"))
    assert shown == sent
    assert [len(page) for page in sent] == [6, 6, 6, 6, 3]
    assert sorted(action.id for page in sent for _, action in page) == sorted(made)
    with database.read() as connection:
        assert len(delivery_list.page(connection, endpoint=late.id)) == len(made)
        assert len(audit.page(connection, what="endpoint.reconcile")) == 5
    assert list(reconcile.pages(database, late, by="cli:test")) == [], "it waits already"
