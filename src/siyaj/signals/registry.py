"""Finds the signal types: ours and plug-ins' through one door, the entry-point group `siyaj.signals`."""

from functools import cache
from importlib.metadata import entry_points

from siyaj.model.errors import UnknownSignalType
from siyaj.signals.base import SignalType, is_costly, is_kept

GROUP = "siyaj.signals"


@cache
def signal_types() -> dict[str, SignalType]:
    """Return every registered signal type by name. Loaded once; two plug-ins with one name are an error."""
    found: dict[str, SignalType] = {}
    for entry_point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        signal_type: SignalType = entry_point.load()
        if signal_type.name in found:
            raise RuntimeError(f"two plug-ins register the signal type {signal_type.name!r}; uninstall one")
        found[signal_type.name] = signal_type
    return found


@cache
def cheap_types() -> frozenset[str]:
    """Return the names of the types that are drawn from every file; the others are costly (see SignalType)."""
    return frozenset(name for name, one in signal_types().items() if not is_costly(one))


@cache
def kept_types() -> frozenset[str]:
    """Return the names of the types that a bank keeps of every file."""
    return frozenset(name for name, one in signal_types().items() if is_kept(one))


def signal_type(name: str) -> SignalType:
    """Return the signal type called `name`, or raise UnknownSignalType naming those that exist."""
    try:
        return signal_types()[name]
    except KeyError:
        known = ", ".join(sorted(signal_types()))
        raise UnknownSignalType(f"unknown signal type {name!r}", hint=f"known types: {known}") from None
