"""Many clients ask for one new derivative at once. `python -m lab.benchmarks.load.herd [CLIENTS]`."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from lab.benchmarks.load.asking import Answered, ask_at_once, percentile
from lab.benchmarks.load.service import ORIGINAL, Service, run_service

if TYPE_CHECKING:
    from collections.abc import Mapping

CLIENTS = 500
ROUNDS = 3
WORKERS = 4
HEADER = """\
| way | clients | rounds | renders per derivative | failed | p50 ms | p95 ms | p99 ms | slowest ms |
|---|---|---|---|---|---|---|---|---|"""


@dataclass(frozen=True, slots=True)
class Herd:
    """What the clients of all rounds got."""

    way: str
    clients: int
    rounds: tuple[tuple[Answered, ...], ...]

    def __str__(self) -> str:
        """Return a row of the table."""
        answers = [answer for answers in self.rounds for answer in answers]
        renders = [len({answer.render for answer in answers} - {""}) for answers in self.rounds]
        failed = sum(answer.status != HTTPStatus.OK for answer in answers)
        times = [1000 * answer.seconds for answer in answers]
        latencies = [percentile(times, share) for share in (0.5, 0.95, 0.99, 1.0)]
        rendered = f"{min(renders)} to {max(renders)}" if min(renders) < max(renders) else str(renders[0])
        figures = " | ".join(f"{value:,.0f}" for value in latencies)
        return f"| {self.way} | {self.clients} | {len(self.rounds)} | {rendered} | {failed} | {figures} |"


async def gather_herd(way: str, base: str, headers: Mapping[str, str], clients: int) -> Herd:
    """Let the clients of each round ask for a derivative that there is none of yet."""
    rounds = []
    for number in range(ROUNDS):
        # No two ways and rounds ask for the same derivative.
        url = f"{base}/{300 + number}x{200 + len(way)},f=webp/{ORIGINAL}"
        rounds.append(tuple(await ask_at_once([url] * clients, headers, clients)))
    return Herd(way, clients, tuple(rounds))


async def gather_herds(service: Service, clients: int) -> list[str]:
    """Return the lines of the table."""
    api, headers = service.api
    edge = await gather_herd("through the edge", service.edge, {"Accept": "*/*"}, clients)
    straight = await gather_herd("straight at the API", f"{api}/resize", headers, clients)
    return [HEADER, str(edge), str(straight)]


if __name__ == "__main__":
    with run_service(WORKERS) as running:
        print(*asyncio.run(gather_herds(running, int(sys.argv[1]) if len(sys.argv) > 1 else CLIENTS)), sep="\n")
