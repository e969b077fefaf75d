"""The tables' history. Each file in `versions/` is one step; a test holds their sum equal to `tables`."""
