"""The functions' invocations: some of their processes are killed in the middle, and what became of each is counted."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Final

from lab.chaos.slowness import TOO_SLOW

if TYPE_CHECKING:
    from lab.chaos.slowness import Slowness
    from local.lambdas.function import Answer
    from local.lambdas.runtime import FunctionPool
    from local.wiring import Invoke

LOOK: Final = 0.01
"""Seconds between two looks at whether a worker has taken an event."""
EXPECTED_SECONDS: Final = 0.3
"""How long an invocation is taken to last before there was any."""
TIMED_OUT: Final = "Sandbox.Timedout"


class Invocations:
    """Ways to functions on which `share` (0 to 1) of the events lose their process."""

    def __init__(self, share: float, seed: str, slowness: Slowness) -> None:
        """Prepare; while not `active`, none is killed."""
        self.active = False
        self.killed: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()
        """Errors of invocations that were not killed, by Lambda's name for them."""
        self.outrun = 0
        """Time-outs on a machine that was too slow for them to mean anything."""
        self.unserved: Counter[str] = Counter()
        """Events whose sender gave up before any process was free, by the function's folder."""
        self.longest: defaultdict[str, float] = defaultdict(float)
        """Seconds of the longest invocation, by the function's folder."""
        self.times: Counter[str] = Counter()
        self._share = share
        self._random = random.Random(seed)  # noqa: S311 - reproducible, guards nothing
        self._slowness = slowness
        self._usual: dict[str, float] = {}

    def way_to(self, pool: FunctionPool, invoke: Invoke) -> Invoke:
        """Return a way of events to a function; `invoke` is the one without kills."""

        async def invoke_or_kill(event: bytes) -> Answer:
            doomed = self.active and self._random.random() < self._share
            killer = asyncio.create_task(self._kill(pool, event)) if doomed else None
            try:
                answer = await invoke(event)
            except asyncio.CancelledError:
                if pool.worker_at(event) is None:
                    self.unserved[pool.function.tag] += 1
                    if killer is not None:
                        killer.cancel()  # there will be nobody to kill
                raise
            if killer is not None and not killer.done():
                killer.cancel()  # it was over before
            self._note(pool.function.tag, answer, killed=killer is not None and killer.done())
            return answer

        return invoke_or_kill

    async def _kill(self, pool: FunctionPool, event: bytes) -> None:
        """Kill the process that handles an event, at a random moment of its usual time. Cancelled when it is over."""
        name = pool.function.tag
        while (worker := pool.worker_at(event)) is None:  # noqa: ASYNC110 - the pool announces nothing
            await asyncio.sleep(LOOK)
        await asyncio.sleep(self._random.random() * self._usual.get(name, EXPECTED_SECONDS))
        if worker is pool.worker_at(event):
            worker.kill()
            self.killed[name] += 1

    def _note(self, name: str, answer: Answer, *, killed: bool) -> None:
        seconds = answer.milliseconds / 1000
        self.times[name] += 1
        self.longest[name] = max(self.longest[name], seconds)
        if answer.error == TIMED_OUT and self._slowness.since(time.monotonic() - seconds) >= TOO_SLOW:
            self.outrun += 1
        elif answer.error and not killed:
            self.errors[answer.error] += 1
        elif not killed:
            self._usual[name] = 0.8 * self._usual.get(name, seconds) + 0.2 * seconds
