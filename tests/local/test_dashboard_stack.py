"""The dashboard of a running stack: what its widgets name is drawn."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from local.stack import StackOptions
from world import SAMPLES

from .running import Running, start, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.sockets

HUBBLE = (SAMPLES / "hubble.jpg").read_bytes()
COFFEE = (SAMPLES / "coffee.png").read_bytes()
SEEN = {
    *("Requests", "4xxErrorRate", "5xxErrorRate"),
    *("Derivatives", "ColdStart", "MalformedTransform", "OriginalNotFound", "NotAnImage"),
    *("FetchTime", "DecodeTime", "TransformTime", "EncodeTime", "StoreTime", "InvalidateTime"),
    *("Copies", "Removals", "PurgedDerivatives", "SecondPasses", "Invalidations", "RedirectInvalidations"),
    *("BytesIn", "BytesOut", "BytesCopied", "ApproximateAgeOfOldestMessage"),
}
"""What the traffic of the test makes appear; other lines wait for things to go wrong."""


@pytest.fixture(scope="module")
def busy() -> Iterator[Running]:
    """A stack that has seen a bit of everything."""
    running, stop = start(StackOptions())
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


def test_what_has_happened_is_drawn(busy: Running) -> None:
    wait_for(lambda: {label for label, found in values(busy).items() if found} >= SEEN)
    drawn = values(busy)
    assert sum(drawn["Copies"]) == 3
    assert sum(drawn["Derivatives"]) == 1
    assert sum(drawn["BytesCopied"]) == len(HUBBLE) + len(COFFEE) + len(b"no image")
    assert max(drawn["4xxErrorRate"]) > 0


def test_every_line_of_every_deployed_widget_is_on_the_page(busy: Running) -> None:
    cloudwatch = busy.client("cloudwatch")
    name = cloudwatch.list_dashboards()["DashboardEntries"][0]["DashboardName"]
    body = json.loads(cloudwatch.get_dashboard(DashboardName=name)["DashboardBody"])
    shown = json.loads(busy.get("/_dashboard/data.json").body)["widgets"]
    assert [widget["title"] for widget in shown] == [widget["properties"]["title"] for widget in body["widgets"]]
    for deployed, drawn in zip(body["widgets"], shown, strict=True):
        assert len(drawn["lines"]) == len(deployed["properties"]["metrics"]), drawn["title"]


def test_the_page_is_served_beside_the_images(busy: Running) -> None:
    page = busy.get("/_dashboard")
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert busy.get("/a.jpg").body == COFFEE
