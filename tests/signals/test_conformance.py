"""Every registered signal type keeps the contract, and a plug-in can be proved in the same way."""

import pytest

from siyaj.matching.build import build_index
from siyaj.model.errors import InvalidSignal
from siyaj.model.signal import Signal
from siyaj.signals.base import Content, ContentKind, Examples, IndexSpec, SignalIndex, SignalType
from siyaj.signals.registry import signal_types
from siyaj.signals.testing import SignalTypeConformance


@pytest.mark.parametrize("name", sorted(signal_types()))
class TestRegistered(SignalTypeConformance):
    """Ours use the public seam: the same entry points, the same test."""

    @pytest.fixture(autouse=True)
    def _chosen(self, name: str) -> None:
        self.signal_type = signal_types()[name]


class Length:
    """A third party's signal type, as small as one can be: texts of the same length are alike."""

    name = "length"
    content_kinds = frozenset({ContentKind.TEXT})
    queried_by = frozenset({"length"})
    examples = Examples(
        must_match=[("0000000000000005", Content(ContentKind.TEXT, text="hello"))],
        must_not_match=[("0000000000000005", Content(ContentKind.TEXT, text="hell"))],
    )

    @property
    def index(self) -> IndexSpec:
        return IndexSpec("exact", {"bytes": 8})

    def extract(self, content: Content) -> list[Signal]:
        return [Signal(self.name, f"{len(content.text):016x}")] if content.text else []

    def parse(self, value: str) -> str:
        if len(value) != 16 or not set(value) <= set("0123456789abcdef"):
            raise InvalidSignal(f"a length is 16 hex digits, not {value[:40]!r}")
        return value


class TestPlugIn(SignalTypeConformance):
    signal_type = Length()


def make_exact() -> SignalIndex:
    return build_index(IndexSpec("exact", {"bytes": 8}))


class LengthOwnIndex(Length):
    """The same with an index of its own making."""

    index = staticmethod(make_exact)  # type: ignore[assignment]


class TestPlugInWithItsOwnIndex(SignalTypeConformance):
    signal_type: SignalType = LengthOwnIndex()


class Forgetful(Length):
    """Breaks the contract in a way that a user would feel: raises on what a poster may send."""

    def extract(self, content: Content) -> list[Signal]:
        return [Signal(self.name, f"{len(content.text.encode()):016x}")]  # a lone surrogate cannot be encoded


def test_a_type_that_breaks_the_contract_does_not_pass() -> None:
    class Proof(SignalTypeConformance):
        signal_type = Forgetful()

    with pytest.raises(UnicodeEncodeError):
        Proof().test_hostile_content_is_refused_or_gives_signals()
