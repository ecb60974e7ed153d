"""The local stack with faults in its wiring, and a copy function that gives up and comes back sooner than on AWS."""

from __future__ import annotations

import os
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from yarl import URL

from lab.chaos.deliveries import Deliveries
from lab.chaos.faults import Faults
from lab.chaos.invocations import Invocations
from lab.chaos.outage import Outage
from lab.chaos.proxy import FaultProxy
from lab.chaos.slowness import Slowness
from local.emulator.process import ROOT
from local.server import serve
from local.wiring import Connection, Wiring

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from local.lambdas.function import Function
    from local.lambdas.runtime import FunctionPool
    from local.wiring import Invoke

KILLS_PER_FAULT: Final = 0.2
"""Of a level of 5 % faults, 1 % of the events lose their process."""
UNHURRIED_SECONDS: Final = 5
"""Of the copy function's time-out: connecting, and the margin before its deadline, are not hurried."""


@dataclass(frozen=True, slots=True)
class Pace:
    """By how much the copy function's times are divided, and those that don't go by it, in seconds.

    `settle` is to be longer than the copy function's time-out and `proxy.LATEST` together, as on AWS; `visibility` is
    what a message waits whose function was killed, and `retry` what one that failed waits at most.
    """

    hurry: float
    settle: int
    visibility: int
    retry: int = 20


class FaultyWiring(Wiring):
    """Connections of which a share fails: the answers of AWS, processes, and the deliveries of the queue."""

    def __init__(self, share: float, seed: int, pace: Pace) -> None:
        """Prepare for a share of 0 to 1. Nothing fails before `active` is set."""
        self.share = share
        self.pace = pace
        self.faults = {way: Faults(share, f"{seed} {way.name}") for way in Connection}
        self.slowness = Slowness()
        self.outage = Outage(f"{seed} outage")
        self.invocations = Invocations(share * KILLS_PER_FAULT, f"{seed} kills", self.slowness)
        self.deliveries: list[Deliveries] = []
        self._seed = seed
        self._proxies: list[FaultProxy] = []
        self._queue = Faults(share, f"{seed} queue")

    @property
    def active(self) -> bool:
        """Whether anything may fail now."""
        return self._queue.active

    @active.setter
    def active(self, value: bool) -> None:
        for faults in (*self.faults.values(), self._queue):
            faults.active = value
        self.invocations.active = value

    @property
    def pending(self) -> int:
        """How many calls and deliveries are still to come that nobody waits for."""
        return sum(proxy.pending for proxy in self._proxies) + sum(each.pending for each in self.deliveries)

    def configure(self, function: Function) -> Function:
        """Return the copy function with its times hurried; the resize function keeps all of its own."""
        if function.tag != "copy":
            return function
        folders = (ROOT / "lab" / "chaos" / "worker", ROOT / "functions")
        environment = {
            **function.environment,
            "HURRY": str(self.pace.hurry),
            "LONGEST_RETRY": str(self.pace.retry),
            "SETTLE_SECONDS": str(self.pace.settle),
            "PYTHONPATH": os.pathsep.join(map(str, folders)),
        }
        seconds = round(function.timeout / self.pace.hurry) + UNHURRIED_SECONDS
        return replace(function, handler="hurried.handler", timeout=seconds, environment=environment)

    @asynccontextmanager
    async def front(self, way: Connection, server: URL) -> AsyncIterator[URL]:
        """Stand before a server."""
        async with FaultProxy(way, server, self.faults[way], self.outage) as proxy, serve(proxy.handle) as port:
            self._proxies.append(proxy)
            yield URL(f"http://127.0.0.1:{port}")

    def invoke(self, pool: FunctionPool, invoke: Invoke) -> Invoke:
        """Return the way of events to a function."""
        return self.invocations.way_to(pool, invoke)

    def queue(self, client: Any) -> Deliveries:  # noqa: ANN401 - boto3's client
        """Return what delivers the queue's messages."""
        self.deliveries.append(Deliveries(client, self._queue, self.outage, f"{self._seed} deliveries"))
        return self.deliveries[-1]
