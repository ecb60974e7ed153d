"""Measurements and models: benchmarks, fault injection, costs, scale."""
