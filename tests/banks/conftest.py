"""Banks with their keeper, on each engine."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from siyaj.banks.curation import Banks, new_entry
from siyaj.banks.keeper import Keeper
from siyaj.banks.lookup import Found, Lookup
from siyaj.matching.matcher import Matcher
from siyaj.model.bank import Entry, Opinion
from siyaj.model.signal import Signal
from siyaj.signals.registry import signal_types
from siyaj.storage.database import Database


class House(NamedTuple):
    """One process's banks: what a Runtime holds, without policy and decoders."""

    database: Database
    matcher: Matcher
    keeper: Keeper
    banks: Banks
    lookup: Lookup

    def add(self, bank: str, kind: str, value: str, opinion: Opinion = Opinion.SEED, **fields: object) -> Entry:
        if bank not in {one.name for one in self.banks.list()}:
            self.banks.create(bank, who="test")
        return self.banks.add(bank, new_entry([Signal(kind, value)], opinion=opinion, **fields), who="test").entry

    def find(self, *signals: tuple[str, str]) -> Found:
        return self.lookup.find([[Signal(kind, value, part="file:0") for kind, value in signals]])[0]


def open_house(url: str, folder: Path, poll_seconds: float = 0.1) -> House:
    database = Database.open(url)
    matcher = Matcher(signal_types())
    keeper = Keeper(database, matcher, folder, poll_seconds)
    keeper.start()
    return House(database, matcher, keeper, Banks(database, keeper.refresh), Lookup(database, matcher, keeper))


def close_house(house: House) -> None:
    house.keeper.stop()
    house.database.close()


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[House]:
    opened = open_house(database_url, tmp_path / "index")
    yield opened
    close_house(opened)
