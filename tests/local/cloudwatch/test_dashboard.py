"""The dashboard in front of an edge, and the measured queues."""

from __future__ import annotations

import json
import time
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from aiohttp import web

from local.cloudwatch.dashboard import PERIOD, PERIODS, Dashboard, read_body
from local.cloudwatch.metrics import Metric, Metrics
from local.cloudwatch.queues import QueueWatch, find_queues
from local.cloudwatch.traces import Traces
from local.cloudwatch.widgets import Line, Widget, read_widgets
from local.server import serve
from local.steps import Step

if TYPE_CHECKING:
    from collections.abc import Mapping

EDGE = {"DistributionId": "E1", "Region": "Global"}
PAGE = Path(__file__).parents[3] / "local" / "cloudwatch" / "page"


def line(name: str, statistic: str = "Sum", namespace: str = "AWS/CloudFront", **dimensions: str) -> Line:
    return Line(name, Metric(namespace, name, frozenset((dimensions or EDGE).items())), statistic)


def widget(*lines: Line) -> Widget:
    return Widget("At the edge", 0, 0, 12, 6, lines)


async def answer(request: web.BaseRequest) -> web.StreamResponse:
    return web.Response(status=int(request.path[1:]), headers={"X-Cache": "Hit from cloudfront"}, body=b"12345")


def drawn(dashboard: Dashboard) -> Mapping[str, float | None]:
    """Return the last value of each line."""
    lines = dashboard.describe(time.time())["widgets"][0]["lines"]
    values = {entry["label"]: [value for value in entry["values"] if value is not None] for entry in lines}
    return {label: found[-1] if found else None for label, found in values.items()}


@pytest.mark.sockets
async def test_the_edge_s_answers_are_measured_as_cloudfront_does() -> None:
    rates = ("4xxErrorRate", "5xxErrorRate", "CacheHitRate", "TotalErrorRate")
    shown = widget(line("Requests"), line("BytesDownloaded"), *(line(name, "Average") for name in rates))
    metrics = Metrics()
    dashboard = Dashboard([shown], metrics, Traces(), "E1", answer)
    async with serve(dashboard.handle) as port, aiohttp.ClientSession() as session:
        for status in (200, 200, 404, 502):
            async with session.get(f"http://127.0.0.1:{port}/{status}") as got:
                assert got.status == status
    window = [entry["values"] for entry in dashboard.describe(time.time())["widgets"][0]["lines"]]
    totals = [sum(value for value in values if value is not None) for values in window[:2]]
    assert totals == [4, 20]
    if sum(value is not None for value in window[0]) == 1:  # unless a period ended in between
        assert drawn(dashboard) == {
            "Requests": 4,
            "BytesDownloaded": 20,
            "4xxErrorRate": 25,
            "5xxErrorRate": 25,
            "CacheHitRate": 100,
            "TotalErrorRate": 50,
        }


@pytest.mark.sockets
async def test_the_page_and_everything_it_loads_are_served() -> None:
    dashboard = Dashboard([], Metrics(), Traces(), "E1", answer)
    page = (PAGE / "dashboard.html").read_text()
    paths = [part.split('"')[0] for part in page.split('="')[1:] if part.startswith("/_dashboard/")]
    assert len(paths) == 4
    async with serve(dashboard.handle) as port, aiohttp.ClientSession() as session:
        for path in ("/_dashboard", "/_dashboard/", *paths, "/_dashboard/data.json"):
            async with session.get(f"http://127.0.0.1:{port}{path}") as got:
                assert got.status == 200, path
                assert await got.read(), path


def test_the_page_names_no_other_host_and_reads_no_value_as_html() -> None:
    for name in ("dashboard.html", "dashboard.js", "dashboard.css"):
        text = (PAGE / name).read_text()
        assert "//" not in text.replace("// ", ""), name
        assert "innerHTML" not in text, name


def test_a_line_that_can_t_be_computed_keeps_its_place_and_gives_the_reason() -> None:
    expression = Line("half", None, "Sum", expression="ANOMALY_DETECTION_BAND(m)")
    shown = widget(line("Requests", "tm90"), expression)
    lines = Dashboard([shown], Metrics(), Traces(), "E1", answer).describe(1000.0)["widgets"][0]["lines"]
    assert [entry["label"].partition(" (CloudWatch only: ")[0] for entry in lines] == ["Requests", "half"]
    assert all("CloudWatch only" in entry["label"] for entry in lines)
    assert {value for entry in lines for value in entry["values"]} == {None}


def test_the_page_begins_with_the_first_data_point_and_is_never_longer_than_a_quarter_of_an_hour() -> None:
    metrics = Metrics()
    dashboard = Dashboard([], metrics, Traces(), "E1", answer)
    assert len(dashboard.describe(1000.0)["times"]) == 2
    metrics.add(Metric("N", "A", frozenset()), 1000.0, 1)
    assert dashboard.describe(1035.0)["times"] == [1000, 1010, 1020, 1030]
    assert len(dashboard.describe(9000.0)["times"]) == PERIODS


@pytest.mark.sockets
async def test_a_trace_is_text_by_a_requests_id() -> None:
    traces = Traces()
    traces.record(Step("7", "asked", 3.0, {"request_id": "r1", "edge_id": "e1", "path": "/resize/x"}))
    dashboard = Dashboard([], Metrics(), traces, "E1", answer)
    async with serve(dashboard.handle) as port, aiohttp.ClientSession() as session:
        async with session.get(f"http://127.0.0.1:{port}/_dashboard/trace/r1") as got:
            assert (got.status, got.content_type) == (200, "text/plain")
            assert "asked" in await got.text()
        async with session.get(f"http://127.0.0.1:{port}/_dashboard/trace/other") as got:
            assert got.status == 404


def test_the_last_period_contains_the_present() -> None:
    times = Dashboard([], Metrics(), Traces(), "E1", answer).describe(1004.0)["times"]
    assert times[-1] <= 1004 < times[-1] + PERIOD
    assert {later - earlier for earlier, later in pairwise(times)} == {PERIOD}


def test_the_queues_of_a_dashboard_are_those_that_its_widgets_name() -> None:
    shown = widget(line("Age", namespace="AWS/SQS", QueueName="q"), line("Requests"), Line("x", None, "Sum"))
    assert find_queues([shown]) == {"q"}


def test_a_message_waits_since_the_queue_was_last_empty() -> None:
    metrics = Metrics()
    watch = QueueWatch(None, ["q"], metrics)
    now = time.time() // PERIOD * PERIOD - 5 * PERIOD
    for after, waiting in ((0, 0), (10, 3), (20, 2), (30, 0), (40, 1)):
        watch.record("q", waiting, now + after)
    names = ("ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage")
    shown = widget(*(line(name, "Maximum", "AWS/SQS", QueueName="q") for name in names))
    lines = Dashboard([shown], metrics, Traces(), "E1", answer).describe(now + 49)["widgets"][0]["lines"]
    assert [entry["values"][-5:] for entry in lines] == [[0, 3, 2, 0, 1], [0, 0, 10, 0, 0]]


class CloudWatch:
    """A client with these dashboards."""

    def __init__(self, **bodies: str) -> None:
        self.bodies = bodies

    def list_dashboards(self) -> dict[str, Any]:
        return {"DashboardEntries": [{"DashboardName": name} for name in self.bodies]}

    def get_dashboard(self, DashboardName: str) -> dict[str, Any]:  # noqa: N803 - boto3's spelling
        return {"DashboardBody": self.bodies[DashboardName]}


def test_a_stack_without_a_dashboard_has_an_empty_one() -> None:
    assert read_widgets(read_body(CloudWatch())) == ()
    assert json.loads(read_body(CloudWatch(images='{"widgets": [1]}'))) == {"widgets": [1]}
