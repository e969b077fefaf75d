"""Siyaj: recognise, decide and record known terrorist and violent extremist content.

The rooms, ground floor first: model, signals, matching, policy, storage, banks, moderation, delivery,
server, cli. One event passes through them in that order.
"""

__version__ = "0.1.0"
