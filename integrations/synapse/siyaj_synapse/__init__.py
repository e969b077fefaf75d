"""Siyaj for Synapse. homeserver.yaml names `siyaj_synapse.SiyajModule`, with the address of a Siyaj and a key."""

from siyaj_synapse.module import SiyajModule

__all__ = ["SiyajModule"]
