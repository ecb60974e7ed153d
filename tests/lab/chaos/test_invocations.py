"""Processes are killed during an event; other failures are told apart from these."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

from lab.chaos.invocations import TIMED_OUT, Invocations
from lab.chaos.slowness import TOO_SLOW, Slowness
from local.lambdas.function import Answer, Report


@dataclass
class Worker:
    """A process that is at an event until it is over, or it is killed."""

    over: asyncio.Event = field(default_factory=asyncio.Event)
    killed: bool = False

    def kill(self) -> None:
        self.killed = True
        self.over.set()


@dataclass
class Pool:
    """One worker for each event, which takes it a moment later."""

    seconds: float
    error: str = ""
    workers: dict[int, Worker] = field(default_factory=dict)
    function: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(tag="copy"))

    def worker_at(self, event: bytes) -> Worker | None:
        return self.workers.get(id(event))

    async def invoke(self, event: bytes) -> Answer:
        await asyncio.sleep(0.02)
        worker = self.workers[id(event)] = Worker()
        asyncio.get_running_loop().call_later(self.seconds, worker.over.set)
        await worker.over.wait()
        del self.workers[id(event)]
        return Answer(b"", "Runtime.ExitError" if worker.killed else self.error, 1000 * self.seconds)


async def run(invocations: Invocations, pool: Pool, times: int = 20) -> None:
    way = invocations.wrap(pool, pool.invoke)  # type: ignore[arg-type]
    await asyncio.gather(*[way(b"%d" % number) for number in range(1000, 1000 + times)])


async def test_an_event_that_lasts_loses_its_process() -> None:
    invocations = Invocations(1, "seed", Slowness())
    invocations.active = True
    await run(invocations, Pool(60))
    assert invocations.killed == {"copy": 20}
    assert invocations.errors == {}
    assert invocations.times == {"copy": 20}


async def test_a_share_is_killed_and_none_before_it_is_switched_on() -> None:
    invocations = Invocations(0.5, "seed", Slowness())
    await run(invocations, Pool(0.01))
    assert invocations.killed.total() == 0
    invocations.active = True
    await run(invocations, Pool(0.5), 100)
    assert 20 < invocations.killed["copy"] < 80


async def test_a_process_is_not_killed_after_its_event_ended() -> None:
    invocations = Invocations(1, "seed", Slowness())
    invocations.active = True
    await run(invocations, Pool(0))
    assert invocations.killed["copy"] < 20
    assert invocations.errors == {}


async def test_an_invocation_that_fails_by_itself_is_counted_by_its_error() -> None:
    invocations = Invocations(0, "seed", Slowness())
    invocations.active = True
    await run(invocations, Pool(0.01, TIMED_OUT))
    assert invocations.errors == {TIMED_OUT: 20}
    assert invocations.longest == {"copy": 0.01}
    assert invocations.slow_timeouts == 0


async def test_a_timeout_on_a_slow_machine_is_not_an_error() -> None:
    slowness = Slowness()
    slowness.add(0, TOO_SLOW)
    invocations = Invocations(0, "seed", slowness)
    await run(invocations, Pool(0.01, TIMED_OUT))
    await run(invocations, Pool(0.01, "Runtime.ExitError"), 1)
    assert invocations.slow_timeouts == 20
    assert invocations.errors == {"Runtime.ExitError": 1}


async def test_a_kill_does_not_wait_for_a_process_that_never_started() -> None:
    invocations, pool = Invocations(1, "seed", Slowness()), Pool(60)
    invocations.active = True
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(invocations.wrap(pool, pool.invoke)(b"0.001"), 0.001)  # type: ignore[arg-type]
    await asyncio.sleep(0.01)
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_an_event_that_no_process_took_in_time_is_counted() -> None:
    invocations, pool = Invocations(0, "seed", Slowness()), Pool(60)
    way = invocations.wrap(pool, pool.invoke)  # type: ignore[arg-type]
    for patience in (0.001, 0.3):  # before and after a worker has it
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(way(b"%f" % patience), patience)
    assert invocations.abandoned == {"copy": 1}


async def test_a_process_may_be_killed_after_its_answer_while_an_extension_works() -> None:
    report: asyncio.Future[Report] = asyncio.get_running_loop().create_future()

    class Answering(Pool):
        async def invoke(self, event: bytes) -> Answer:
            worker = self.workers[id(event)] = Worker()
            worker.kill = lambda: report.set_result(Report(9000, 8000, "Runtime.ExitError"))  # type: ignore[method-assign]
            return Answer(b"", milliseconds=1000, report=report)

    invocations, pool = Invocations(1, "seed", Slowness()), Answering(0)
    invocations.active = True
    await invocations.wrap(pool, pool.invoke)(b"1000")  # type: ignore[arg-type]
    assert invocations.times == {}
    await report
    await asyncio.sleep(0)
    assert invocations.killed == {"copy": 1}
    assert invocations.errors == {}
    assert invocations.longest == {"copy": 9}
