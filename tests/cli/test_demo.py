"""The README's first command: the demo plays the main job and ends well."""

from pathlib import Path

from siyaj.cli.demo import past, stories
from siyaj.model.queue import QueueFilter
from siyaj.model.settings import Settings
from siyaj.moderation.runtime import Runtime
from siyaj.storage import audit
from tests.cli.conftest import Run


def test_demo_gets_every_verdict_right(siyaj: Run) -> None:
    ended = siyaj("demo", "--once", "--json")
    assert ended.code == 0, ended.err
    assert len(ended.lines) >= 20
    assert all(line["action"] == line["expect"] for line in ended.lines)
    assert "/docs" in ended.err
    assert "/console/" in ended.err
    assert "password sample garden gate" in ended.err


def test_the_demo_has_a_past(tmp_path: Path) -> None:
    lived = past.live(tmp_path)
    assert lived.waiting >= 12
    assert len({door.secret for door in lived.doors}) == len(lived.doors)
    with Runtime.open(Settings(data=str(tmp_path), decoders=1)) as runtime:
        seen, quality = runtime.numbers.dashboard(30), runtime.numbers.quality(30)
        cases = [case for _, case in runtime.cases.queue(QueueFilter(), limit=500)]
        timeline = runtime.channels.timeline(stories.CHANNEL)
        with runtime.database.read() as connection:
            assert audit.verify(connection).fault == ""
    assert sum(day.closed > 0 for day in seen.days) > 20
    assert seen.overturned.count == 1
    assert seen.overdue >= 1
    assert quality.judged >= 3
    assert {case.language for case in cases} >= {"ar"}
    assert {case.origin for case in cases} >= {"content", "appeal", "sample"}
    assert any(case.urgent for case in cases)
    assert len({event.value for event in timeline.events if event.mark == "subscribers"}) > 5
