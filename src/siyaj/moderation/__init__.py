"""The pipeline from event to recorded verdict, and everything that waits for a person."""
