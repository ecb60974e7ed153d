"""Everything that may happen to the service, one thing at a time; what can't happen right now does nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from model.invariants import broken, stale_while_idle
from model.loading import DESTINATION, SOURCE, TRANSFORMS, WATERMARK
from model.simulation import Simulation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from model.scheduler import Outcome
    from model.simulation import Job

Chosen = TypeVar("Chosen")

AT_WORK = 4
"""Tasks at work at once."""


def choose(options: Sequence[Chosen], which: int) -> Chosen:
    return options[which % len(options)]


class Service:
    """The service, its users and its bad days. `which` chooses among whatever there is."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.simulation = Simulation()

    def begin(self, before: str) -> None:
        """Start with "nothing", "an original" of A, "a watermark" too, or "all" that can be made and cached of both."""
        simulation = self.simulation
        if before != "nothing":
            simulation.upload("a", b"A", "image/png")
            if before != "an original":
                simulation.upload(WATERMARK, b"A", "image/png")
            simulation.come_to_rest()
        if before == "all":
            for transform in TRANSFORMS:
                simulation.view_made(transform, "a").work()
                simulation.view(f"{transform}/a").work()

    def deliver_privately(self) -> None:
        self.simulation.deliver_privately()

    # People.

    def upload(self, key: str, content: bytes, content_type: str, cache_control: str = "") -> None:
        self.simulation.upload(key, content, content_type, cache_control)

    def delete(self, key: str) -> None:
        self.simulation.delete(key)

    def remove_latest_version(self, key: str) -> None:
        if (SOURCE, key) in self.simulation.s3.versions:
            self.simulation.remove_latest_version(key)

    def view(self, which: int, *, whole: bool) -> None:
        """Ask for something stored; `whole` until it is cached."""
        keys = self.simulation.s3.keys(DESTINATION)
        if keys and self._has_room():
            self._begin(self.simulation.view(choose(keys, which)), whole=whole)

    def view_made(self, transform: str, key: str, *, whole: bool) -> None:
        if self._has_room():
            self._begin(self.simulation.view_made(transform, key), whole=whole)

    def pass_on(self, which: int) -> None:
        """Let a point of presence fetch from a regional cache; two levels at most."""
        answers = [answer for answer in self.simulation.edge.alive() if not answer.hops]
        if answers and self._has_room():
            self.simulation.start(self.simulation.pass_on(choose(answers, which)))

    # The machinery.

    def deliver(self, which: int, more: int, *, whole: bool) -> None:
        numbers = [message.number for message in self.simulation.queue.visible()]
        if numbers and self._has_room():
            first = which % len(numbers)
            self._begin(self.simulation.deliver(numbers[first : first + 1 + more]), whole=whole)

    def duplicate(self, which: int) -> None:
        messages = list(self.simulation.queue.messages.values())
        if messages:
            message = choose(messages, which)
            if message.received or message.visible <= self.simulation.clock:
                self.simulation.queue.add(message.body)

    def tick(self) -> None:
        self.simulation.queue.tick()

    def lose(self, which: int) -> None:
        messages = [message for message in self.simulation.queue.messages.values() if "Reconcile" not in message.body]
        if messages:
            self.simulation.faults += 1
            self.simulation.lose(choose(messages, which).number)

    def pass_time(self, seconds: int) -> None:
        self.simulation.pass_time(seconds)

    def expire(self) -> None:
        self.simulation.expire()

    def happen_late(self) -> None:
        self.simulation.scheduler.settle_late_calls()

    # What is at work.

    def step(self, which: int, calls: int) -> None:
        runnable = self.simulation.scheduler.runnable()
        if runnable:
            task = choose(runnable, which)
            for _ in range(calls):
                if task.can_run:
                    task.step()

    def finish(self, which: int) -> None:
        runnable = self.simulation.scheduler.runnable()
        if runnable:
            task = choose(runnable, which)
            self.simulation.finish(task.parent or task)

    def disturb(self, which: int, outcome: Outcome) -> None:
        runnable = self.simulation.scheduler.runnable()
        if runnable:
            self.simulation.faults += 1
            choose(runnable, which).step(outcome)

    def _has_room(self) -> bool:
        return len(self.simulation.scheduler.runnable()) < AT_WORK

    def _begin(self, job: Job, *, whole: bool) -> None:
        if whole:
            job.work()
        else:
            self.simulation.start(job)

    # What must hold.

    def check_meanwhile(self) -> None:
        problems = stale_while_idle(self.simulation)
        assert not problems, problems

    def check_at_rest(self) -> None:
        self.simulation.come_to_rest()
        if self.simulation.lost:
            self.simulation.repair()
        problems = broken(self.simulation)
        assert not problems, problems

    def close(self) -> None:
        self.simulation.close()
