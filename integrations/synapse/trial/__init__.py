"""A Synapse of one's own, on this machine alone, for the tests, the benchmark and `make demo-matrix`."""
