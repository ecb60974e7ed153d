"""Invocations of the functions: kills some of their processes, and counts the results."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Final

from lab.chaos.slowness import TOO_SLOW
from local.lambdas.function import Report

if TYPE_CHECKING:
    from lab.chaos.slowness import Slowness
    from local.lambdas.function import Answer
    from local.lambdas.runtime import FunctionPool
    from local.wiring import Invoke

POLL_SECONDS: Final = 0.01
"""Seconds between two checks whether a worker has taken an event."""
EXPECTED_SECONDS: Final = 0.3
"""Assumed duration of a function's first invocation."""
TIMED_OUT: Final = "Sandbox.Timedout"


class Invocations:
    """Kills the process of `share` (0 to 1) of the events."""

    def __init__(self, share: float, seed: str, slowness: Slowness) -> None:
        """Kill nothing until `active` is set."""
        self.active = False
        self.killed: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()
        """Errors of invocations that were not killed, by Lambda's error type."""
        self.slow_timeouts = 0
        """Timeouts while the machine was too slow to blame the function."""
        self.abandoned: Counter[str] = Counter()
        """Events whose sender gave up before a process was free, by function."""
        self.longest: defaultdict[str, float] = defaultdict(float)
        """Duration of the longest invocation in seconds, by function."""
        self.times: Counter[str] = Counter()
        self._share = share
        self._random = random.Random(seed)  # noqa: S311 - reproducible, guards nothing
        self._slowness = slowness
        self._usual: dict[str, float] = {}

    def wrap(self, pool: FunctionPool, invoke: Invoke) -> Invoke:
        """Return `invoke` with kills."""

        async def invoke_or_kill(event: bytes) -> Answer:
            kill = self.active and self._random.random() < self._share
            killer = asyncio.create_task(self._kill(pool, event)) if kill else None
            try:
                answer = await invoke(event)
            except asyncio.CancelledError:
                if pool.worker_at(event) is None:
                    self.abandoned[pool.function.tag] += 1
                    if killer is not None:
                        killer.cancel()  # no process has the event
                raise

            def conclude(report: Report) -> None:
                if killer is not None and not killer.done():
                    killer.cancel()  # the invocation ended first
                self._note(pool.function.tag, report, killed=killer is not None and killer.done())

            if answer.report is None:
                conclude(Report(answer.milliseconds, 0, answer.error))
            else:
                answer.report.add_done_callback(lambda report: conclude(report.result()))
            return answer

        return invoke_or_kill

    async def _kill(self, pool: FunctionPool, event: bytes) -> None:
        """Kill the process that handles an event, within its usual duration; cancelled when the invocation ends.

        That may be after the answer, while an extension works.
        """
        name = pool.function.tag
        while (worker := pool.worker_at(event)) is None:  # noqa: ASYNC110 - the pool has no event for it
            await asyncio.sleep(POLL_SECONDS)
        await asyncio.sleep(self._random.random() * self._usual.get(name, EXPECTED_SECONDS))
        if worker is pool.worker_at(event):
            worker.kill()
            self.killed[name] += 1

    def _note(self, name: str, report: Report, *, killed: bool) -> None:
        seconds = report.milliseconds / 1000
        self.times[name] += 1
        self.longest[name] = max(self.longest[name], seconds)
        if report.error == TIMED_OUT and self._slowness.since(time.monotonic() - seconds) >= TOO_SLOW:
            self.slow_timeouts += 1
        elif report.error and not killed:
            self.errors[report.error] += 1
        elif not killed:
            self._usual[name] = 0.8 * self._usual.get(name, seconds) + 0.2 * seconds
