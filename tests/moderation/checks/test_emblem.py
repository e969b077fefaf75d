"""A banked emblem is seen inside what is posted, and is context: it never acts."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from siyaj.banks.curation import new_entry
from siyaj.cli.demo.pictures import jpeg
from siyaj.model.bank import Opinion
from siyaj.model.event import Account, Event, EventKind, MediaFile
from siyaj.model.settings import Settings
from siyaj.model.verdict import Action
from siyaj.moderation.checks.extraction import draw_entry
from siyaj.moderation.checks.requests import CheckAnswer, CheckRequest, hash_request
from siyaj.moderation.runtime import Runtime
from siyaj.storage import exhibits, verdicts
from tests.signals.test_emblem import broadcast, emblem


@pytest.fixture
def runtime(tmp_path: Path, database_url: str) -> Iterator[Runtime]:
    with Runtime.open(Settings(data=str(tmp_path), database=database_url, decoders=1)) as opened:
        opened.banks.create("marks", who="amal")
        drawn = draw_entry(opened.box, jpeg(emblem(1)), name="mark.jpg", emblem=True)
        entry = new_entry(drawn.signals, opinion=Opinion.CONFIRMED)
        opened.banks.add("marks", entry, who="amal")
        opened.banks.confirm("marks", 1, who="basim")
        yield opened


def check(runtime: Runtime, event_id: str, picture: Image.Image, age_days: float) -> tuple[Action, list[str]]:
    """Return the action, and the types of what matched. What no rule minded leaves nothing of the picture behind."""
    event = Event(event_id, EventKind.MEDIA, Account("u-1", age_days=age_days))
    files = [MediaFile("frame.jpg", jpeg(picture))]
    answer = runtime.checker.check_now([CheckRequest(event, files, "test", None, hash_request(event, files))])[0]
    assert isinstance(answer, CheckAnswer)
    told = json.loads(answer.body)
    with runtime.database.read() as connection:
        row = verdicts.get(connection, told["id"])
        kept = exhibits.of_verdict(connection, told["id"])
    assert row is not None
    assert bool(kept) == (told["action"] != "allow")
    record = json.loads(bytes(row.record))
    return Action(told["action"]), [match["signal"] for match in record["matches"]]


def test_an_emblem_alone_does_nothing_and_beside_another_sign_a_person_looks(runtime: Runtime) -> None:
    assert {signal.type for signal in runtime.banks.entry("marks", 1).signals} == {"emblem"}
    frame = broadcast(1, emblem(1), 0.12)
    assert check(runtime, "m-1", frame, 900) == (Action.ALLOW, ["emblem"])
    assert check(runtime, "m-2", frame, 1) == (Action.HOLD, ["emblem"])
    assert check(runtime, "m-3", emblem(1), 900) == (Action.ALLOW, ["emblem"])
    assert check(runtime, "m-4", broadcast(4, emblem(4), 0.12), 1) == (Action.ALLOW, [])


def test_what_is_no_picture_with_detail_is_no_emblem(runtime: Runtime) -> None:
    for data in (jpeg(Image.new("RGB", (90, 90))), b"a text of some words", jpeg(emblem(2))[:300]):
        assert draw_entry(runtime.box, data, emblem=True).missing
