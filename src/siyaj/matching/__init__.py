"""Signals in, matches out. Indexes are live: add and remove without a rebuild, readers never wait."""
