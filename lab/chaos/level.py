"""One run on a stack of its own: operations with faults, recovery as an operator does it, and an audit."""

from __future__ import annotations

import asyncio
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import islice, takewhile
from typing import TYPE_CHECKING, Final

import aiohttp

from lab.chaos.audit import Audit
from lab.chaos.clients import TIMEOUT, Clients
from lab.chaos.operations import operations
from lab.chaos.recovery import Recovery
from lab.chaos.wiring import Acceleration, FaultyWiring
from local.lambdas.runtime import PoolSize
from local.stack import Stack, StackOptions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab.chaos.faults import Fault
    from lab.chaos.operations import Operation
    from lab.chaos.outage import Service

PARAMETERS: Final = {
    "LogLevel": "WARNING",
    # Above the limits of a deployed stack: throttled requests would test nothing.
    "ApiRateLimit": "10000",
    "ApiBurstLimit": "5000",
}
CACHED_404_SECONDS: Final = 10
"""Seconds for which the edge caches a 404: template.yaml, `ErrorCachingMinTTL`."""
OUTAGE_PAUSE: Final = 0.5
"""Seconds between two operations of a client during an outage, which has a duration and no number of operations."""
AFTER_FRACTION: Final = 10
"""One of so many operations follows the outage. Few: a new change also repairs the effect of a dead letter."""
ENDLESS: Final = 1_000_000
"""More operations than fit into any outage."""


@dataclass(frozen=True, slots=True)
class OutagePlan:
    """An outage of some seconds. It ends when every request sent during it has an answer."""

    service: Service
    seconds: float


@dataclass(frozen=True, slots=True)
class Level:
    """Parameters of a run: `share` (0 to 1) of everything fails; the outage follows most of the operations."""

    share: float
    operations: int
    keys: int = 100
    seed: int = 1
    concurrency: int = 16
    workers: int = 8
    acceleration: Acceleration = field(default_factory=lambda: Acceleration(factor=4, settle=60, visibility=120))
    outage: OutagePlan | None = None
    delivery: str = "redirect"
    """The template's parameter Delivery."""


@dataclass(frozen=True, slots=True)
class Result:
    """The results of a run; times in seconds."""

    level: Level
    calls: int
    faults: Counter[Fault]
    duplicated: int
    delayed: int
    killed: Counter[str]
    invocations: Counter[str]
    errors: Counter[str]
    slow_timeouts: int
    abandoned: Counter[str]
    longest: dict[str, float]
    slowness: float
    answers: Counter[tuple[str, int]]
    outage_answers: Counter[tuple[str, int]]
    """Answers to requests sent during the outage."""
    notifications_lost: int
    dead_letters: int
    differences: str
    """Output of `make reconcile` after an outage and the redrive; "" for no differences."""
    lost: list[str]
    stale: list[str]
    findings: list[str]
    oldest: float
    operation_seconds: float
    settling_seconds: float
    derivatives_checked: int
    responses_checked: int
    final_differences: str


async def run_level(level: Level) -> Result:
    """Run a level. Raises QueueNotEmptyError."""
    wiring = FaultyWiring(level.share, level.seed, level.acceleration)
    parameters = PARAMETERS | {"Delivery": level.delivery}
    options = StackOptions(parameters=parameters, pool=PoolSize(level.workers, level.workers), wiring=wiring)
    connector = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(total=TIMEOUT)
    async with (
        Stack(options) as stack,
        aiohttp.ClientSession(connector=connector, timeout=timeout) as session,
        wiring.slowness.watch(),
    ):
        return await _Run(level, wiring, stack, Clients(stack, session, level.keys)).run()


class _Run:
    def __init__(self, level: Level, wiring: FaultyWiring, stack: Stack, clients: Clients) -> None:
        self._level = level
        self._wiring = wiring
        self._stack = stack
        self._clients = clients
        self._started = time.monotonic()
        self._recovery = Recovery(stack, lambda: wiring.pending, self._report_progress)

    async def run(self) -> Result:
        level, wiring, recovery, tally = self._level, self._wiring, self._recovery, self._clients.tally
        await self._set_visibility()
        wiring.active = True
        started = time.monotonic()
        during = await self._work()
        finished = time.monotonic()
        # After an outage redrive at once: newer changes of the same keys are in progress while old messages come back.
        dead_letters = await recovery.redrive() if level.outage else 0
        await recovery.wait_until_empty()
        settled_at = time.monotonic()
        wiring.active = False
        answers = tally.answers.copy()
        dead_letters += await recovery.redrive()
        await recovery.check_dead_letters()
        differences = await recovery.reconcile() if level.outage else ""
        if differences:
            await recovery.reconcile(apply=True)
        await asyncio.sleep(max(0.0, finished + CACHED_404_SECONDS - time.monotonic()))
        audit = Audit(self._stack, self._clients)
        self._report_progress("auditing every stored object and every image that was requested")
        await audit.run()
        final_differences = await recovery.reconcile()
        return Result(
            level=level,
            calls=sum(each.calls for each in wiring.faults.values()),
            faults=sum((each.counts for each in wiring.faults.values()), Counter()),
            duplicated=sum(each.duplicated for each in wiring.deliveries),
            delayed=sum(each.delayed for each in wiring.deliveries),
            killed=wiring.invocations.killed,
            invocations=wiring.invocations.times,
            errors=wiring.invocations.errors,
            slow_timeouts=wiring.invocations.slow_timeouts,
            abandoned=wiring.invocations.abandoned,
            longest=dict(wiring.invocations.longest),
            slowness=wiring.slowness.mean,
            answers=answers,
            outage_answers=during,
            notifications_lost=sum(each.notifications_lost for each in wiring.deliveries),
            dead_letters=dead_letters,
            differences=differences,
            lost=audit.lost,
            stale=audit.stale,
            findings=[*tally.findings, *recovery.findings],
            oldest=tally.oldest,
            operation_seconds=finished - started,
            settling_seconds=settled_at - finished,
            derivatives_checked=audit.derivatives_checked,
            responses_checked=audit.responses_checked,
            final_differences=final_differences,
        )

    async def _set_visibility(self) -> None:
        queues, url = self._stack.emulator.client("sqs"), self._stack.describe()["queue"]
        attributes = {"VisibilityTimeout": str(self._level.acceleration.visibility)}
        await asyncio.to_thread(queues.set_queue_attributes, QueueUrl=url, Attributes=attributes)

    async def _work(self) -> Counter[tuple[str, int]]:
        """Run the operations, with the outage if any, and return the answers to requests sent during it."""
        level, clients, outage = self._level, self._clients, self._wiring.outage
        if level.outage is None:
            await clients.work(self._with_progress(level.operations), level.concurrency)
            return Counter()
        afterwards = level.operations // AFTER_FRACTION
        waiting = self._with_progress(ENDLESS)
        await clients.work(islice(waiting, level.operations - afterwards), level.concurrency)
        before = clients.tally.answers.copy()
        outage.begin(level.outage.service)
        end = time.monotonic() + level.outage.seconds
        await clients.work(takewhile(lambda _: time.monotonic() < end, waiting), level.concurrency, OUTAGE_PAUSE)
        outage.end()
        during = clients.tally.answers - before
        await clients.work(islice(waiting, afterwards), level.concurrency)
        return during

    def _with_progress(self, number: int) -> Iterator[Operation]:
        level = self._level
        for done, operation in enumerate(operations(number, level.keys, level.seed), start=1):
            if done % 100 == 0:
                self._report_progress(f"{done:,} operations")
            yield operation

    def _report_progress(self, what: str) -> None:
        print(f"\r{time.monotonic() - self._started:5.0f} s: {what:<70}", end="", file=sys.stderr, flush=True)
