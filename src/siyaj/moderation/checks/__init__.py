"""A check: event → signals → matches → verdict → record, and what follows once its media is decoded."""
