"""One run: a stack of its own, operations while a share of everything fails, then quiet, repair, and the verdict."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import aiohttp

from chaos.clients import PATIENCE, Clients
from chaos.operations import operations
from chaos.verdict import Verdict
from chaos.wiring import FaultyWiring, Pace
from local.emulator import ROOT
from local.runtime import PoolSize
from local.stack import Stack, StackOptions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chaos.faults import Fault
    from chaos.operations import Operation

PARAMETERS: Final = {
    "LogLevel": "WARNING",
    # What a deployed stack would refuse is asked for too.
    "ApiRateLimit": "10000",
    "ApiBurstLimit": "5000",
}
LONGEST_WAIT: Final = 1200.0
"""Seconds until the queue must be empty."""
MISSING_KEPT: Final = 10
"""Seconds for which an edge keeps a 404: template.yaml, `ErrorCachingMinTTL`."""
QUIET: Final = 3
"""So many times in a row nothing is under way, before it is believed: counts of a queue are approximate."""


class Restless(Exception):
    """The queue was not empty in time."""


@dataclass(frozen=True, slots=True)
class Level:
    """How much is done, and which share of it fails (0 to 1)."""

    share: float
    operations: int
    keys: int = 100
    seed: int = 1
    at_once: int = 16
    workers: int = 8
    pace: Pace = field(default_factory=lambda: Pace(hurry=4, settle=60, visibility=120))


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
    longest: dict[str, float]
    requests: int
    failed: Counter[tuple[str, int]]
    dead_letters: int
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
    async with Stack(options) as stack, aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        return await _Run(level, wiring, stack, Clients(stack, session, level.keys)).run()


class _Run:
    def __init__(self, level: Level, wiring: FaultyWiring, stack: Stack, clients: Clients) -> None:
        self._level = level
        self._wiring = wiring
        self._stack = stack
        self._clients = clients
        self._queues = stack.emulator.client("sqs")
        self._started = time.monotonic()

    async def run(self) -> Result:
        names, level = self._stack.describe(), self._level
        visibility = {"VisibilityTimeout": str(level.pace.visibility)}
        await asyncio.to_thread(self._queues.set_queue_attributes, QueueUrl=names["queue"], Attributes=visibility)
        self._wiring.active = True
        started = time.monotonic()
        await self._clients.work(self._announced(), level.at_once)
        worked = time.monotonic()
        await self._wait_until_quiet()
        settled = time.monotonic()
        self._wiring.active = False
        tally = self._clients.tally
        requests, failed = tally.requests, Counter(tally.failed)
        dead_letters = await self._redrive()
        await asyncio.sleep(MISSING_KEPT)
        verdict = Verdict(self._stack, self._clients)
        self._tell("looking at everything that is stored, and was ever asked for")
        await verdict.look()
        self._tell("reconciling")
        status, reconciled = await self._repair("reconcile")
        faults: Counter[Fault] = sum((each.counts for each in self._wiring.faults.values()), Counter())
        return Result(
            level=level,
            calls=sum(each.calls for each in self._wiring.faults.values()),
            faults=faults,
            repeated=sum(each.repeated for each in self._wiring.deliveries),
            delayed=sum(each.delayed for each in self._wiring.deliveries),
            killed=self._wiring.invocations.killed,
            invocations=self._wiring.invocations.times,
            errors=self._wiring.invocations.errors,
            longest=dict(self._wiring.invocations.longest),
            requests=requests,
            failed=failed,
            dead_letters=dead_letters,
            lost=verdict.lost,
            stale=verdict.stale,
            findings=tally.findings,
            oldest=tally.oldest,
            worked=worked - started,
            settled=settled - worked,
            stored=verdict.stored,
            asked=verdict.asked,
            reconciled="" if status == 0 else reconciled,
        )

    def _announced(self) -> Iterator[Operation]:
        level = self._level
        for number, operation in enumerate(operations(level.operations, level.keys, level.seed), start=1):
            if number % 100 == 0:
                self._tell(f"{number:,} of {level.operations:,} operations")
            yield operation

    async def _wait_until_quiet(self) -> None:
        end = time.monotonic() + LONGEST_WAIT
        quiet = 0
        while quiet < QUIET:
            if time.monotonic() > end:
                raise Restless(f"the queue was not empty after {LONGEST_WAIT:.0f} s")
            waiting = await asyncio.to_thread(self._count, self._stack.describe()["queue"])
            quiet = 0 if waiting or self._wiring.pending else quiet + 1
            self._tell(f"{waiting} messages are in the queue, {self._wiring.pending} effects are to come")
            await asyncio.sleep(0.5)

    def _tell(self, what: str) -> None:
        print(f"\r{time.monotonic() - self._started:5.0f} s: {what:<70}", end="", file=sys.stderr, flush=True)

    def _count(self, queue: str) -> int:
        """Return how many messages a queue has: to be had, being handled, and delayed."""
        names = [f"ApproximateNumberOfMessages{kind}" for kind in ("", "NotVisible", "Delayed")]
        attributes = self._queues.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
        return sum(int(attributes[name]) for name in names)

    async def _redrive(self) -> int:
        """Do what an operator does with dead letters, and return how many there were."""
        number = await asyncio.to_thread(self._count, self._stack.describe()["dead_letters"])
        if number:
            await self._repair("redrive", "--apply")
            await self._wait_until_quiet()
        return number

    async def _repair(self, program: str, *arguments: str) -> tuple[int, str]:
        """Run a program of `repair/`, and return its exit status and what it said."""
        emulator = self._stack.emulator
        folders = os.pathsep.join(("functions", "functions/copy"))
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", f"repair.{program}", self._stack.options.name),
            *("--endpoint", emulator.url, *arguments),
            cwd=ROOT,
            env={"PYTHONPATH": folders, "AWS_REGION": emulator.region, "HOME": os.devnull},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate()
        return process.returncode or 0, said.decode()
