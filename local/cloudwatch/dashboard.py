"""The deployed CloudWatch dashboard, drawn without AWS at /_dashboard on the edge's port."""

from __future__ import annotations

import json
import math
import time
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from local.cloudwatch.drawing import draw
from local.cloudwatch.metrics import Metric, Metrics, Window

if TYPE_CHECKING:
    from collections.abc import Sequence

    from local.cloudwatch.traces import Traces
    from local.cloudwatch.widgets import Widget
    from local.server import Handler

PATH: Final = "/_dashboard"
TRACES: Final = f"{PATH}/trace/"
"""Followed by a request id."""
PERIOD: Final = 10
"""Seconds. CloudWatch draws the widgets' own periods, mostly 5 min: too long for traffic that just started."""
PERIODS: Final = 90
FEWEST: Final = 2
"""Minimum number of periods: a line needs two points."""

_PAGE: Final = Path(__file__).with_name("page")
_FILES: Final = {
    PATH: ("dashboard.html", "text/html"),
    f"{PATH}/": ("dashboard.html", "text/html"),
    f"{PATH}/dashboard.js": ("dashboard.js", "text/javascript"),
    f"{PATH}/dashboard.css": ("dashboard.css", "text/css"),
    f"{PATH}/uPlot.js": ("uPlot.iife.min.js", "text/javascript"),
    f"{PATH}/uPlot.css": ("uPlot.min.css", "text/css"),
}
_HEADERS: Final = {
    # uPlot sets inline styles
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'"
    ),
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}
_COUNTED: Final = ("Requests", "BytesDownloaded", "4xxErrorRate", "5xxErrorRate", "TotalErrorRate", "CacheHitRate")
_BAD_REQUEST, _SERVER_ERROR, _BEYOND = 400, 500, 600


def read_body(cloudwatch: Any) -> str:  # noqa: ANN401 - boto3's client
    """Return the body of the deployed dashboard, or an empty one if there is none."""
    names = [entry["DashboardName"] for entry in cloudwatch.list_dashboards()["DashboardEntries"]]
    return str(cloudwatch.get_dashboard(DashboardName=names[0])["DashboardBody"]) if names else '{"widgets": []}'


class Dashboard:
    """Serves the widgets' data, and measures the edge's answers as CloudFront does."""

    def __init__(
        self, widgets: Sequence[Widget], metrics: Metrics, traces: Traces, distribution: str, edge: Handler
    ) -> None:
        """Wrap the edge's handler."""
        self._traces = traces
        self._widgets = widgets
        self._metrics = metrics
        dimensions = frozenset({("DistributionId", distribution), ("Region", "Global")})
        self._counted = {name: Metric("AWS/CloudFront", name, dimensions) for name in _COUNTED}
        self._edge = edge

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request for the dashboard; pass any other to the edge."""
        if request.path == f"{PATH}/data.json":
            return web.Response(text=json.dumps(self.describe(time.time())), content_type="application/json")
        if request.path.startswith(TRACES):
            return self._trace(request.path.removeprefix(TRACES))
        if request.path in _FILES:
            name, kind = _FILES[request.path]
            return web.Response(body=(_PAGE / name).read_bytes(), content_type=kind, charset="utf-8", headers=_HEADERS)
        response = await self._edge(request)
        self._count(response)
        return response

    def _trace(self, request_id: str) -> web.Response:
        found = self._traces.render(request_id)
        status = HTTPStatus.OK if found else HTTPStatus.NOT_FOUND
        text = found or "No first request with this x-amzn-RequestId was observed, or its steps were dropped.\n"
        return web.Response(status=status, text=text, headers=_HEADERS)

    def describe(self, now: float) -> dict[str, Any]:
        """Return the page's data: the start of each period, and each widget's lines with a value per period.

        The time range starts at the first data point, so that the charts of a new stack are not mostly empty.
        """
        end = (now // PERIOD + 1) * PERIOD
        first = end if self._metrics.first is None else self._metrics.first
        periods = max(FEWEST, min(PERIODS, math.ceil((end - first) / PERIOD)))
        window = Window(end - PERIOD * periods, PERIOD, periods)
        return {
            "period": PERIOD,
            "times": [window.start + PERIOD * number for number in range(periods)],
            "widgets": [
                {
                    "title": widget.title,
                    "text": widget.text,
                    "view": widget.view,
                    "place": [widget.x, widget.y, widget.width, widget.height],
                    "lines": draw(widget, self._metrics, window),
                }
                for widget in self._widgets
            ],
        }

    def _count(self, response: web.StreamResponse) -> None:
        """Count a request, and add it to the rates, which are averages in percent."""
        status, now = response.status, time.time()
        values = {
            "Requests": 1.0,
            "BytesDownloaded": float(response.content_length or 0),
            "4xxErrorRate": 100.0 * (_BAD_REQUEST <= status < _SERVER_ERROR),
            "5xxErrorRate": 100.0 * (_SERVER_ERROR <= status < _BEYOND),
            "TotalErrorRate": 100.0 * (_BAD_REQUEST <= status < _BEYOND),
            "CacheHitRate": 100.0 * response.headers.get("X-Cache", "").startswith(("Hit", "RefreshHit")),
        }
        for name, metric in self._counted.items():
            self._metrics.add(metric, now, values[name])
