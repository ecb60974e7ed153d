"""Connections of the local stack with injected faults, and a copy function with shorter time limits and pauses."""

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
"""At a level of 5 % faults, 1 % of the events lose their process."""
FIXED_SECONDS: Final = 5
"""Part of the copy function's timeout that is not accelerated: connecting, and the margin before its deadline."""


@dataclass(frozen=True, slots=True)
class Acceleration:
    """The divisor of the copy function's times, and the times that it does not divide, in seconds.

    `settle` must be longer than the copy function's timeout and `proxy.MAX_DELAY` together, as on AWS; `visibility` is
    the queue's visibility timeout, and `retry` the longest wait of a failed message.
    """

    factor: float
    settle: int
    visibility: int
    retry: int = 20


class FaultyWiring(Wiring):
    """Injects faults into calls to AWS, processes, and deliveries of the queue."""

    def __init__(self, share: float, seed: int, acceleration: Acceleration) -> None:
        """Let `share` (0 to 1) fail once `active` is set."""
        self.share = share
        self.acceleration = acceleration
        self.faults = {connection: Faults(share, f"{seed} {connection.name}") for connection in Connection}
        self.slowness = Slowness()
        self.outage = Outage(f"{seed} outage")
        self.invocations = Invocations(share * KILLS_PER_FAULT, f"{seed} kills", self.slowness)
        self.deliveries: list[Deliveries] = []
        self._seed = seed
        self._proxies: list[FaultProxy] = []
        self._queue = Faults(share, f"{seed} queue")

    @property
    def active(self) -> bool:
        """Whether faults are injected now."""
        return self._queue.active

    @active.setter
    def active(self, value: bool) -> None:
        for faults in (*self.faults.values(), self._queue):
            faults.active = value
        self.invocations.active = value

    @property
    def pending(self) -> int:
        """The number of late calls and deliveries that are still to come."""
        return sum(proxy.pending for proxy in self._proxies) + sum(each.pending for each in self.deliveries)

    def configure(self, function: Function) -> Function:
        """Return the copy function with shorter times; the resize function stays as it is."""
        if function.tag != "copy":
            return function
        folders = (ROOT / "lab" / "chaos" / "worker", ROOT / "functions")
        environment = {
            **function.environment,
            "ACCELERATION": str(self.acceleration.factor),
            "LONGEST_RETRY": str(self.acceleration.retry),
            "SETTLE_SECONDS": str(self.acceleration.settle),
            "PYTHONPATH": os.pathsep.join(map(str, folders)),
        }
        seconds = round(function.timeout / self.acceleration.factor) + FIXED_SECONDS
        return replace(function, handler="accelerated.handler", timeout=seconds, environment=environment)

    @asynccontextmanager
    async def front(self, connection: Connection, server: URL) -> AsyncIterator[URL]:
        """Put a fault proxy in front of a server."""
        async with (
            FaultProxy(connection, server, self.faults[connection], self.outage) as proxy,
            serve(proxy.handle) as port,
        ):
            self._proxies.append(proxy)
            yield URL(f"http://127.0.0.1:{port}")

    def invoke(self, pool: FunctionPool, invoke: Invoke) -> Invoke:
        """Return `invoke` with kills."""
        return self.invocations.wrap(pool, invoke)

    def queue(self, client: Any) -> Deliveries:  # noqa: ANN401 - boto3's client
        """Return a client of the queue with delivery faults."""
        self.deliveries.append(Deliveries(client, self._queue, self.outage, f"{self._seed} deliveries"))
        return self.deliveries[-1]
