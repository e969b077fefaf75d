"""Channels and accounts as subjects: what accumulates, and who comes back under another id."""
