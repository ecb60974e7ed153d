"""Many clients request the same new derivative at once: `python -m lab.benchmarks.load.herd [CLIENTS]`."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from lab.benchmarks.load.client import Response, fetch_all, percentile
from lab.benchmarks.load.service import ORIGINAL, Service, run_service

if TYPE_CHECKING:
    from collections.abc import Mapping

CLIENTS = 500
ROUNDS = 3
WORKERS = 4
HEADER = """\
| path | clients | rounds | renders per derivative | failed | p50 ms | p95 ms | p99 ms | slowest ms |
|---|---|---|---|---|---|---|---|---|"""


@dataclass(frozen=True, slots=True)
class Herd:
    """The responses of all rounds."""

    route: str
    clients: int
    rounds: tuple[tuple[Response, ...], ...]

    def __str__(self) -> str:
        """Return a row of the table."""
        answers = [answer for answers in self.rounds for answer in answers]
        renders = [len({answer.render for answer in answers} - {""}) for answers in self.rounds]
        failed = sum(answer.status != HTTPStatus.OK for answer in answers)
        times = [1000 * answer.seconds for answer in answers]
        latencies = [percentile(times, share) for share in (0.5, 0.95, 0.99, 1.0)]
        rendered = f"{min(renders)} to {max(renders)}" if min(renders) < max(renders) else str(renders[0])
        figures = " | ".join(f"{value:,.0f}" for value in latencies)
        return f"| {self.route} | {self.clients} | {len(self.rounds)} | {rendered} | {failed} | {figures} |"


async def measure_herd(route: str, base: str, headers: Mapping[str, str], clients: int) -> Herd:
    """In each round, let all clients request a derivative that does not exist yet."""
    rounds = []
    for number in range(ROUNDS):
        # A different derivative for each route and round.
        url = f"{base}/{300 + number}x{200 + len(route)},f=webp/{ORIGINAL}"
        rounds.append(tuple(await fetch_all([url] * clients, headers, clients)))
    return Herd(route, clients, tuple(rounds))


async def measure_herds(service: Service, clients: int) -> list[str]:
    """Return the lines of the table."""
    api, headers = service.api
    edge = await measure_herd("through the edge", service.edge, {"Accept": "*/*"}, clients)
    direct = await measure_herd("directly at the API", f"{api}/resize", headers, clients)
    return [HEADER, str(edge), str(direct)]


if __name__ == "__main__":
    with run_service(WORKERS) as running:
        print(*asyncio.run(measure_herds(running, int(sys.argv[1]) if len(sys.argv) > 1 else CLIENTS)), sep="\n")
