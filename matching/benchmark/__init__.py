"""Benchmarks: quality and speed beside peers and the floor, in one run, on the same pairs."""
