"""From the name of an index to the index: the one place that knows which kinds there are."""

from collections.abc import Callable
from importlib import import_module

from siyaj.signals.base import IndexFactory, IndexSpec, SignalIndex

# Imported when asked for: an index brings kernels or automata that not every process needs.
_KINDS = {
    "hamming": ("siyaj.matching.hamming_signals", "HammingSignalIndex"),
    "exact": ("siyaj.matching.exact", "ExactIndex"),
    "term": ("siyaj.matching.terms", "TermIndex"),
    "near_copy": ("siyaj.matching.near_copies", "NearCopyIndex"),
    "url": ("siyaj.matching.urls", "UrlIndex"),
    "local": ("siyaj.matching.local", "LocalIndex"),
    "video": ("siyaj.matching.video", "VideoIndex"),
    "audio": ("siyaj.matching.audio", "AudioIndex"),
    "resemblance": ("siyaj.matching.resemblance", "ResemblanceIndex"),
}


def build_index(spec: IndexSpec | IndexFactory) -> SignalIndex:
    """Return an empty index. Raises ValueError for an unknown kind, or options that the kind does not take."""
    if not isinstance(spec, IndexSpec):
        return spec()
    if spec.kind not in _KINDS:
        raise ValueError(f"unknown kind of index {spec.kind!r}; there are: {', '.join(sorted(_KINDS))}")
    module, name = _KINDS[spec.kind]
    make: Callable[..., SignalIndex] = getattr(import_module(module), name)
    try:
        return make(**spec.options)
    except TypeError as error:
        raise ValueError(f"the index {spec.kind!r} does not take the options {spec.options!r}: {error}") from error
