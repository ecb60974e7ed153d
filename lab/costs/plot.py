"""Draws docs/images/cost.svg: totals of all designs by traffic, and the shares of this service's bill.

Runs in a virtual environment of its own, with matplotlib: `make plots`.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import matplotlib.pyplot as plt
from matplotlib.ticker import NullLocator

from lab.costs.month import Month
from lab.costs.rivals import price_all
from lab.costs.transcoder import price_transcoder
from lab.plots import STYLE, save

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.costs.bill import Bill

STEPS = [10 ** (5 + step / 4) for step in range(17)]
"""Views a month: a hundred thousand to a billion."""
GROUPS = {
    "to viewers": ("cloudfront_requests", "cloudfront_data"),
    "edge functions": ("cloudfront_functions",),
    "invalidations": ("cloudfront_invalidations",),
    "storage": ("s3_storage", "s3_tags", "dynamodb_storage", "dynamodb_backup", "ecr_storage"),
    "first hits": ("s3_writes", "s3_reads", "api_gateway_requests", "lambda_requests", "lambda_duration"),
    "index and queue": ("dynamodb_writes", "dynamodb_reads", "sqs_requests"),
    "monitoring": ("logs_ingestion", "logs_storage", "custom_metrics", "alarms", "dashboards", "xray_traces"),
}
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f7f7f")
"""The palette of Okabe and Ito, for colour-blind readers."""
STYLES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))


def draw(path: str) -> None:
    """Draw both panels into an SVG file, the same byte for byte each time."""
    mpl.rcParams.update(STYLE | {"axes.spines.top": False, "axes.spines.right": False})
    months = [Month().scaled(views / Month().views) for views in STEPS]
    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 5), layout="constrained")
    _draw_totals(left, [price_all(month) for month in months])
    _draw_shares(right, [price_transcoder(month) for month in months])
    for axes in (left, right):
        axes.set_xscale("log")
        axes.set_xlabel("views a month")
        axes.set_xlim(STEPS[0], STEPS[-1])
        axes.xaxis.set_minor_locator(NullLocator())
    left.yaxis.set_minor_locator(NullLocator())
    save(figure, path)


def _draw_totals(axes: Any, bills: Sequence[tuple[Bill, ...]]) -> None:  # noqa: ANN401 - matplotlib is not type-checked
    for number, design in enumerate(bill.design for bill in bills[0]):
        dollars = [bill[number].dollars for bill in bills]
        width = 2.5 if number == 0 else 1.5
        axes.plot(STEPS, dollars, label=design, color=COLOURS[number], linestyle=STYLES[number], linewidth=width)
    axes.set_yscale("log")
    axes.set_ylim(1, 1e5)
    axes.set_ylabel("USD a month")
    axes.set_title("The same traffic with other designs", loc="left")
    axes.grid(visible=True, which="major", alpha=0.3)
    axes.legend(frameon=False, fontsize=9)


def _draw_shares(axes: Any, bills: Sequence[Bill]) -> None:  # noqa: ANN401 - as above
    shares = [
        [sum(bill.line(price).dollars for price in prices) / bill.dollars * 100 for bill in bills]
        for prices in GROUPS.values()
    ]
    axes.stackplot(STEPS, shares, labels=GROUPS, colors=COLOURS)
    axes.set_ylim(0, 100)
    axes.set_ylabel("% of this service's bill")
    axes.set_title("Shares of the bill", loc="left")
    handles, labels = axes.get_legend_handles_labels()
    axes.legend(handles[::-1], labels[::-1], loc="center left", bbox_to_anchor=(1, 0.5), frameon=False, fontsize=9)


if __name__ == "__main__":
    draw(sys.argv[1])
