"""Contract fuzzing: random programs of port calls that must come to the same on both kernels."""
