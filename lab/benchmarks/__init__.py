"""Benchmarks: the core beside other image libraries, in time, similarity and bytes."""
