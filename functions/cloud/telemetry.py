"""Logs, metrics and traces of both functions, and the stopwatch behind Server-Timing."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aws_lambda_powertools import Tracer

logger = Logger()
metrics = Metrics()

_tracer: Tracer | None = None
if os.environ.get("POWERTOOLS_TRACE_DISABLED", "true").lower() != "true":
    from aws_lambda_powertools import Tracer  # its import takes 180 ms of a cold start, so only if tracing is on

    _tracer = Tracer()


def request_id() -> str:
    """Return the id of the current request, which its log lines have as `correlation_id`; "-" if there is none.

    It is API Gateway's, which returns it to clients in the header `x-amzn-RequestId`.
    """
    return logger.get_correlation_id() or "-"


def count(name: str, value: float = 1) -> None:
    """Add to a metric of the unit Count."""
    metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)


def count_bytes(name: str, value: int) -> None:
    """Add to a metric in bytes."""
    metrics.add_metric(name=name, unit=MetricUnit.Bytes, value=value)


class Stopwatch:
    """Duration of each step of one request, in milliseconds; steps with the same name add up."""

    def __init__(self) -> None:
        """Start with no step."""
        self.milliseconds: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time a step, and trace it as a subsegment if tracing is on."""
        start = time.perf_counter()
        try:
            if _tracer is None:
                yield
            else:
                with _tracer.provider.in_subsegment(f"## {name}"):
                    yield
        finally:
            self.milliseconds[name] = self.milliseconds.get(name, 0) + (time.perf_counter() - start) * 1000

    def publish(self) -> None:
        """Emit a metric for each step: `FetchTime`, `DecodeTime`, ..."""
        for name, value in self.milliseconds.items():
            metrics.add_metric(name=f"{name.capitalize()}Time", unit=MetricUnit.Milliseconds, value=round(value, 1))

    @property
    def server_timing(self) -> str:
        """The value of a Server-Timing header (https://www.w3.org/TR/server-timing/)."""
        return ", ".join(f"{name};dur={value:.1f}" for name, value in self.milliseconds.items())
