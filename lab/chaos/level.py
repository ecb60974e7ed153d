"""One run: a stack of its own, operations while things fail, then quiet, what an operator does, and the verdict."""

from __future__ import annotations

import asyncio
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import islice, takewhile
from typing import TYPE_CHECKING, Final

import aiohttp

from lab.chaos.clients import PATIENCE, Clients
from lab.chaos.operations import operations
from lab.chaos.recovery import Recovery
from lab.chaos.verdict import Verdict
from lab.chaos.wiring import FaultyWiring, Pace
from local.lambdas.runtime import PoolSize
from local.stack import Stack, StackOptions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab.chaos.faults import Fault
    from lab.chaos.operations import Operation
    from lab.chaos.outage import Service

PARAMETERS: Final = {
    "LogLevel": "WARNING",
    # What a deployed stack would refuse is asked for too.
    "ApiRateLimit": "10000",
    "ApiBurstLimit": "5000",
}
MISSING_KEPT: Final = 10
"""Seconds for which an edge keeps a 404: template.yaml, `ErrorCachingMinTTL`."""
THINK: Final = 0.5
"""Seconds between two operations of a client during an outage, which lasts for a time and not for a number of them."""
AFTERWARDS: Final = 10
"""One in so many operations comes after the outage: few, since a change mends what a lost letter was about."""
ENDLESS: Final = 1_000_000
"""Operations, more than any outage lasts."""


@dataclass(frozen=True, slots=True)
class Out:
    """An outage of so many seconds; it ends when whoever asked during it has an answer."""

    service: Service
    seconds: float


@dataclass(frozen=True, slots=True)
class Level:
    """How much is done, which share of it fails (0 to 1), and what is out when most of it was done."""

    share: float
    operations: int
    keys: int = 100
    seed: int = 1
    at_once: int = 16
    workers: int = 8
    pace: Pace = field(default_factory=lambda: Pace(hurry=4, settle=60, visibility=120))
    out: Out | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What a level came to; times in seconds."""

    level: Level
    calls: int
    faults: Counter[Fault]
    repeated: int
    delayed: int
    killed: Counter[str]
    invocations: Counter[str]
    errors: Counter[str]
    outrun: int
    unserved: Counter[str]
    longest: dict[str, float]
    slowness: float
    answers: Counter[tuple[str, int]]
    during: Counter[tuple[str, int]]
    """Those of the answers that were asked for during the outage."""
    given_up: int
    dead_letters: int
    differed: str
    """What `make reconcile` found after an outage, when the dead letters had been put back."""
    lost: list[str]
    stale: list[str]
    findings: list[str]
    oldest: float
    worked: float
    settled: float
    stored: int
    asked: int
    reconciled: str


async def run_level(level: Level) -> Result:
    """Run a level. Raises `Restless` where its queue does not come to rest."""
    wiring = FaultyWiring(level.share, level.seed, level.pace)
    options = StackOptions(parameters=PARAMETERS, pool=PoolSize(level.workers, level.workers), wiring=wiring)
    connector = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(total=PATIENCE)
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
        self._recovery = Recovery(stack, lambda: wiring.pending, self._tell)

    async def run(self) -> Result:
        level, wiring, recovery, tally = self._level, self._wiring, self._recovery, self._clients.tally
        await self._set_visibility()
        wiring.active = True
        started = time.monotonic()
        during = await self._work()
        worked = time.monotonic()
        # After an outage nobody waits: newer changes of the same keys are under way while old ones come back.
        dead_letters = await recovery.redrive() if level.out else 0
        await recovery.wait_until_quiet()
        settled = time.monotonic()
        wiring.active = False
        answers = tally.answers.copy()
        dead_letters += await recovery.redrive()
        await recovery.look_for_dead_letters()
        differed = await recovery.reconcile() if level.out else ""
        if differed:
            await recovery.reconcile(apply=True)
        await asyncio.sleep(max(0.0, worked + MISSING_KEPT - time.monotonic()))
        verdict = Verdict(self._stack, self._clients)
        self._tell("looking at everything that is stored, and was ever asked for")
        await verdict.look()
        reconciled = await recovery.reconcile()
        return Result(
            level=level,
            calls=sum(each.calls for each in wiring.faults.values()),
            faults=sum((each.counts for each in wiring.faults.values()), Counter()),
            repeated=sum(each.repeated for each in wiring.deliveries),
            delayed=sum(each.delayed for each in wiring.deliveries),
            killed=wiring.invocations.killed,
            invocations=wiring.invocations.times,
            errors=wiring.invocations.errors,
            outrun=wiring.invocations.outrun,
            unserved=wiring.invocations.unserved,
            longest=dict(wiring.invocations.longest),
            slowness=wiring.slowness.usual,
            answers=answers,
            during=during,
            given_up=sum(each.given_up for each in wiring.deliveries),
            dead_letters=dead_letters,
            differed=differed,
            lost=verdict.lost,
            stale=verdict.stale,
            findings=[*tally.findings, *recovery.findings],
            oldest=tally.oldest,
            worked=worked - started,
            settled=settled - worked,
            stored=verdict.stored,
            asked=verdict.asked,
            reconciled=reconciled,
        )

    async def _set_visibility(self) -> None:
        queues, url = self._stack.emulator.client("sqs"), self._stack.describe()["queue"]
        attributes = {"VisibilityTimeout": str(self._level.pace.visibility)}
        await asyncio.to_thread(queues.set_queue_attributes, QueueUrl=url, Attributes=attributes)

    async def _work(self) -> Counter[tuple[str, int]]:
        """Do the operations, with the outage in their middle, and return the answers that were asked for during it."""
        level, clients, outage = self._level, self._clients, self._wiring.outage
        if level.out is None:
            await clients.work(self._announced(level.operations), level.at_once)
            return Counter()
        afterwards = level.operations // AFTERWARDS
        waiting = self._announced(ENDLESS)
        await clients.work(islice(waiting, level.operations - afterwards), level.at_once)
        before = clients.tally.answers.copy()
        outage.begin(level.out.service)
        end = time.monotonic() + level.out.seconds
        await clients.work(takewhile(lambda _: time.monotonic() < end, waiting), level.at_once, THINK)
        outage.end()
        during = clients.tally.answers - before
        await clients.work(islice(waiting, afterwards), level.at_once)
        return during

    def _announced(self, number: int) -> Iterator[Operation]:
        level = self._level
        for done, operation in enumerate(operations(number, level.keys, level.seed), start=1):
            if done % 100 == 0:
                self._tell(f"{done:,} operations")
            yield operation

    def _tell(self, what: str) -> None:
        print(f"\r{time.monotonic() - self._started:5.0f} s: {what:<70}", end="", file=sys.stderr, flush=True)
