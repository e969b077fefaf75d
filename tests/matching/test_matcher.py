"""All indexes together: routing, live changes, snapshots that are trusted only when whole."""

import hashlib
import json
import random
import shutil
import threading
import zlib
from dataclasses import dataclass
from pathlib import Path

import pytest

from siyaj.matching.build import build_index
from siyaj.matching.matcher import Matcher
from siyaj.model.errors import UnknownSignalType
from siyaj.model.signal import Signal
from siyaj.signals.base import Content, ContentKind, Examples, Hit, IndexSpec, SignalIndex


@dataclass
class Kind:
    """A signal type of a plug-in, reduced to what the matcher asks for."""

    name: str
    index: object
    queried_by: frozenset[str]
    content_kinds = frozenset({ContentKind.TEXT})
    examples = Examples()

    def extract(self, content: Content) -> list[Signal]:
        return [Signal(self.name, content.text)]

    def parse(self, value: str) -> str:
        return value


class Echo:
    """An index without `save`: finds every value that is asked for."""

    def __init__(self) -> None:
        self.values: dict[int, str] = {}
        self.batches: list[int] = []

    def add(self, refs: list[int], values: list[str]) -> None:
        self.values.update(zip(refs, values, strict=True))

    def remove(self, refs: list[int]) -> None:
        for ref in refs:
            self.values.pop(ref, None)

    def search(self, signals: list[Signal]) -> list[list[Hit]]:
        self.batches.append(len(signals))
        return [[Hit(ref, 0.5) for ref, value in self.values.items() if value == one.value] for one in signals]

    def __len__(self) -> int:
        return len(self.values)

    nbytes = 1


def types(echo: Echo | None = None) -> dict[str, Kind]:
    kinds = [
        Kind("pdq", IndexSpec("hamming", {"bits": 256, "radius": 31}), frozenset({"pdq"})),
        Kind("sha256", IndexSpec("exact", {"bytes": 32}), frozenset({"sha256"})),
        Kind("echo", lambda: Echo() if echo is None else echo, frozenset({"text", "echo"})),
        Kind("other", Echo, frozenset({"text"})),
    ]
    return {kind.name: kind for kind in kinds}


def digest(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


def near(value: str, bits: int) -> str:
    code = int(value, 16)
    for position in random.Random(1).sample(range(256), bits):
        code ^= 1 << position
    return f"{code:064x}"


def found(matcher: Matcher, *signals: Signal) -> list[list[tuple[str, int, float]]]:
    return [[(one.type, one.hit.ref, one.hit.distance) for one in its] for its in matcher.search(signals)]


def filled() -> Matcher:
    matcher = Matcher(types())
    matcher.add("pdq", range(1, 3_001), [digest(number) for number in range(3_000)])
    matcher.add("sha256", range(3_001, 6_001), [digest(number) for number in range(3_000)])
    matcher.add("echo", [7_000], ["hello"])
    return matcher


def test_each_signal_is_answered_in_its_place_by_the_index_of_its_type() -> None:
    matcher = filled()
    asked = [
        Signal("sha256", digest(5)),
        Signal("pdq", near(digest(9), 12)),
        Signal("nobody", "x"),
        Signal("text", "hello"),
        Signal("pdq", digest(70_000)),
    ]
    assert found(matcher, *asked) == [[("sha256", 3_006, 0)], [("pdq", 10, 12)], [], [("echo", 7_000, 0.5)], []]
    assert matcher.search([asked[1]])[0][0].hit.why == "12 of 256 bits differ"
    assert matcher.search([]) == []


def test_a_query_is_searched_in_every_type_that_it_queries_in_one_batch_each() -> None:
    echo = Echo()
    matcher = Matcher(types(echo))
    matcher.add("echo", [1], ["a"])
    matcher.add("other", [2], ["a"])
    assert found(matcher, Signal("text", "a"), Signal("pdq", "0" * 64), Signal("text", "b"), Signal("echo", "a")) == [
        [("echo", 1, 0.5), ("other", 2, 0.5)], [], [], [("echo", 1, 0.5)],
    ]  # fmt: skip
    assert sorted(echo.batches) == [1, 2]


def test_a_change_is_matchable_at_once_and_a_removal_names_no_type() -> None:
    matcher = filled()
    assert matcher.counts() == {"pdq": 3_000, "sha256": 3_000, "echo": 1, "other": 0}
    matcher.remove(range(3_000, 7_001))
    assert matcher.counts() == {"pdq": 2_999, "sha256": 0, "echo": 0, "other": 0}
    assert found(matcher, Signal("pdq", digest(2_999)), Signal("sha256", digest(0))) == [[], []]
    matcher.add("pdq", [3_000], [digest(7_000)])
    assert found(matcher, Signal("pdq", digest(7_000)), Signal("pdq", digest(2_999))) == [[("pdq", 3_000, 0)], []]
    matcher.clear()
    assert sum(matcher.counts().values()) == 0
    assert found(matcher, Signal("pdq", digest(1))) == [[]]


def test_a_type_that_nobody_registered_is_refused() -> None:
    with pytest.raises(UnknownSignalType, match="known types"):
        Matcher(types()).add("phash", [1], ["0"])


def test_a_snapshot_brings_back_what_can_be_saved_and_says_what_is_missing(tmp_path: Path) -> None:
    matcher = filled()
    matcher.remove([3])
    matcher.save(tmp_path / "index", {"instance": "a", "seq": 41})
    again = Matcher(types())
    snapshot = again.load(tmp_path / "index")
    assert snapshot is not None
    assert snapshot.stamp == {"instance": "a", "seq": 41}
    assert snapshot.loaded == {"pdq", "sha256"}
    assert again.counts() == {"pdq": 2_999, "sha256": 3_000, "echo": 0, "other": 0}
    assert found(again, Signal("pdq", near(digest(9), 12)), Signal("pdq", digest(2)), Signal("sha256", digest(5))) == [
        [("pdq", 10, 12)], [], [("sha256", 3_006, 0)],
    ]  # fmt: skip
    again.add("pdq", [3], [digest(2)])
    again.save(tmp_path / "index", {"instance": "a", "seq": 42})
    third = Matcher(types())
    newer = third.load(tmp_path / "index")
    assert newer is not None and newer.stamp["seq"] == 42
    assert found(third, Signal("pdq", digest(2))) == [[("pdq", 3, 0)]]
    assert [path.name for path in tmp_path.iterdir()] == ["index"]


def test_without_a_snapshot_nothing_is_loaded(tmp_path: Path) -> None:
    assert Matcher(types()).load(tmp_path / "none") is None


def damaged_copies(folder: Path) -> list[Path]:
    """One copy of the snapshot for each way in which a file of it can be broken."""
    copies = []
    for path in sorted(one for one in folder.rglob("*") if one.is_file()):
        for how in ("flip", "cut", "empty", "gone", "longer"):
            copy = folder.with_name(f"{how}-{len(copies)}")
            shutil.copytree(folder, copy)
            victim = copy / path.relative_to(folder)
            data = bytearray(victim.read_bytes())
            data[len(data) // 2] ^= 0x10
            victim.write_bytes(
                {"flip": bytes(data), "cut": data[: len(data) // 2], "longer": data + b"\0" * 64}.get(how, b"")
            )
            if how == "gone":
                victim.unlink()
            copies.append(copy)
    return copies


def test_a_damaged_snapshot_is_never_trusted(tmp_path: Path) -> None:
    matcher = filled()
    matcher.save(tmp_path / "index", {"instance": "a", "seq": 1})
    for copy in damaged_copies(tmp_path / "index"):
        again = Matcher(types())
        assert again.load(copy) is None, copy
        assert sum(again.counts().values()) == 0, copy


def test_a_snapshot_of_another_version_is_not_used(tmp_path: Path) -> None:
    filled().save(tmp_path / "index", {"seq": 1})
    manifest = tmp_path / "index" / "snapshot.json"
    content = json.loads(manifest.read_text())
    inner = json.dumps({**content["manifest"], "format": "siyaj-index-0"}, separators=(",", ":"))
    manifest.write_text(f'{{"crc32":{zlib.crc32(inner.encode())},"manifest":{inner}}}')
    assert Matcher(types()).load(tmp_path / "index") is None


def test_a_full_disk_leaves_the_old_snapshot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    matcher = filled()
    matcher.save(tmp_path / "index", {"seq": 1})

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("siyaj.matching.exact_segment.np.save", full)
    with pytest.raises(OSError):
        matcher.save(tmp_path / "index", {"seq": 2})
    monkeypatch.undo()
    snapshot = Matcher(types()).load(tmp_path / "index")
    assert snapshot is not None and snapshot.stamp == {"seq": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["index"]


def test_searches_and_changes_may_come_from_many_threads() -> None:
    matcher = filled()
    wrong: list[object] = []

    def look() -> None:
        for _ in range(200):
            answer = found(matcher, Signal("pdq", digest(9)), Signal("sha256", digest(5)))
            if answer != [[("pdq", 10, 0)], [("sha256", 3_006, 0)]]:
                wrong.append(answer)

    readers = [threading.Thread(target=look) for _ in range(4)]
    for reader in readers:
        reader.start()
    for turn in range(40):
        matcher.add("pdq", [100_000 + turn], [digest(100_000 + turn)])
        matcher.add("other", [200_000 + turn], ["x"])
        matcher.remove([100_000 + turn - 1])
    for reader in readers:
        reader.join()
    assert wrong == []


def test_an_index_is_named_by_kind_or_made_by_a_plug_in() -> None:
    made: SignalIndex = build_index(Echo)
    assert isinstance(made, Echo)
    assert len(build_index(IndexSpec("exact", {"bytes": 16}))) == 0
    with pytest.raises(ValueError, match="there are: audio, exact, hamming"):
        build_index(IndexSpec("phonetic"))
    with pytest.raises(ValueError, match="does not take the options"):
        build_index(IndexSpec("exact", {"digits": 16}))
