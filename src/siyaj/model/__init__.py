"""The nouns, as plain structs. Knows nothing of any other room."""
