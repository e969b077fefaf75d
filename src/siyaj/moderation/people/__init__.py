"""Who works here: accounts, sessions, passwords, and how much a person has seen."""
