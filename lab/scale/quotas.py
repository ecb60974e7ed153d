"""AWS's published quotas, the demand on each over time, and the ways beyond them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lab.scale.scenario import Scenario
from lab.scale.simulation import History

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

Demand = Callable[[History, Scenario], "Numbers"]


@dataclass(frozen=True, slots=True)
class Quota:
    """A quota of AWS, the demand on it over time, and an operator's way beyond it (`remedy`)."""

    name: str
    limit: float
    demand: Demand
    remedy: str
    source: str


@dataclass(frozen=True, slots=True)
class Use:
    """The highest use of a quota, and the time in seconds when it was first exceeded, or None."""

    quota: Quota
    peak: float
    met: float | None


READS, WRITES = 3, 1
"""S3 requests of a first hit, without the website's; lab/costs/events.py lists them."""

_S3 = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html"
_SPLIT = "no setting: S3 splits a busy prefix within 30 to 60 minutes; grow slowly, or ask AWS support beforehand"
_DYNAMODB = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/"
_CLOUDFRONT = "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html"
_LAMBDA = "https://docs.aws.amazon.com/lambda/latest/dg/"

NEW_ACCOUNT = Quota(
    "Lambda: concurrency of a new account",
    10,
    lambda history, _: history.concurrency,
    "Service Quotas: concurrent executions, to 1,000 first",
    f"{_LAMBDA}gettingstarted-limits.html",
)
"""Of some new accounts. It is raised before a launch, and therefore not among the others."""

QUOTAS = (
    Quota(
        "Lambda: concurrency",
        1_000,
        lambda history, _: history.concurrency,
        "Service Quotas: concurrent executions, tens of thousands",
        f"{_LAMBDA}gettingstarted-limits.html",
    ),
    Quota(
        "Lambda: starts a second",
        100,
        lambda history, _: history.starts,
        "provisioned concurrency before a launch; the rate itself is fixed, 1,000 in ten seconds for each function",
        f"{_LAMBDA}scaling-behavior.html",
    ),
    Quota(
        "DynamoDB: the month's counter, one row",
        1_000,
        lambda history, scenario: history.calls * (scenario.invalidation_budget > 0),
        "InvalidationBudget=0: every first hit writes that row, also when the budget is spent",
        f"{_DYNAMODB}bp-partition-key-design.html",
    ),
    Quota(
        "DynamoDB: writes of a new table",
        4_000,
        lambda history, scenario: history.calls * (1 + (scenario.invalidation_budget > 0)),
        "warm throughput, or slow growth: it doubles with use",
        f"{_DYNAMODB}on-demand-capacity-mode.html",
    ),
    Quota(
        "DynamoDB: writes of a table",
        40_000,
        lambda history, scenario: history.calls * (1 + (scenario.invalidation_budget > 0)),
        "Service Quotas: table-level write throughput",
        f"{_DYNAMODB}ServiceQuotas.html",
    ),
    Quota(
        "S3: reads of one prefix",
        5_500,
        lambda history, _: history.misses + history.calls * READS,
        _SPLIT,
        _S3,
    ),
    Quota("S3: writes of one prefix", 3_500, lambda history, _: history.calls * WRITES, _SPLIT, _S3),
    Quota(
        "API Gateway: requests a second",
        10_000,
        lambda history, _: history.calls,
        "Service Quotas: throttle rate",
        "https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html",
    ),
    Quota(
        "CloudFront: requests a second",
        250_000,
        lambda history, _: history.views + history.calls,
        "Service Quotas: requests per second per distribution",
        _CLOUDFRONT,
    ),
    Quota(
        "CloudFront: Gbit a second",
        150,
        lambda history, scenario: history.views * scenario.derivative_bytes * 8 / 1e9,
        "Service Quotas: data transfer rate per distribution",
        _CLOUDFRONT,
    ),
)


def measure_use(history: History, scenario: Scenario, quotas: Sequence[Quota] = QUOTAS) -> tuple[Use, ...]:
    """Return the use of each quota, the one that is met first in front."""
    uses = []
    for quota in quotas:
        demand = quota.demand(history, scenario)
        beyond = np.flatnonzero(demand > quota.limit)
        uses.append(Use(quota, float(demand.max()), float(history.time[beyond[0]]) if beyond.size else None))
    return tuple(sorted(uses, key=lambda use: (use.met is None, use.met or 0, -use.peak / use.quota.limit)))
