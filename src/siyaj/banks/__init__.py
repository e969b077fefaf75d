"""Curation of entries: add, confirm, revoke, import, export; keeps the indexes current."""
