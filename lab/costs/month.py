"""A month of traffic: what every design has to serve."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Self

SECONDS = 30 * 86_400
"""A month, as AWS's hourly prices are mostly quoted; 720 hours."""
HOURS = SECONDS / 3600
GB = 2**30
"""Bytes of a GB, as AWS bills it."""


@dataclass(frozen=True, slots=True)
class Month:
    """Traffic and stock of a month, and the parameters that decide on its price. Sizes are means, in bytes."""

    views: float = 10_000_000
    """Images that viewers asked the edge for."""
    hit_ratio: float = 0.92
    """Share of them that the edge had."""
    new_derivatives: float = 100_000
    """Of the rest, how many had never been made."""
    new_originals: float = 20_000
    changed_originals: float = 1_000
    variants: float = 5
    """Derivatives that an original has when it changes."""
    stored_originals: float = 200_000
    stored_derivatives: float = 1_000_000
    original_bytes: float = 1_500_000
    derivative_bytes: float = 30_000
    render_cpu_ms: float = 60
    """CPU time of decoding, transforming and encoding, on one whole CPU."""
    wait_ms: float = 120
    """How long a first hit waits for S3 and DynamoDB."""
    copy_ms: float = 150
    """How long the copy function is at one key."""
    cold_share: float = 0.02
    """First hits that start a function."""
    init_ms: float = 1_500
    """A start of the function, billed like work."""
    memory_mb: float = 1769
    """The template's ResizeMemoryMegabytes."""
    invalidation_budget: float = 500
    """The template's InvalidationBudget, in paths; infinite is step 11 without a bound."""
    noncurrent_days: float = 90
    """The template's NoncurrentVersionDays: how long the old version of a changed original is kept."""
    reconciliations: float = 1
    """The template's ReconcileSchedule, as a number a month."""
    inspect_ms: float = 100
    """How long a reconciliation is at one key: three calls, on a seventh of a CPU."""
    log_retention_days: float = 30
    watermarked: float = 0
    """Share of derivatives that have a watermark."""
    traced: bool = False
    free_tier: bool = True

    def __post_init__(self) -> None:
        """Raise ValueError for a month that can't be."""
        numbers = {field.name: getattr(self, field.name) for field in fields(self)}
        negative = [name for name, value in numbers.items() if not value >= 0]
        if negative:
            raise ValueError(f"not a number, or below zero: {', '.join(negative)}")
        if max(self.hit_ratio, self.cold_share, self.watermarked) > 1:
            raise ValueError("hit_ratio, cold_share and watermarked are shares: at most 1")
        if self.new_derivatives > self.misses * (1 + 1e-9):
            raise ValueError(f"{self.new_derivatives:,.0f} first hits in {self.misses:,.0f} misses")

    @property
    def misses(self) -> float:
        """Views that the edge had to ask an origin for."""
        return self.views * (1 - self.hit_ratio)

    def scaled(self, factor: float) -> Self:
        """Return the same month with so many times the traffic and the stock."""
        grown = (
            "views",
            "new_derivatives",
            "new_originals",
            "changed_originals",
            "stored_originals",
            "stored_derivatives",
        )
        return replace(self, **{name: getattr(self, name) * factor for name in grown})
