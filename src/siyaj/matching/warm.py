"""Has the kernels of a check compiled before the first one is asked for.

numba compiles a kernel when it is first called and keeps it beside the source. After an installation the first check of
a text thus took four seconds of a core, and the first that matched three more: longer than any hook waits, so that what
is known would have been let through.
"""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from siyaj.matching.hamming import HEAD_LIMIT
from siyaj.matching.hamming_buckets import search_buckets
from siyaj.matching.hamming_head import CHAINED_FROM
from siyaj.matching.hamming_signals import HammingSignalIndex
from siyaj.matching.matcher import Matcher
from siyaj.model.signal import Signal
from siyaj.signals.base import ContentKind, SignalType


def warm(types: Mapping[str, SignalType]) -> bool:
    """Draw from the texts that the types bring as examples, and search, in indexes that are thrown away. What draws
    from files does it in processes of its own.

    A minute of a core after an installation, when what compares pictures is compiled too, beside it on another core;
    a part of a second later. Returns whether it compiled. A plug-in that fails here raises: its checks would.
    """
    pictures = subprocess.Popen([sys.executable, "-c", PICTURES]) if _is_cold() else None  # noqa: S603
    _warm_words(types)
    if pictures is not None:
        pictures.wait()
    compiled = _compiled() or pictures is not None
    if compiled:
        load_pictures()
    return compiled


def _warm_words(types: Mapping[str, SignalType]) -> None:
    matcher = Matcher(types)
    read = [one for one in types.values() if ContentKind.TEXT in one.content_kinds]
    for ref, one in enumerate(read, 1):
        for value, _ in one.examples.must_match[:1]:
            matcher.add(one.name, [ref], [one.parse(value)])
    for one in read:
        for _, content in one.examples.must_match + one.examples.must_not_match:
            if content.kind is ContentKind.TEXT:
                matcher.search([signal for each in read for signal in each.extract(content)])
    _search_codes()


def load_pictures() -> None:
    """Load what lays pictures, videos and sounds on each other: half a second, or some ten where it has to compile."""
    import siyaj.matching.audio  # noqa: PLC0415
    import siyaj.matching.local  # noqa: PLC0415
    import siyaj.matching.video  # noqa: PLC0415
    import siyaj.matching.whole  # noqa: F401, PLC0415


PICTURES = "from siyaj.matching.warm import load_pictures; load_pictures()"
"""What the other core does meanwhile."""


def _is_cold() -> bool:
    """Return whether nothing was compiled here yet: numba keeps what it compiled in this folder."""
    return not any(Path(search_buckets.stats.cache_path).glob("hamming_buckets.search_buckets-*.nbi"))


def _compiled() -> bool:
    """Return whether a kernel was not in numba's cache, as after an installation: then others are not there either."""
    modules = [module for name, module in list(sys.modules.items()) if name.startswith("siyaj.")]
    stats = [getattr(value, "stats", None) for module in modules for value in vars(module).values()]
    return any(getattr(one, "cache_misses", None) for one in stats)


def _search_codes() -> None:
    """An index of codes searches what is new one by one, then in chains, and what is many, or was saved, in buckets."""
    codes = [one.tobytes().hex() for one in np.random.default_rng(1).integers(0, 256, (HEAD_LIMIT, 32), dtype=np.uint8)]
    query = [Signal("pdq", codes[0])]
    index = HammingSignalIndex()
    for count in (1, CHAINED_FROM, HEAD_LIMIT):
        index.add(range(1, count + 1), codes[:count])
        index.search(query)
    with TemporaryDirectory() as folder:
        index.save(Path(folder))
        index.load(Path(folder))
        index.search(query)
