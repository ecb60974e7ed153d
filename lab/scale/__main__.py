"""Simulate services of many sizes, and print the AWS quota that each meets first, and the limit of each quota."""

from __future__ import annotations

import signal
import sys
from dataclasses import fields, replace
from typing import TYPE_CHECKING

from lab.arguments import Parser, number, option
from lab.scale.ceiling import find_ceiling
from lab.scale.quotas import NEW_ACCOUNT, QUOTAS, measure_use
from lab.scale.scenario import HELP, Scenario
from lab.scale.simulation import simulate

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

CATALOGUES = (1e6, 1e7, 1e8, 1e9)
REQUESTS = (1e2, 1e3, 1e4, 1e5)


def main(arguments: Sequence[str]) -> int:
    """Print both tables, and return the exit status: 2 for an impossible scenario."""
    try:
        scenario = read_scenario(arguments)
    except ValueError as error:
        print(f"make simulate: {error} (--help lists the options)", file=sys.stderr)
        return 2
    for line in describe(scenario):
        print(line, flush=True)
    return 0


def read_scenario(arguments: Sequence[str]) -> Scenario:
    """Return the scenario of the options. Raises ValueError for an impossible one."""
    parser = Parser("make simulate", __doc__)
    for field in fields(Scenario):
        if field.name not in ("catalogue", "requests"):
            shown = f"{HELP[field.name]} (default: {field.default:,.10g})"
            parser.add_argument(option(field.name), type=number, metavar="N", default=field.default, help=shown)
    return Scenario(**vars(parser.parse_args(arguments)))


def describe(scenario: Scenario) -> Iterator[str]:
    """Yield the lines that `make simulate` prints, in Markdown."""
    yield "| images | views/s | first hits/s, peak | functions, peak | hit ratio, end | first quota met | after |"
    yield "|--:|--:|--:|--:|--:|---|--:|"
    for catalogue in CATALOGUES:
        for requests in REQUESTS:
            yield _describe_one(replace(scenario, catalogue=catalogue, requests=requests))
    yield ""
    yield f"| quota | limit | {' | '.join(f'{catalogue:,.0f} images' for catalogue in CATALOGUES)} | remedy |"
    yield f"|---|--:|{'--:|' * len(CATALOGUES)}---|"
    for quota in (NEW_ACCOUNT, *QUOTAS):
        ceilings = [find_ceiling(quota, replace(scenario, catalogue=catalogue)) for catalogue in CATALOGUES]
        shown = " | ".join(f"{ceiling:,.0f}" if ceiling else "-" for ceiling in ceilings)
        yield f"| {quota.name} | {quota.limit:,.0f} | {shown} | {quota.remedy} |"


def _describe_one(scenario: Scenario) -> str:
    history = simulate(scenario)
    first = measure_use(history, scenario)[0]
    met = f"{first.quota.name} | {first.met:,.0f} s" if first.met else "none | "
    return (
        f"| {scenario.catalogue:,.0f} | {scenario.requests:,.0f} | {history.first_hits.max():,.0f}"
        f" | {history.concurrency.max():,.0f} | {history.hit_ratio[-1]:.1%} | {met} |"
    )


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `make simulate | head`
    sys.exit(main(sys.argv[1:]))
