"""The postings count what a dictionary of sets would count, whatever was added and removed before."""

from random import Random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from siyaj.matching.posting_kernels import least_shared
from siyaj.matching.postings import Postings
from siyaj.signals.fingerprints import WRITTEN, fingerprints, letters
from siyaj.signals.words import prepare_once

WORDS = [f"{one}{other}كتابمدرسة{one}" for one in "بجدرسصطعفق" for other in "هلمن"]


def _prints(text: str) -> set[int]:
    return set(fingerprints(letters(prepare_once(text).folded, WRITTEN).codes).tolist())


def _expected(kept: dict[int, set[int]], text: str) -> dict[int, int]:
    asked = _prints(text)
    limit = max(12, len(kept) // 100)
    rare = {one for one in asked if sum(one in prints for prints in kept.values()) <= limit}
    shared = {ref: len(prints & rare) for ref, prints in kept.items()}
    return {ref: count for ref, count in shared.items() if count and count >= least_shared(len(kept[ref]))}


@given(st.integers(0, 2**32), st.integers(1, 60))
def test_postings_count_as_sets_would(seed: int, steps: int) -> None:
    random = Random(seed)
    postings, kept = Postings(), dict[int, set[int]]()
    for _ in range(steps):
        ref = random.randrange(1, 30)
        if ref in kept:
            postings.remove(ref, np.array(sorted(kept.pop(ref)), dtype=np.uint64))
        else:
            kept[ref] = _prints(" ".join(random.choices(WORDS, k=random.randint(3, 30))))
            postings.add(ref, np.array(sorted(kept[ref]), dtype=np.uint64))
    text = " ".join(random.choices(WORDS, k=30))
    assert dict(postings.shared(prepare_once(text).folded, WRITTEN, 100)) == _expected(kept, text)
    for prints in kept.values():
        its = np.array(sorted(prints), dtype=np.uint64)
        limit = max(12, len(kept) // 100)
        assert postings.rare(its) == sum(sum(one in other for other in kept.values()) <= limit for one in prints)


def test_those_that_share_most_come_first_and_no_more_than_asked() -> None:
    words = WORDS[:30]
    postings = Postings()
    for ref in range(1, 9):
        prints = np.array(sorted(_prints(" ".join(words[: 3 * ref]))), dtype=np.uint64)
        postings.add(ref, prints)
    found = postings.shared(prepare_once(" ".join(words)).folded, WRITTEN, 3)
    assert [ref for ref, _ in found] == [8, 7, 6]


def test_what_comes_and_goes_takes_no_more_room() -> None:
    random = Random(2)
    postings = Postings()
    texts = [" ".join(random.choices(WORDS, k=40)) for _ in range(40)]
    sizes = []
    for _ in range(20):
        every = [np.array(sorted(_prints(text)), dtype=np.uint64) for text in texts]
        for ref, prints in enumerate(every):
            postings.add(ref, prints)
        for ref, prints in enumerate(every):
            postings.remove(ref, prints)
        sizes.append(postings.nbytes)
    assert sizes[-1] == sizes[3]
