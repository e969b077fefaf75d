"""Siyaj for Synapse. homeserver.yaml names `siyaj_synapse.SiyajModule`, with the address of a Siyaj and a key."""

from typing import Any

__all__ = ["SiyajModule"]


def __getattr__(name: str) -> Any:
    """Load the module when it is asked for: what knows nothing of Synapse can be used, and tested, without it."""
    if name == "SiyajModule":
        from siyaj_synapse.module import SiyajModule  # noqa: PLC0415

        return SiyajModule
    raise AttributeError(name)
