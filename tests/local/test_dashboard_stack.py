"""The dashboard of a running stack: what its widgets name is drawn."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from local.cloudwatch.dashboard import read_body
from local.cloudwatch.metrics import Metric, Window
from local.cloudwatch.widgets import read_widgets
from local.stack import StackOptions
from world import SAMPLES

from .running import Running, start, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.sockets

HUBBLE = (SAMPLES / "hubble.jpg").read_bytes()
COFFEE = (SAMPLES / "coffee.png").read_bytes()
SEEN = {
    *(
        "% of requests served",
        "Requests",
        "4xx, %",
        "5xx, %",
        "At the edge (EdgeMetrics)",
        "Without the resize function",
    ),
    *("FetchTime", "DecodeTime", "TransformTime", "EncodeTime", "StoreTime", "InvalidateTime", "Duration"),
    *("JPEG", "Originals", "Derivatives", "Saved per view"),
    *("MalformedTransform", "OriginalNotFound", "NotAnImage", "Crashes", "Cold starts", "Throttled", "5xx"),
    *("Resize", "Copy", "Account, this region", "Account limit", "CopyConcurrency"),
    *(
        "Copies",
        "DuplicateRenders",
        "Purges",
        "Redirects",
        "Redirects this month",
        "InvalidationBudget",
    ),
    *("Changes", "Dead letters", "Age of the oldest, s"),
    *("Edge: requests, functions, data", "First hits: API, Lambda, S3, table, logs", "Total"),
}
"""What the traffic of the test makes appear; other lines wait for things to go wrong."""


@pytest.fixture(scope="module")
def busy() -> Iterator[Running]:
    """A stack that has seen a bit of everything."""
    running, stop = start(StackOptions(parameters={"EdgeMetrics": "true"}))
    try:
        running.upload("a.jpg", HUBBLE)
        running.follow("/90x60/a.jpg")
        running.follow("/90x60,fit=wide/a.jpg")
        running.follow("/90x60/nothing.jpg")
        running.upload("notes.txt", b"no image")
        running.follow("/90x60/notes.txt")
        running.upload("a.jpg", COFFEE)
        running.remove("notes.txt")
        yield running
    finally:
        stop()


def lines(running: Running) -> dict[str, dict[str, Any]]:
    data = json.loads(running.get("/_dashboard/data.json").body)
    return {line["label"]: line for widget in data["widgets"] for line in widget["lines"]}


def values(running: Running) -> dict[str, list[float]]:
    return {label: [value for value in line["values"] if value is not None] for label, line in lines(running).items()}


def test_activity_appears_on_the_dashboard(busy: Running) -> None:
    wait_for(lambda: {label for label, found in values(busy).items() if found} >= SEEN)
    drawn = values(busy)
    assert sum(drawn["Copies"]) == 3
    made = sum(drawn["JPEG"] + drawn["PNG"])  # by this test's fixture and by another test
    assert 1 <= made <= 2
    assert sum(drawn["Originals"]) - sum(drawn["Derivatives"]) == sum(drawn["Saved per view"]) > 0
    assert sum(drawn["Originals"]) in {len(HUBBLE), len(HUBBLE) + len(COFFEE)}
    assert max(drawn["4xx, %"]) > 0
    assert set(drawn["Account limit"]) == {8}  # two pools of four
    assert max(drawn["Redirects this month"]) == made


def test_every_line_of_the_dashboard_is_available_locally(busy: Running) -> None:
    assert not [label for label in lines(busy) if "CloudWatch only" in label]


def test_every_metric_of_aws_that_is_drawn_or_alarmed_is_measured_here(busy: Running) -> None:
    """Those of the functions are proved by tests/template/test_observability.py."""
    cloudwatch = busy.client("cloudwatch")
    drawn = {line.metric for widget in read_widgets(read_body(cloudwatch)) for line in widget.lines if line.metric}
    alarmed = {
        Metric(alarm["Namespace"], alarm["MetricName"], frozenset((d["Name"], d["Value"]) for d in alarm["Dimensions"]))
        for alarm in cloudwatch.describe_alarms()["MetricAlarms"]
    }
    assert len(alarmed) == 5
    ours = f"CloudImageTranscoder/{busy.names['stack']}"
    everything = Window(0, 1e11, 1)
    for metric in (metric for metric in drawn | alarmed if metric.namespace != ours):
        assert busy.stack.metrics.aggregate(metric, "SampleCount", everything) != [None], metric


def test_a_first_hit_can_be_followed_by_the_id_that_its_user_sees(busy: Running) -> None:
    *_, answer = busy.follow("/91x61/a.jpg")
    request_id = answer.headers["x-amzn-requestid"]
    wait_for(lambda: " 12 " in busy.get(f"/_dashboard/trace/{request_id}").body.decode())
    trace = busy.get(f"/_dashboard/trace/{request_id}").body.decode().splitlines()
    numbers = [line.split()[0] for line in trace[2:]]
    assert numbers == ["1", "3", "5", "6", "7", "8", "9", "10", "11", "12", "13"]
    assert busy.get("/91x61/a.jpg").headers["x-amz-meta-request-id"] == request_id
    *_, refused = busy.follow("/91x61/nothing.jpg")
    assert json.loads(refused.body)["request_id"] == refused.headers["x-amzn-requestid"]


def test_every_line_of_every_deployed_widget_is_on_the_page(busy: Running) -> None:
    cloudwatch = busy.client("cloudwatch")
    name = cloudwatch.list_dashboards()["DashboardEntries"][0]["DashboardName"]
    body = json.loads(cloudwatch.get_dashboard(DashboardName=name)["DashboardBody"])
    shown = json.loads(busy.get("/_dashboard/data.json").body)["widgets"]
    assert [widget["title"] for widget in shown] == [
        widget["properties"].get("title", "") for widget in body["widgets"]
    ]
    for deployed, drawn in zip(body["widgets"], shown, strict=True):
        rows = deployed["properties"].get("metrics", [])
        shown_rows = [row for row in rows if not isinstance(row[-1], dict) or row[-1].get("visible", True)]
        limits = deployed["properties"].get("annotations", {}).get("horizontal", [])
        limits = [limit for limit in limits if limit.get("visible", True)]
        assert len(drawn["lines"]) == len(shown_rows) + len(limits), drawn["title"]


def test_the_page_is_served_at_the_edge_s_address(busy: Running) -> None:
    page = busy.get("/_dashboard")
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert busy.get("/a.jpg").body == COFFEE


def test_settings_unknown_to_the_emulator_s_cloudformation_are_deployed(busy: Running) -> None:
    resources = busy.stack.deployment.resources
    assert len([name for name in resources if name.endswith("Query")]) >= 8
    edge = busy.client("cloudfront").get_monitoring_subscription(DistributionId=resources["Distribution"])
    status = edge["MonitoringSubscription"]["RealtimeMetricsSubscriptionConfig"]["RealtimeMetricsSubscriptionStatus"]
    assert status == "Enabled"
