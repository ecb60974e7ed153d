"""Metrics of Lambda and API Gateway."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from local.cloudwatch.metrics import Metric, Metrics, Window
from local.cloudwatch.service_metrics import CONCURRENCY, ApiWatch, LambdaWatch, find_quota
from local.lambdas.function import Answer, Report
from local.lambdas.runtime import PoolSize, ThrottledError
from local.server import serve


class Pool:
    """A pool whose answers a test releases."""

    def __init__(self, name: str, *answers: Answer | Exception) -> None:
        self.function = SimpleNamespace(name=name)
        self.size = PoolSize(initial=1, cap=2)
        self.go = asyncio.Event()
        self.answers = list(answers)

    async def invoke(self, _event: bytes) -> Answer:
        await self.go.wait()
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def values(metrics: Metrics, metric: Metric, statistic: str = "Sum") -> float | None:
    return metrics.aggregate(metric, statistic, Window(0, 1e11, 1))[0]


def of(name: str, function: str = "resize") -> Metric:
    return Metric("AWS/Lambda", name, frozenset({("FunctionName", function)}))


async def test_an_invocation_is_measured_whatever_its_result() -> None:
    metrics = Metrics()
    watch = LambdaWatch(metrics)
    pool: Any = Pool("resize", Answer(b"{}", milliseconds=12), Answer(b"{}", "Sandbox.Timedout", 30), ThrottledError())
    pool.go.set()
    assert (await watch.invoke(pool, b"{}")).payload == b"{}"
    assert (await watch.invoke(pool, b"{}")).error == "Sandbox.Timedout"
    with pytest.raises(ThrottledError):
        await watch.invoke(pool, b"{}")
    found = {name: values(metrics, of(name)) for name in ("Invocations", "Errors", "Throttles", "Duration")}
    assert found == {"Invocations": 2, "Errors": 1, "Throttles": 1, "Duration": 42}


async def test_an_invocation_runs_until_its_extensions_have_finished() -> None:
    metrics = Metrics()
    watch = LambdaWatch(metrics)
    report: asyncio.Future[Report] = asyncio.get_running_loop().create_future()
    pool: Any = Pool("resize", Answer(b"{}", milliseconds=12, report=report), Answer(b"{}"))
    pool.go.set()
    await watch.invoke(pool, b"{}")
    assert values(metrics, of("Invocations")) is None
    await watch.invoke(pool, b"{}")
    assert values(metrics, of("ConcurrentExecutions"), "Maximum") == 2, "the first still works after its answer"
    report.set_result(Report(50, 38, "Runtime.ExitError"))
    await asyncio.sleep(0)
    found = {name: values(metrics, of(name)) for name in ("Errors", "Duration", "PostRuntimeExtensionsDuration")}
    assert found == {"Errors": 1, "Duration": 50, "PostRuntimeExtensionsDuration": 38}


async def test_concurrency_counts_running_invocations_by_function_and_in_total() -> None:
    metrics = Metrics()
    watch = LambdaWatch(metrics)
    resize: Any = Pool("resize", *[Answer(b"{}")] * 3)
    copy: Any = Pool("copy", Answer(b"{}"))
    calls = [asyncio.create_task(watch.invoke(pool, b"{}")) for pool in (resize, resize, resize, copy)]
    await asyncio.sleep(0)
    assert values(metrics, of("ConcurrentExecutions"), "Maximum") == 2  # the third waits for a worker
    assert values(metrics, of("ConcurrentExecutions", "copy"), "Maximum") == 1
    assert values(metrics, CONCURRENCY, "Maximum") == 3
    for pool in (resize, copy):
        pool.go.set()
    await asyncio.gather(*calls)
    resize.answers.append(Answer(b"{}"))
    await watch.invoke(resize, b"{}")
    assert metrics.aggregate(CONCURRENCY, "Minimum", Window(0, 1e11, 1)) == [1]
    assert find_quota([resize, copy]) == 4


@pytest.mark.sockets
async def test_an_apis_errors_are_shares_of_its_answers() -> None:
    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=int(request.path[1:]))

    metrics = Metrics()
    watch = ApiWatch("images", metrics, answer)
    async with serve(watch.handle) as port, aiohttp.ClientSession() as session:
        for status in (200, 404, 502, 503):
            async with session.get(f"http://127.0.0.1:{port}/{status}") as got:
                assert got.status == status
    found = {
        name: values(metrics, Metric("AWS/ApiGateway", name, frozenset({("ApiName", "images")})), "Average")
        for name in ("Count", "4XXError", "5XXError")
    }
    assert found == {"Count": 1, "4XXError": 0.25, "5XXError": 0.5}
