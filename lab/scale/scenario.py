"""What is simulated: a catalogue, its traffic, and the times that a first hit takes."""

from __future__ import annotations

from dataclasses import dataclass, fields

REGIONS = (0.24, 0.16, 0.14, 0.10, 0.08, 0.06, 0.05, 0.05, 0.04, 0.03, 0.02, 0.02, 0.01)
"""Shares of the traffic: CloudFront has 13 regional edge caches, each of which asks the origin by itself
(https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/HowCloudFrontWorks.html); the shares are assumed."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One service that opens with an empty destination bucket and empty caches."""

    catalogue: float = 1e7
    """Images."""
    variants: float = 3
    """Derivatives that are asked for of each: one size in three formats, as `f=auto` makes them."""
    requests: float = 10_000
    """Views a second, once the traffic is all there."""
    exponent: float = 0.9
    """Of Zipf's law."""
    ramp: float = 3600
    """Seconds until all traffic is there; 0 is an empty bucket behind a busy site."""
    days: float = 30
    regional_cache: float = 1e12
    """Bytes that a regional edge keeps for this distribution; CloudFront publishes no figure."""
    derivative_bytes: float = 30_000
    render: float = 0.18
    """Seconds of a warm first hit."""
    start: float = 1.5
    """Seconds that a cold one takes more."""
    idle: float = 420
    """Seconds after which Lambda drops an environment that nobody uses; it publishes no figure."""
    invalidation_budget: float = 500
    """Where it is 0, nothing is counted."""

    def __post_init__(self) -> None:
        """Raise ValueError for a scenario that can't be."""
        wrong = [field.name for field in fields(self) if not 0 <= getattr(self, field.name) < float("inf")]
        if wrong or not self.requests or not self.days:
            raise ValueError(f"not a number, below zero, infinite, or nothing to simulate: {', '.join(wrong)}")
