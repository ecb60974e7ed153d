"""A month that is small enough to be summed up by hand; prices.toml names the pages."""

from __future__ import annotations

from lab.costs.month import Month

MONTH = Month(
    views=1_000_000,
    hit_ratio=0.9,
    new_derivatives=10_000,
    new_originals=1_000,
    changed_originals=100,
    noncurrent_days=90,
    variants=5,
    stored_originals=10_000,
    stored_derivatives=50_000,
    original_bytes=2**20,
    derivative_bytes=30_000,
    render_cpu_ms=400,
    wait_ms=100,
    copy_ms=200,
    reconciliations=4,
    inspect_ms=100,
    cold_share=0,
    memory_mb=2048,
    invalidation_budget=500,
    free_tier=False,
)
"""Without a free tier, so that every unit shows."""
