"""The Hamming index finds exactly what comparing with every code finds, whatever comes and goes meanwhile."""

import json
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from siyaj.matching import hamming
from siyaj.matching.hamming import HammingIndex, codes_from_hex
from siyaj.matching.hamming_segment import FORMAT, Hits, Segment

Codes = NDArray[np.uint8]


def random_codes(count: int, seed: int = 0, bits: int = 256) -> Codes:
    return np.random.default_rng(seed).integers(0, 256, (count, bits // 8), dtype=np.uint8)


def perturbed(codes: Codes, most: int, seed: int = 1) -> Codes:
    """Codes with 0 to `most` random bits flipped."""
    chance = np.random.default_rng(seed)
    bits = np.unpackbits(codes, axis=1)
    for row in bits:
        row[chance.choice(len(row), chance.integers(0, most + 1), replace=False)] ^= 1
    return np.packbits(bits, axis=1)


def brute(ids: NDArray[np.int64], codes: Codes, queries: Codes, radius: int) -> set[tuple[int, int, int]]:
    found = set()
    for number, query in enumerate(queries):
        distances = np.unpackbits(codes ^ query, axis=1).sum(axis=1)
        found |= {(number, int(ids[at]), int(distances[at])) for at in np.flatnonzero(distances <= radius)}
    return found


def answers(index: HammingIndex, queries: Codes, radius: int) -> set[tuple[int, int, int]]:
    hits = index.search(queries, radius)
    rows = list(zip(hits.query.tolist(), hits.id.tolist(), hits.distance.tolist(), strict=True))
    assert len(set(rows)) == len(rows), "nothing is reported twice"
    assert rows == sorted(rows, key=lambda row: (row[0], row[2])), "by query, then by distance"
    return set(rows)


@pytest.mark.parametrize("radius", [0, 1, 15, 16, 30, 31, 32, 64, 130, 256])
@pytest.mark.parametrize("count", [1, 100, 3_000])
def test_every_radius_is_exact(count: int, radius: int) -> None:
    codes = random_codes(count)
    ids = np.arange(1, count + 1)
    index = HammingIndex()
    index.add(ids, codes)
    queries = np.concatenate([perturbed(codes[:20], 40), random_codes(5, 9)])
    assert answers(index, queries, radius) == brute(ids, codes, queries, radius)


@pytest.mark.parametrize("radius", [0, 15, 16, 31])
def test_segments_and_head_together_are_exact(monkeypatch: pytest.MonkeyPatch, radius: int) -> None:
    monkeypatch.setattr(hamming, "HEAD_LIMIT", 4_000)
    codes = random_codes(19_000, 3)
    ids = np.random.default_rng(4).permutation(19_000) + 1
    index = HammingIndex()
    for start in range(0, len(codes), 1_900):
        index.add(ids[start : start + 1_900], codes[start : start + 1_900])
    index.settle()
    queries = perturbed(codes[::190], 34)
    assert len(index) == len(codes)
    assert answers(index, queries, radius) == brute(ids, codes, queries, radius)


@pytest.mark.parametrize("radius", [0, 1, 14, 15, 16, 20, 30, 31])
def test_segments_are_exact_however_the_bits_that_differ_are_spread_over_the_chunks(radius: int) -> None:
    chance = np.random.default_rng(radius)
    count = 3_000
    query = random_codes(1, 11).view(np.uint64)
    codes = np.repeat(query, count, axis=0)
    for row in range(count):
        shares = chance.dirichlet(np.full(16, chance.choice([0.1, 1.0, 100.0])))  # bunched, at random, even
        left = radius + int(chance.integers(0, 2))
        for chunk, bits in enumerate(chance.multinomial(left, shares)):
            for bit in chance.choice(16, min(int(bits), 16), replace=False):
                place = 16 * chunk + int(bit)
                codes[row, place >> 6] ^= np.uint64(1) << np.uint64(place & 63)
    out = Hits(*(np.empty(count, dtype=np.int64) for _ in range(3)))
    found = Segment.build(np.arange(1, count + 1), codes).search(query, radius, out, 0)
    distances = np.unpackbits((codes ^ query).view(np.uint8), axis=1).sum(axis=1)
    assert sorted(out.id[:found].tolist()) == (np.flatnonzero(distances <= radius) + 1).tolist()
    assert (out.distance[:found] == distances[out.id[:found] - 1]).all()


def test_clusters_of_near_and_equal_codes_are_exact() -> None:
    centres = random_codes(30, 5)
    codes = np.concatenate([perturbed(np.repeat(centres, 60, axis=0), 12), np.repeat(centres[:1], 2_000, axis=0)])
    ids = np.arange(1, len(codes) + 1)
    index = HammingIndex()
    index.add(ids, codes)
    queries = perturbed(centres, 31, 6)
    assert answers(index, queries, 31) == brute(ids, codes, queries, 31)


def test_codes_with_one_value_in_most_places_are_exact() -> None:
    """Real banks hold flat pictures: all bits alike, or nearly."""
    codes = perturbed(np.repeat(np.array([[0] * 32, [255] * 32], dtype=np.uint8), 3_000, axis=0), 20, 7)
    ids = np.arange(1, len(codes) + 1)
    index = HammingIndex()
    index.add(ids, codes)
    assert answers(index, codes[::500], 31) == brute(ids, codes, codes[::500], 31)


@pytest.mark.parametrize("bits", [64, 128, 512])
def test_other_widths_are_exact(bits: int) -> None:
    codes = random_codes(2_500, 8, bits)
    ids = np.arange(1, 2_501)
    index = HammingIndex(bits)
    index.add(ids, codes)
    queries = perturbed(codes[:20], bits // 8, 9)
    for radius in (0, bits // 16, bits // 8 - 1, bits // 8 + 1):
        assert answers(index, queries, radius) == brute(ids, codes, queries, radius)


steps = st.lists(
    st.tuples(st.sampled_from(["add", "remove", "bulk"]), st.integers(1, 60), st.integers(0, 7)), max_size=40
)


@settings(max_examples=60, deadline=None)
@given(steps)
def test_whatever_is_added_replaced_and_removed_the_index_equals_a_dictionary(
    script: list[tuple[str, int, int]],
) -> None:
    palette = perturbed(np.repeat(random_codes(2, 11), 4, axis=0), 20, 12)
    index, truth = HammingIndex(), {}
    for what, number, colour in script:
        if what == "remove":
            index.remove([number])
            truth.pop(number, None)
        elif what == "add":
            index.add([number], palette[colour : colour + 1])
            truth[number] = palette[colour]
        else:
            numbers = [number, number + 1, number]
            index.add(numbers, palette[[colour, (colour + 1) % 8, (colour + 2) % 8]])
            truth[number + 1] = palette[(colour + 1) % 8]
            truth[number] = palette[(colour + 2) % 8]
    assert len(index) == len(truth)
    ids = np.array(sorted(truth), dtype=np.int64)
    codes = np.array([truth[one] for one in ids.tolist()], dtype=np.uint8).reshape(-1, 32)
    assert answers(index, palette, 31) == brute(ids, codes, palette, 31)


def test_a_replaced_code_is_forgotten_also_when_the_head_grows_or_is_sealed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hamming, "HEAD_LIMIT", 3_000)
    old, new = random_codes(1, 13), random_codes(1, 14)
    filler = random_codes(5_000, 15)
    for before in (1_023, 1_024, 2_999, 3_000):
        index = HammingIndex()
        index.add(np.arange(10, 10 + before), filler[:before])
        index.add([5], old)
        index.add([5], new)
        assert 5 not in index.search(old, 31).id
        assert 5 in index.search(new, 31).id
        assert len(index) == before + 1


def test_snapshots_come_back_whole_and_go_on_living(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hamming, "HEAD_LIMIT", 2_000)
    codes = random_codes(7_000, 16)
    ids = np.arange(1, 7_001)
    index = HammingIndex()
    index.add(ids[:5_000], codes[:5_000])
    index.add(ids[5_000:], codes[5_000:])
    index.remove(ids[::7])
    index.settle()
    index.save(tmp_path / "snapshot")
    loaded = HammingIndex.load(tmp_path / "snapshot")
    kept = np.ones(7_000, dtype=bool)
    kept[::7] = False
    assert len(loaded) == kept.sum()
    queries = perturbed(codes[::100], 31, 17)
    assert answers(loaded, queries, 31) == brute(ids[kept], codes[kept], queries, 31)
    loaded.remove([2])
    loaded.add([1], codes[:1])
    assert 2 not in loaded.search(codes[1:2], 0).id
    assert 1 in loaded.search(codes[:1], 0).id
    again = HammingIndex.load(tmp_path / "snapshot")
    assert 2 in again.search(codes[1:2], 0).id, "a loaded index never writes to its snapshot"
    loaded.save(tmp_path / "snapshot")
    assert 1 in HammingIndex.load(tmp_path / "snapshot").search(codes[:1], 0).id


def test_a_snapshot_of_scattered_codes_opens_as_one_segment(tmp_path: Path) -> None:
    codes = random_codes(200_000, 8)
    index = HammingIndex()
    index.add(np.arange(1, 160_001), codes[:160_000])
    index.add(np.arange(160_001, 200_001), codes[160_000:])
    index.settle()
    index.remove([7, 170_000])
    index.save(tmp_path / "snapshot")
    assert json.loads((tmp_path / "snapshot" / "index.json").read_text())["segments"] == [199_998]
    loaded = HammingIndex.load(tmp_path / "snapshot")
    assert len(loaded) == 199_998
    asked = codes[[6, 7, 159_999, 160_000, 169_999, 199_999]]
    assert loaded.search(asked, 0).id.tolist() == [8, 160_000, 160_001, 200_000]


@pytest.mark.parametrize("damage", ["cut", "empty", "gone", "foreign", "shape", "older"])
def test_a_damaged_snapshot_is_refused(tmp_path: Path, damage: str) -> None:
    index = HammingIndex()
    index.add(np.arange(1, 40_001), random_codes(40_000))
    index.save(tmp_path / "snapshot")
    for name in ("0-words.npy", "0-firsts.npy", "0-offsets.npy", "index.json"):
        folder = tmp_path / f"{damage}-{name}"
        index.save(folder)
        path = folder / name
        data = path.read_bytes()
        if damage == "gone":
            path.unlink()
        elif damage == "older":
            (folder / "index.json").write_text((folder / "index.json").read_text().replace(FORMAT, "siyaj-hamming-3"))
        elif damage == "shape" and name.endswith(".npy"):
            np.save(path, np.zeros(3, dtype=np.uint8))
        else:
            path.write_bytes({"cut": data[: len(data) // 2], "empty": b""}.get(damage, b"foreign" + data))
        with pytest.raises(ValueError, match="cannot be used"):
            HammingIndex.load(folder)


def test_writers_and_readers_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was added before a search began and not removed is found by it; what was never added is not."""
    monkeypatch.setattr(hamming, "HEAD_LIMIT", 3_000)
    codes = random_codes(24_000, 18)
    index = HammingIndex()
    index.add(np.arange(1, 2_001), codes[:2_000])
    problems: list[str] = []
    done = threading.Event()
    added = [2_000]

    def write() -> None:
        for start in range(2_000, 20_000, 200):
            index.add(np.arange(start + 1, start + 201), codes[start : start + 200])
            added[0] = start + 200
            index.remove([start // 10 + 20_001])
        done.set()

    def read(seed: int) -> None:
        chance = np.random.default_rng(seed)
        while not done.is_set():
            upto = added[0]
            wanted = chance.integers(0, upto, 8)
            hits = index.search(codes[wanted], 0)
            if set((wanted + 1).tolist()) - set(hits.id.tolist()):
                problems.append("a code was lost")
            if len(index.search(codes[20_000:20_004], 10).id):
                problems.append("a code came from nowhere")

    threads = [threading.Thread(target=write), *(threading.Thread(target=read, args=(seed,)) for seed in range(3))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems
    index.settle()
    assert len(index) == 20_000


def test_nothing_in_nothing_out() -> None:
    index = HammingIndex()
    assert len(index) == 0
    assert len(index.search(random_codes(3), 31).id) == 0
    index.add([], np.empty((0, 32), dtype=np.uint8))
    index.remove([1, 2, 3])
    index.add([1], random_codes(1))
    assert len(index.search(np.empty((0, 32), dtype=np.uint8), 31).id) == 0
    index.remove([1])
    assert len(index.search(random_codes(1), 256).id) == 0


def test_wrong_shapes_are_refused() -> None:
    index = HammingIndex()
    for ids, codes in (
        ([1], random_codes(2)),
        ([0], random_codes(1)),
        ([-1], random_codes(1)),
        ([1], random_codes(1, bits=128)),
    ):
        with pytest.raises(ValueError, match=r"must|need"):
            index.add(ids, codes)
    with pytest.raises(ValueError, match="bits"):
        HammingIndex(100)


def test_a_hash_costs_at_most_200_bytes() -> None:
    index = HammingIndex()
    index.add(np.arange(1, 300_001), random_codes(300_000))
    assert index.nbytes / 300_000 <= 200


def test_hex_becomes_codes() -> None:
    assert codes_from_hex(["00" * 31 + "ff", "ab" * 32]).tolist()[0][-1] == 255
