"""Content in, signals out. Pure functions; no I/O beyond the bytes given.

`base.py` is the contract. One file per signal type. Built-ins register through the same entry-point group
(`siyaj.signals`) as a plug-in would.
"""
