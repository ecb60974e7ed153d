"""The parameters of a simulation."""

from __future__ import annotations

from dataclasses import dataclass, fields

from lab.arguments import option

REGIONS = (0.24, 0.16, 0.14, 0.10, 0.08, 0.06, 0.05, 0.05, 0.04, 0.03, 0.02, 0.02, 0.01)
"""Shares of the traffic: CloudFront has 13 regional edge caches, each of which requests from the origin independently
(https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/HowCloudFrontWorks.html); the shares are assumed."""


HELP = {
    "variants": "derivatives requested of each image: one size in three formats, as with f=auto",
    "exponent": "exponent of Zipf's law",
    "ramp": "seconds until the traffic is at its full rate; 0 is a busy site behind an empty bucket",
    "days": "days to simulate",
    "regional_cache": "bytes that each regional edge caches; CloudFront publishes no figure",
    "derivative_bytes": "mean size of a derivative",
    "render": "seconds of a warm first hit",
    "start": "additional seconds of a cold start",
    "idle": "seconds until Lambda removes an unused environment; it publishes no figure",
    "invalidation_budget": "InvalidationBudget of the template; with 0 nothing is counted",
}
"""One line for each field that is an option; `make simulate OPTIONS=--help` shows it."""

LEAST = {"catalogue": 1, "variants": 1, "requests": 1e-9, "days": 1e-3, "derivative_bytes": 1}
"""Smallest values; 0 for all other fields."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """A service that opens with an empty destination bucket and empty caches; `HELP` has one line for each field."""

    catalogue: float = 1e7
    """Images."""
    variants: float = 3
    requests: float = 10_000
    """Views a second at the full rate."""
    exponent: float = 0.9
    ramp: float = 3600
    days: float = 30
    regional_cache: float = 1e12
    derivative_bytes: float = 30_000
    render: float = 0.18
    start: float = 1.5
    idle: float = 420
    invalidation_budget: float = 500

    def __post_init__(self) -> None:
        """Raise ValueError for an impossible scenario."""
        for name in (field.name for field in fields(self)):
            value = getattr(self, name)
            least = LEAST.get(name, 0)
            if not least <= value < float("inf"):
                raise ValueError(f"{option(name)} is {value:g}, and must be a finite number of at least {least:g}")
