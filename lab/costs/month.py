"""A month of traffic, the same for every design."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Self

from lab.arguments import option

SECONDS = 30 * 86_400
"""Seconds of a month of 720 hours, which AWS uses in most of its examples."""
HOURS = SECONDS / 3600
GB = 2**30
"""Bytes of a GB, as AWS bills it."""

HELP = {
    "views": "images that viewers request from the edge",
    "hit_ratio": "share of views that the edge serves from its cache",
    "new_derivatives": "misses for derivatives that do not exist yet: first hits",
    "new_originals": "originals uploaded",
    "changed_originals": "originals overwritten",
    "variants": "derivatives of an original when it changes",
    "stored_originals": "originals stored",
    "stored_derivatives": "derivatives stored",
    "original_bytes": "mean size of an original",
    "derivative_bytes": "mean size of a derivative",
    "render_cpu_ms": "CPU time to decode, transform and encode, on one whole CPU",
    "wait_ms": "time that a first hit waits for S3 and DynamoDB",
    "copy_ms": "time of the copy function for one key",
    "cold_share": "share of first hits that start a function",
    "init_ms": "duration of a cold start, billed like any other",
    "memory_mb": "ResizeMemoryMegabytes of the template",
    "invalidation_budget": "InvalidationBudget of the template, in paths; inf is step 11 without a limit",
    "redirects": "Delivery=redirect of the template; --no-redirects is Delivery=private",
    "noncurrent_days": "NoncurrentVersionDays of the template: days that the old version of a changed original is kept",
    "reconciliations": "reconciliations in the month: ReconcileSchedule of the template",
    "inspect_ms": "time of a reconciliation for one key: three calls, on a seventh of a CPU",
    "log_retention_days": "days that logs are kept",
    "watermarked": "share of derivatives with a watermark",
    "traced": "Tracing=Active of the template",
    "free_tier": "deduct AWS's free tier",
}
"""One line for each field of a month; `make cost OPTIONS=--help` shows it."""


@dataclass(frozen=True, slots=True)
class Month:
    """Traffic and stored objects of a month, and the parameters of its price; `HELP` has one line for each."""

    views: float = 10_000_000
    hit_ratio: float = 0.92
    new_derivatives: float = 100_000
    new_originals: float = 20_000
    changed_originals: float = 1_000
    variants: float = 5
    stored_originals: float = 200_000
    stored_derivatives: float = 1_000_000
    original_bytes: float = 1_500_000
    derivative_bytes: float = 30_000
    render_cpu_ms: float = 60
    wait_ms: float = 120
    copy_ms: float = 150
    cold_share: float = 0.02
    init_ms: float = 1_500
    memory_mb: float = 1769
    invalidation_budget: float = 500
    noncurrent_days: float = 90
    reconciliations: float = 1
    inspect_ms: float = 100
    log_retention_days: float = 30
    watermarked: float = 0
    traced: bool = False
    redirects: bool = True
    free_tier: bool = True

    def __post_init__(self) -> None:
        """Raise ValueError for an impossible month."""
        for name in (field.name for field in fields(self)):
            value = getattr(self, name)
            if not value >= 0:
                raise ValueError(f"{option(name)} is {value:g}, and must be a number of at least 0")
            if value == float("inf") and name != "invalidation_budget":
                raise ValueError(f"{option(name)} must be finite")
            if not value and name == "memory_mb":
                raise ValueError("--memory-mb must be above 0")
            if name in ("hit_ratio", "cold_share", "watermarked") and value > 1:
                raise ValueError(f"{option(name)} is {value:g}, and must be a share from 0 to 1")
        if self.new_derivatives > self.misses * (1 + 1e-9):
            raise ValueError(
                f"--new-derivatives is {self.new_derivatives:,.0f}, more than the {self.misses:,.0f} misses"
            )

    @property
    def misses(self) -> float:
        """Views that the edge does not serve from its cache."""
        return self.views * (1 - self.hit_ratio)

    def scaled(self, factor: float) -> Self:
        """Return the month with traffic and stored objects multiplied by a factor."""
        grown = (
            "views",
            "new_derivatives",
            "new_originals",
            "changed_originals",
            "stored_originals",
            "stored_derivatives",
        )
        return replace(self, **{name: getattr(self, name) * factor for name in grown})
