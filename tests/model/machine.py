"""Everything that may happen, one thing at a time, in any order."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from model.invariants import broken
from model.scheduler import Fate
from model.simulation import BLIND, DESTINATION, SOURCE, TRANSFORMS, Simulation

if TYPE_CHECKING:
    from collections.abc import Sequence

Chosen = TypeVar("Chosen")

KEY = st.sampled_from(["a", "a", "a", "a", "b"])
"""Mostly one key: that is where things meet."""
CONTENT = st.sampled_from([b"A", b"B", b"C"])
TYPE = st.sampled_from(["image/png", "image/png", "image/png", "text/plain"])
WHICH = st.integers(0, 11)
FATE = st.sampled_from([fate for fate in Fate if fate is not Fate.DONE])
SECONDS = st.sampled_from([1, 10, 29, 31, 61, 121, 121, 181, 600, 90_000])
AT_WORK = 4
"""Tasks at work at once."""


def choose(options: Sequence[Chosen], which: int) -> Chosen:
    return options[which % len(options)]


class Service(RuleBasedStateMachine):
    """The service, its users and its bad days."""

    def __init__(self) -> None:
        super().__init__()
        self.simulation = Simulation()

    @initialize(before=st.sampled_from(["nothing", "an original", "all"]))
    def begin(self, before: str) -> None:
        if before != "nothing":
            self.simulation.upload("a", b"A", "image/png")
            self.simulation.come_to_rest()
        if before == "all":
            for transform in TRANSFORMS:
                self.simulation.finish(self.simulation.view_made(transform, "a"))
                self.simulation.finish(self.simulation.view(f"{transform}/a"))

    # People.

    @rule(key=KEY, content=CONTENT, content_type=TYPE)
    def upload(self, key: str, content: bytes, content_type: str) -> None:
        self.simulation.upload(key, content, content_type)

    @rule(key=KEY)
    def delete(self, key: str) -> None:
        self.simulation.delete(key)

    @precondition(lambda self: self.simulation.s3.versions)
    @rule(key=KEY)
    def remove_latest_version(self, key: str) -> None:
        if (SOURCE, key) in self.simulation.s3.versions:
            self.simulation.remove_latest_version(key)

    # The machinery.

    @precondition(lambda self: self.simulation.queue.visible() and self.has_room())
    @rule(which=WHICH, more=st.integers(0, 2))
    def deliver(self, which: int, more: int) -> None:
        numbers = [message.number for message in self.simulation.queue.visible()]
        first = which % len(numbers)
        self.simulation.deliver(numbers[first : first + 1 + more])

    @precondition(lambda self: self.simulation.queue.messages)
    @rule(which=WHICH)
    def duplicate(self, which: int) -> None:
        message = choose(list(self.simulation.queue.messages.values()), which)
        if message.received or message.visible <= self.simulation.clock:
            self.simulation.queue.add(message.body)

    @precondition(lambda self: self.has_room() and self.simulation.s3.keys(DESTINATION))
    @rule(which=WHICH)
    def view(self, which: int) -> None:
        self.simulation.view(choose(self.simulation.s3.keys(DESTINATION), which))

    @precondition(lambda self: self.has_room())
    @rule(transform=st.sampled_from([TRANSFORMS[0], TRANSFORMS[0], BLIND]), key=KEY)
    def view_made(self, transform: str, key: str) -> None:
        self.simulation.view_made(transform, key)

    @precondition(lambda self: self.has_room() and self.simulation.edge.alive())
    @rule(which=WHICH)
    def pass_on(self, which: int) -> None:
        answer = choose(self.simulation.edge.alive(), which)
        if not answer.hops:
            self.simulation.pass_on(answer)

    @rule(seconds=SECONDS)
    def pass_time(self, seconds: int) -> None:
        self.simulation.pass_time(seconds)

    @rule()
    def expire(self) -> None:
        self.simulation.expire()

    # What is at work.

    def has_room(self) -> bool:
        return len(self.simulation.scheduler.tasks) < AT_WORK

    @precondition(lambda self: self.simulation.scheduler.runnable())
    @rule(which=WHICH, calls=st.integers(1, 6))
    def step(self, which: int, calls: int) -> None:
        task = choose(self.simulation.scheduler.runnable(), which)
        for _ in range(calls):
            if task.can_run:
                task.step()

    @precondition(lambda self: self.simulation.scheduler.runnable())
    @rule(which=WHICH, calls=st.integers(1, 3))
    def step_again(self, which: int, calls: int) -> None:
        self.step(which, calls)

    @precondition(lambda self: self.simulation.scheduler.runnable())
    @rule(which=WHICH)
    def finish(self, which: int) -> None:
        task = choose(self.simulation.scheduler.runnable(), which)
        self.simulation.finish(task.parent or task)

    @precondition(lambda self: self.simulation.scheduler.runnable())
    @rule(which=WHICH, fate=FATE)
    def disturb(self, which: int, fate: Fate) -> None:
        self.simulation.faults += 1
        choose(self.simulation.scheduler.runnable(), which).step(fate)

    @precondition(lambda self: self.simulation.scheduler.late)
    @rule()
    def happen_late(self) -> None:
        self.simulation.scheduler.settle_late_calls()

    def teardown(self) -> None:
        try:
            self.simulation.come_to_rest()
            problems = broken(self.simulation)
            assert not problems, problems
        finally:
            self.simulation.close()
