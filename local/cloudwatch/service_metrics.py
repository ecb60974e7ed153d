"""Metrics of Lambda and API Gateway, which the emulator does not emit.

https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html and
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html
"""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from local.cloudwatch.metrics import Metric, Metrics
from local.lambdas.function import Report
from local.lambdas.runtime import ThrottledError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aiohttp import web

    from local.lambdas.function import Answer
    from local.lambdas.runtime import FunctionPool
    from local.server import Handler

CONCURRENCY: Final = Metric("AWS/Lambda", "ConcurrentExecutions", frozenset())
"""Of all functions together; its SERVICE_QUOTA is the account's limit."""


class LambdaWatch:
    """Measures the invocations of every function."""

    def __init__(self, metrics: Metrics) -> None:
        """Store data points in `metrics`."""
        self._metrics = metrics
        self._pending: dict[FunctionPool, int] = {}

    async def invoke(self, pool: FunctionPool, event: bytes) -> Answer:
        """Call `pool.invoke`, and measure it to its end, which may come after the answer."""
        self._pending[pool] = self._pending.get(pool, 0) + 1
        self._count_executions(pool)
        try:
            answer = await pool.invoke(event)
        except BaseException as error:
            self._pending[pool] -= 1
            if isinstance(error, ThrottledError):
                self._add(pool, "Throttles", 1)
            raise
        if answer.report is None:
            self._note(pool, Report(answer.milliseconds, 0, answer.error))
        else:
            answer.report.add_done_callback(lambda report: self._note(pool, report.result()))
        return answer

    def _note(self, pool: FunctionPool, report: Report) -> None:
        self._pending[pool] -= 1
        self._add(pool, "Invocations", 1)
        self._add(pool, "Throttles", 0)
        self._add(pool, "Errors", float(bool(report.error)))
        self._add(pool, "Duration", report.milliseconds)
        self._add(pool, "PostRuntimeExtensionsDuration", report.after_answer)

    def _count_executions(self, pool: FunctionPool) -> None:
        """Count running invocations, without those that wait for a worker."""
        self._add(pool, "ConcurrentExecutions", _running(pool, self._pending[pool]))
        total = sum(_running(each, number) for each, number in self._pending.items())
        self._metrics.add(CONCURRENCY, time.time(), total)

    def _add(self, pool: FunctionPool, name: str, value: float) -> None:
        metric = Metric("AWS/Lambda", name, frozenset({("FunctionName", pool.function.name)}))
        self._metrics.add(metric, time.time(), value)


def _running(pool: FunctionPool, pending: int) -> float:
    return float(min(pending, pool.size.cap))


def find_quota(pools: Iterable[FunctionPool]) -> float:
    """Return how many invocations may run at once."""
    return float(sum(pool.size.cap for pool in pools))


class ApiWatch:
    """Measures the answers of an API."""

    def __init__(self, name: str, metrics: Metrics, handle: Handler) -> None:
        """Wrap the handler of the API with this name."""
        self._dimensions = frozenset({("ApiName", name)})
        self._metrics = metrics
        self._handle = handle

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request with the API's handler, and count it."""
        start = time.perf_counter()
        response = await self._handle(request)
        status = response.status
        client = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
        self._add("Count", 1)
        self._add("4XXError", float(client))
        self._add("5XXError", float(status >= HTTPStatus.INTERNAL_SERVER_ERROR))
        self._add("Latency", (time.perf_counter() - start) * 1000)
        return response

    def _add(self, name: str, value: float) -> None:
        self._metrics.add(Metric("AWS/ApiGateway", name, self._dimensions), time.time(), value)
