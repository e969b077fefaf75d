"""Actions leave here: the outbox's worker, signed webhooks, platform adaptors."""
