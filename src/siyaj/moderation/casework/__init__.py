"""Cases and decisions: what waits for a person, what the person settles, what takes it back."""
