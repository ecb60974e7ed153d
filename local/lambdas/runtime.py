"""Lambda's scheduler for one machine: a bounded pool of worker processes per function."""

from __future__ import annotations

import asyncio
import contextlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from local.lambdas.function import (
    REQUEST_LIMIT,
    Answer,
    Credentials,
    Function,
    Host,
    Invocation,
    Report,
    build_environment,
    fail,
)
from local.lambdas.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from local.lambdas.worker import Log

QUEUE_LIMIT = 1000
"""Invocations that may wait for a worker. Lambda does not queue: it throttles at the concurrency limit."""


class EventTooLargeError(Exception):
    """The event is larger than Lambda accepts (413)."""


class ThrottledError(Exception):
    """The function's reserved concurrency or the pool's queue is exhausted (429)."""


@dataclass(frozen=True, slots=True)
class PoolSize:
    """Worker processes of one function: `initial` are started at once, more on demand up to `cap`.

    After `lifetime` seconds a worker ends between two events, before its role's credentials expire (12 h).
    """

    initial: int = 2
    cap: int = 4
    lifetime: float = 11 * 3600


class FunctionPool:
    """The workers of one function, and the invocations that wait for a worker."""

    def __init__(
        self, function: Function, host: Host, assume: Callable[[str], Awaitable[Credentials]], log: Log
    ) -> None:
        """Prepare a pool; `assume` returns credentials of the function's role for each worker."""
        self.function = function
        self.size = PoolSize()
        self._host = host
        self._assume = assume
        self._log = log
        self._waiting: asyncio.Queue[Invocation] = asyncio.Queue(QUEUE_LIMIT)
        self._workers: dict[Worker, asyncio.Task[None]] = {}
        self._pending = 0
        self._stopping = False

    @property
    def worker_count(self) -> int:
        """The number of processes, including those that are starting."""
        return len(self._workers)

    @property
    def processes(self) -> list[int]:
        """The ids of the processes."""
        return [worker.process for worker in self._workers if worker.process]

    async def start(self, size: PoolSize | None = None) -> None:
        """Start the first workers, and wait until each has imported its handler or failed."""
        self.size = size or self.size
        for _ in range(self.size.initial):
            self._spawn()
        await asyncio.gather(*[_wait_until_ready(worker, task) for worker, task in self._workers.items()])

    async def invoke(self, event: bytes) -> Answer:
        """Run the handler on an event as soon as a worker is free.

        There is an answer even if the worker dies. Raises EventTooLargeError and ThrottledError.
        """
        if len(event) > REQUEST_LIMIT:
            raise EventTooLargeError(f"{len(event)} bytes exceed {REQUEST_LIMIT}")
        if self._stopping or self._waiting.full() or self._pending == self.function.reserved:
            raise ThrottledError(f"{self._pending} invocations of {self.function.name} are pending already")
        loop = asyncio.get_running_loop()
        invocation = Invocation(event, loop.create_future(), loop.create_future())
        self._pending += 1
        invocation.report.add_done_callback(self._note_end)
        self._waiting.put_nowait(invocation)
        self._grow()
        try:
            return await invocation.answer
        finally:
            if not self._is_handled(invocation):  # no process has it
                invocation.report.cancel()

    def _note_end(self, _report: asyncio.Future[Report]) -> None:
        self._pending -= 1

    def _is_handled(self, invocation: Invocation) -> bool:
        return any(worker.current is invocation for worker in self._workers)

    def worker_at(self, event: bytes) -> Worker | None:
        """Return the worker that handles an event (the object passed to `invoke`), or None."""
        return next((worker for worker in self._workers if worker.current and worker.current.event is event), None)

    async def stop(self) -> None:
        """Kill every worker, and wait until all processes have ended."""
        self._stopping = True
        tasks = list(self._workers.values())
        for worker in self._workers:
            worker.kill()
        await asyncio.gather(*tasks)
        while not self._waiting.empty():
            self._waiting.get_nowait().resolve(fail("Runtime.Stopped", "the pool was stopped"))

    def _grow(self) -> None:
        free = sum(worker.free for worker in self._workers)
        if not self._stopping and self._waiting.qsize() > free and len(self._workers) < self.size.cap:
            self._spawn()

    def _spawn(self) -> None:
        worker = Worker(self.function, self._take, self._log)
        self._workers[worker] = asyncio.create_task(self._run_worker(worker))

    async def _run_worker(self, worker: Worker) -> None:
        retirement = asyncio.get_running_loop().call_later(self.size.lifetime, worker.retire)
        try:
            credentials = await self._assume(self.function.role)
            address = await worker.listen()
            await worker.run(self._host.python, build_environment(self.function, self._host, credentials, address))
        except Exception as error:  # noqa: BLE001 - any failure to start becomes the invocation's error
            worker.failure = fail("Runtime.StartError", f"{type(error).__name__}: {error}")
            self._log(self.function, json.dumps({"level": "ERROR", "message": worker.failure.payload.decode()}))
        finally:
            retirement.cancel()
            del self._workers[worker]
            if not worker.ready.is_set() and not self._waiting.empty():  # an invocation may wait for this worker
                failure = worker.failure or fail("Runtime.ExitError", "the process ended while it started")
                self._waiting.get_nowait().resolve(failure)
            self._grow()

    async def _take(self) -> Invocation:
        while True:
            invocation = await self._waiting.get()
            if not invocation.answer.done():  # else its caller has given up
                return invocation


async def _wait_until_ready(worker: Worker, task: asyncio.Task[None]) -> None:
    ready = asyncio.create_task(worker.ready.wait())
    await asyncio.wait([ready, task], return_when=asyncio.FIRST_COMPLETED)
    ready.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await ready
