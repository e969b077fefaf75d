"""The exact Hamming index beside python-threatexchange's PDQIndex and faiss's IndexBinaryFlat."""

import argparse
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray
from threatexchange.signal_type.pdq.pdq_index import PDQIndex

from benchmarks.report import Row
from siyaj.matching.hamming import HammingIndex

Codes = NDArray[np.uint8]
RADIUS = 31


def run(arguments: argparse.Namespace) -> list[Row]:
    faiss.omp_set_num_threads(1)
    size = 100_000 if arguments.quick else 1_000_000
    large = 500_000 if arguments.quick else 10_000_000
    rows, ours = _against_peer("random", _random(size), "≥ 20×")
    clustered, _ = _against_peer("clustered", _clustered(size), "≥ 5×")
    return [*rows, *clustered, *_live(size), *_large(large, size, ours)]


def _random(count: int, seed: int = 0) -> Codes:
    return np.random.default_rng(seed).integers(0, 256, (count, 32), dtype=np.uint8)


def _flipped(codes: Codes, most: int, seed: int) -> Codes:
    """Codes with 0 to `most` random bits flipped each."""
    chance = np.random.default_rng(seed)
    copies = codes.copy()
    for bit in range(most):
        chosen = np.flatnonzero(chance.random(len(codes)) < 0.5)
        place = chance.integers(0, 256, len(chosen))
        copies[chosen, place >> 3] ^= (1 << (place & 7)).astype(np.uint8)
        del bit
    return copies


def _clustered(count: int) -> Codes:
    """Twenty near-copies of each item, as real banks have them."""
    return _flipped(np.repeat(_random(count // 20, 1), 20, axis=0), 12, 2)


def _queries(codes: Codes) -> Codes:
    chosen = codes[np.random.default_rng(3).integers(0, len(codes), 1_000)]
    return np.concatenate([_flipped(chosen, 31, 4), _random(1_000, 5)])


def _each(search: Callable[[Codes], Any], queries: Codes) -> float:
    """Return the median seconds of a single look-up."""
    times = []
    for query in queries:
        began = time.perf_counter()
        search(query[None, :])
        times.append(time.perf_counter() - began)
    return float(np.median(times))


def _against_peer(name: str, codes: Codes, reach: str) -> tuple[list[Row], float]:
    count = len(codes)
    queries = _queries(codes)
    index = HammingIndex()
    began = time.perf_counter()
    index.add(np.arange(1, count + 1), codes)
    built = time.perf_counter() - began
    index.search(queries[:1], RADIUS)
    ours = _each(lambda query: index.search(query, RADIUS), queries)
    began = time.perf_counter()
    for start in range(0, len(queries), 100):
        index.search(queries[start : start + 100], RADIUS)
    batched = (time.perf_counter() - began) / len(queries)
    flat = faiss.IndexBinaryFlat(256)
    flat.add(codes)
    recall = _recall(index, flat, queries[:400])
    peer_index = PDQIndex.build((code.tobytes().hex(), number) for number, code in enumerate(codes))
    hexes = [query.tobytes().hex() for query in queries[:400]]
    peer_times = []
    for one in hexes:
        began = time.perf_counter()
        peer_index.query(one)
        peer_times.append(time.perf_counter() - began)
    peer = float(np.median(peer_times))
    note = f"recall {recall:.4f} against IndexBinaryFlat, 400 queries; half of all queries match"
    rows = [
        Row(f"one look-up, {count:,} {name}", _us(ours), _us(peer), f"{peer / ours:.0f}×", reach, note),
        Row(f"the same in batches of 100, {name}", _us(batched), _us(peer), f"{peer / batched:.0f}×", ""),
        Row(f"memory, {name}", f"{index.nbytes / count:.0f} B/hash", "–", "–", "≤ 320 B/hash"),
        Row(f"build, {name}", f"{built:.1f} s", "–", "–", ""),
    ]
    return rows, ours


def _recall(index: HammingIndex, flat: Any, queries: Codes) -> float:
    limits, distances, labels = flat.range_search(queries, RADIUS + 1)
    wanted = {
        (query, int(labels[at]) + 1)
        for query in range(len(queries))
        for at in range(limits[query], limits[query + 1])
        if distances[at] <= RADIUS
    }
    hits = index.search(queries, RADIUS)
    found = set(zip(hits.query.tolist(), hits.id.tolist(), strict=True))
    assert found <= wanted, "something was found that is not there"
    return len(found & wanted) / max(1, len(wanted))


def _live(count: int) -> list[Row]:
    index = HammingIndex()
    index.add(np.arange(1, count + 1), _random(count))
    fresh = _random(200, 7)
    times = []
    for number, code in enumerate(fresh, count + 1):
        began = time.perf_counter()
        index.add([number], code[None, :])
        found = index.search(code[None, :], 0).id
        times.append(time.perf_counter() - began)
        assert number in found
    return [Row(f"add one and find it, {count:,}", _us(float(np.median(times))), "a rebuild", "–", "< 10 ms")]


def _large(count: int, small: int, ours_small: float) -> list[Row]:
    codes = _random(count, 8)
    queries = _queries(codes)
    index = HammingIndex()
    index.add(np.arange(1, count + 1), codes)
    index.search(queries[:1], RADIUS)
    ours = _each(lambda query: index.search(query, RADIUS), queries)
    flat = faiss.IndexBinaryFlat(256)
    flat.add(codes)
    peer = _each(lambda query: flat.range_search(query, RADIUS + 1), queries[:50])
    folder = Path(tempfile.mkdtemp(prefix="siyaj-bench-"))
    try:
        index.save(folder / "snapshot")
        began = time.perf_counter()
        HammingIndex.load(folder / "snapshot").search(queries[:16], RADIUS)
        loaded = time.perf_counter() - began
    finally:
        shutil.rmtree(folder)
    return [
        Row(f"one look-up, {count:,} random", _us(ours), _us(peer), f"{peer / ours:.0f}×", "≥ 100×", "faiss Flat"),
        Row(
            f"{count:,} against {small:,}", _us(ours), _us(ours_small), f"{ours / ours_small:.1f}×", "≤ 4×", "both ours"
        ),
        Row(f"memory, {count:,}", f"{index.nbytes / count:.0f} B/hash", "–", "–", "≤ 320 B/hash"),
        Row(f"open a snapshot of {count:,} and answer", f"{loaded:.2f} s", "–", "–", "seconds"),
    ]


def _us(seconds: float) -> str:
    return f"{seconds * 1e6:,.0f} µs"
