"""A deterministic scheduler: a task stops before every call it makes, and what happens next is the test's choice.

Tasks are threads of which one runs at a time, so that the code under test is what is deployed, line for line.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import ReadTimeoutError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Result = TypeVar("Result")


class Crash(BaseException):
    """The process of a task has died; nothing catches this, like SIGKILL."""


class Outcome(Enum):
    """The outcome of a task's next call."""

    DONE = "done"
    REFUSED = "an error, and nothing was done"
    UNANSWERED = "it was done, but the caller gets a time-out"
    REPEATED = "it was done, the answer was lost, and botocore tried again"
    LATE = "a time-out, and the call is done a while later"
    CRASH = "the process dies before it"
    CRASH_AFTER = "the process dies after it"


def _closed_gate() -> threading.Lock:
    gate = threading.Lock()
    gate.acquire()
    return gate


class Task:
    """One process at work: an invocation of a function, or an edge that fetches."""

    def __init__(self, name: str, deadline: float, work: Callable[[], object], parent: Task | None = None) -> None:
        """Make a task that ends, or is killed, at `deadline`; it starts with the scheduler's first step."""
        self.name = name
        self.parent = parent
        self.deadline = deadline
        self.disturbed = False
        self.result: object = None
        self.error: BaseException | None = None
        self.ended = False
        self.children: list[Task] = []
        self.waiting_for = ""
        self._outcome = Outcome.DONE
        self._turn = _closed_gate()
        self._back = _closed_gate()
        self._work = work
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        self._turn.acquire()
        _current.task = self
        try:
            self._stop_if_dead()
            self.result = self._work()
        except BaseException as error:  # noqa: BLE001 (the scheduler hands it on)
            self.error = error
        self.ended = True
        self._back.release()

    def _stop_if_dead(self) -> None:
        if self._outcome is Outcome.CRASH:
            raise Crash

    def park(self, name: str) -> Outcome:
        """Stop until the scheduler decides the outcome of the call `name`. Called by the task's own thread."""
        self._stop_if_dead()
        self.waiting_for = name
        self._back.release()
        self._turn.acquire()
        self._stop_if_dead()
        return self._outcome

    def step(self, outcome: Outcome = Outcome.DONE) -> None:
        """Let the next call happen, and run up to the one after it."""
        if outcome is not Outcome.DONE:
            (self.parent or self).disturbed = True
        if outcome is Outcome.CRASH:
            self.kill()
            return
        self._outcome = outcome
        self._turn.release()
        self._back.acquire()
        if isinstance(self.error, Crash):
            self.kill()

    def kill(self) -> None:
        """End the process, and with it what it does side by side."""
        self.disturbed = True
        for child in self.children:
            child.kill()
        while not self.ended:
            self._outcome = Outcome.CRASH
            self._turn.release()
            self._back.acquire()

    @property
    def can_run(self) -> bool:
        """Whether the next step is this task's own: it waits for no child."""
        return not self.ended and all(child.ended for child in self.children)

    @property
    def parts(self) -> list[Task]:
        """What may take the next step: the task, or in its place its children that have not ended."""
        return [self] if self.can_run else [child for child in self.children if not child.ended]


class _Current(threading.local):
    task: Task | None = None


_current = _Current()


class Scheduler:
    """Holds the tasks at work, and the calls that take effect late."""

    def __init__(self) -> None:
        """Start with nothing at work."""
        self.tasks: list[Task] = []
        self.late: list[Callable[[], object]] = []

    def start(self, name: str, deadline: float, work: Callable[[], object]) -> Task:
        """Begin a task, which stops before its first call."""
        task = Task(name, deadline, work)
        task.step()
        self.tasks.append(task)
        return task

    def current(self) -> Task | None:
        """Return the task whose thread this is; none in the test's own, where calls are done at once."""
        return _current.task

    def call(self, name: str, effect: Callable[[], Result]) -> Result:
        """Make a call: in a task with the outcome that the scheduler decides, elsewhere at once."""
        task = _current.task
        if task is None:
            return effect()
        outcome = task.park(name)
        if outcome is Outcome.REFUSED:
            raise ReadTimeoutError(endpoint_url=name)
        if outcome is Outcome.LATE:
            self.late.append(effect)
            raise ReadTimeoutError(endpoint_url=name)
        if outcome is Outcome.REPEATED:
            with suppress(Exception):
                effect()
        result = effect()
        if outcome is Outcome.CRASH_AFTER:
            raise Crash
        if outcome is Outcome.UNANSWERED:
            raise ReadTimeoutError(endpoint_url=name)
        return result

    def pause(self) -> None:
        """Pause a task. Nothing can fail meanwhile, but the process can die."""
        if task := _current.task:
            task.park("pause")

    def side_by_side(self, function: Callable[[Any], Result], arguments: Iterable[Any]) -> list[Result]:
        """Replace `ThreadPoolExecutor.map`: each call is a task of its own; outside of tasks one after the other."""
        parent = _current.task
        if parent is None:
            return [function(argument) for argument in arguments]
        children = [self._child(parent, function, argument) for argument in arguments]
        parent.children = [child for child in children if not child.ended]
        if parent.children:
            parent.park("side by side")
        parent.children = []
        for child in children:
            if child.error:
                raise child.error
        return [child.result for child in children]  # type: ignore[misc]

    def _child(self, parent: Task, function: Callable[[Any], Result], argument: Any) -> Task:
        child = Task(parent.name, parent.deadline, lambda: function(argument), parent)
        child.step()
        return child

    def runnable(self) -> list[Task]:
        """Return the tasks that may take the next step, children in the place of their parents."""
        self.tasks = [task for task in self.tasks if not task.ended]
        found: list[Task] = []
        for task in self.tasks:
            found.extend(task.parts)
        return found

    def settle_late_calls(self) -> None:
        """Let the calls happen that were given up."""
        late, self.late = self.late, []
        for effect in late:
            with suppress(Exception):
                effect()

    def kill_all(self) -> None:
        """End every task."""
        for task in self.tasks:
            task.kill()
