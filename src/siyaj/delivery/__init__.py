"""How an action reaches a platform (outbox and adaptors: still empty, see the open issues)."""
