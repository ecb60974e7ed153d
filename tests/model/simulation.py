"""The whole service in memory: the functions' own code on fakes, under the scheduler, with a clock that the test moves."""

from __future__ import annotations

import base64
import os
import sys
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from imaging.encoder import Encoded
from model.fake_dynamodb import FakeDynamoDB
from model.fake_edge import Cached, FakeEdge
from model.fake_queue import FakeQueue
from model.fake_s3 import FakeS3
from model.scheduler import Scheduler, Task
from world import Context, environment, forget_clients, load_function

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from imaging.transform import Transform

SOURCE, DESTINATION = "source", "destination"
COPY_SECONDS = 180
RESIZE_SECONDS = 29
FETCH_SECONDS = 30
"""From an origin's answer to the cache: the origin's time-out."""
LATEST_SECONDS = 30
"""A call that was given up has happened by then, or never will."""
LIFETIME_DAYS = 1
DAY = 86_400_000
PASSES = 100
EDGE_TTL = 31_536_000
RESIZE_TTL = 60
BLIND = "1x1"
"""A transform of which all originals make the same bytes, so that derivatives of two originals have one ETag."""
TRANSFORMS = ("9x9", BLIND)


def encoded(data: bytes, transform: Transform, *_: object) -> Encoded:
    """Stand for decoding, transforming and encoding: tells which original was read, and what was made of it."""
    return Encoded(made_of(data, transform.canonical), "image/png", "png", 9, 9, 1)


def made_of(data: bytes, transform: str) -> bytes:
    return b"a pixel" if transform == BLIND else transform.encode() + b" of " + data


@dataclass
class _Names:
    queue_url: str = "queue"
    distribution: str = "distribution"


@cache
def functions() -> dict[str, dict[str, ModuleType]]:
    """Load both functions once, with the template's environment."""
    values = environment(_Names()) | {  # type: ignore[arg-type]
        "SOURCE_BUCKET": SOURCE,
        "DESTINATION_BUCKET": DESTINATION,
        "INVALIDATION_BUDGET": "2",
        "DERIVATIVE_LIFETIME_DAYS": str(LIFETIME_DAYS),
        "POWERTOOLS_SERVICE_NAME": "model",
        "POWERTOOLS_METRICS_NAMESPACE": "model",
        "POWERTOOLS_TRACE_DISABLED": "true",
    }
    with patch.dict(os.environ, values):
        return {name: load_function(name) for name in ("copy", "resize")}


class _Quiet:
    """A logger of nothing but the last exception: Powertools' loggers keep state for one invocation at a time."""

    last: BaseException | None = None

    def exception(self, *_args: object, **_kwargs: object) -> None:
        _Quiet.last = sys.exception()

    def __getattr__(self, _name: str) -> Callable[..., None]:
        return lambda *_args, **_kwargs: None


class _SideBySide:
    """What stands for the executor of derivation.py."""

    def __init__(self, scheduler: Scheduler) -> None:
        self.map = scheduler.side_by_side


@dataclass(frozen=True, slots=True)
class Job:
    """Work of one process, and how many seconds it may take."""

    name: str
    seconds: int
    work: Callable[[], object]


@dataclass
class Simulation:
    """Buckets, table, queue, edge and functions. Times are milliseconds."""

    clock: int = 1_000_000_000_000
    bugs: list[str] = field(default_factory=list)
    changes: dict[str, int] = field(default_factory=dict)
    """How often each key of the source bucket was changed."""
    faults: int = 0
    """Calls that went wrong, and processes that died."""
    failures: int = 0
    """Messages that the copy function gave back."""
    held: dict[str, list[bytes | None]] = field(default_factory=dict)
    """What each key of the destination bucket has held, one after the other."""

    def __post_init__(self) -> None:
        self.scheduler = Scheduler()
        self.s3 = FakeS3(self.scheduler, self.now, SOURCE)
        self.s3.changed = self._note_change
        self.table = FakeDynamoDB(self.scheduler)
        self.queue = FakeQueue(self.scheduler, self.now)
        self.edge = FakeEdge(self.scheduler, self.now)
        self._patches = ExitStack()
        self._patch()

    def now(self) -> int:
        """Return the time; it never stands still, since every call takes longer than a millisecond."""
        self.clock += 1
        return self.clock

    def _patch(self) -> None:
        clients = {"s3": self.s3, "dynamodb": self.table, "sqs": self.queue, "cloudfront": self.edge}
        enter = self._patches.enter_context
        forget_clients()
        self._patches.callback(forget_clients)
        enter(patch("boto3.client", lambda service, **_: clients[service]))
        copy, resize = functions()["copy"], functions()["resize"]
        enter(patch.object(copy["convergence"].index, "now", self.now))
        enter(patch.object(resize["derivation"], "_transcode", encoded))
        enter(patch.object(resize["derivation"], "_pair", _SideBySide(self.scheduler)))
        for module in (copy["app"], copy["convergence"], resize["app"], resize["derivation"]):
            for name in ("logger", "count", "count_bytes", "metrics"):
                if hasattr(module, name):
                    enter(patch.object(module, name, _Quiet() if name in ("logger", "metrics") else lambda *_: None))
        self.copy = copy["app"].handler.__wrapped__.__wrapped__
        self.resize = resize["app"].handler.__wrapped__.__wrapped__
        quiet_stopwatch = patch("cloud.telemetry.metrics", _Quiet())
        enter(quiet_stopwatch)

    def _note_change(self, bucket: str, key: str) -> None:
        if bucket == DESTINATION:
            stored = self.s3.current(bucket, key)
            self.held.setdefault(key, [None]).append(stored.body if stored else None)

    def close(self) -> None:
        self.scheduler.kill_all()
        self._patches.close()

    # What people and S3 do.

    def upload(self, key: str, body: bytes, content_type: str) -> None:
        self.s3.put(SOURCE, key, body, ContentType=content_type)
        self._announce(key)

    def delete(self, key: str) -> None:
        self.s3.delete(SOURCE, key)
        self._announce(key)

    def remove_latest_version(self, key: str) -> None:
        """Remove the latest version or delete marker for good, which brings back the one before it."""
        self.s3.delete(SOURCE, key, VersionId=self.s3.versions[SOURCE, key][-1].version)
        self._announce(key)

    def _announce(self, key: str) -> None:
        self.changes[key] = self.changes.get(key, 0) + 1
        self.queue.announce(key)

    # What the machinery does.

    def deliver(self, numbers: list[int]) -> Job:
        """Hand a batch of messages to the copy function."""
        messages = self.queue.receive(numbers)
        event = {"Records": [message.record() for message in messages]}

        def work() -> None:
            failed = {failure["itemIdentifier"] for failure in self.copy(event, None)["batchItemFailures"]}
            self.failures += len(failed)
            self.queue.delete([message.number for message in messages if str(message.number) not in failed])

        return Job("copy", COPY_SECONDS, work)

    def view(self, path: str) -> Job:
        """Let some edge fetch a path of the website, and cache what it got."""

        def work() -> None:
            found = self.scheduler.call("website", lambda: self.s3.current(DESTINATION, path))
            if found is not None and found.body is not None:
                expires = self.now() + EDGE_TTL * 1000
                tag = found.metadata["cache-tag"]
                answer = Cached(path, found.body, found.headers["ContentType"], tag, expires)
                self.scheduler.call("cache", lambda: self.edge.store(answer))

        return Job("edge", FETCH_SECONDS, work)

    def view_made(self, transform: str, key: str) -> Job:
        """Let some edge ask the resize function, and cache what it got."""
        event = {"path": f"/resize/{transform}/{key}", "httpMethod": "GET", "headers": {}}
        since = max(len(self.held.get(key, [])) - 1, 0)

        def work() -> None:
            response = self.resize(event, Context())
            task = self.scheduler.current()
            if response["statusCode"] == HTTPStatus.INTERNAL_SERVER_ERROR and not (task and task.disturbed):
                self.bugs.append(f"500 of {event['path']}: {_Quiet.last!r}")
            if response["statusCode"] != HTTPStatus.OK:
                return
            answer = self._made(event["path"], response)
            if answer.body not in [made_of(body, transform) for body in self.held[key][since:] if body is not None]:
                self.bugs.append(f"{event['path']} was made of an original that was gone before it was asked for")
            if task:
                task.deadline += (FETCH_SECONDS - RESIZE_SECONDS) * 1000
            self.scheduler.call("cache", lambda: self.edge.store(answer))

        return Job("resize", RESIZE_SECONDS, work)

    def _made(self, path: str, response: dict[str, Any]) -> Cached:
        headers = response["headers"]
        expires = self.now() + RESIZE_TTL * 1000
        body = base64.b64decode(response["body"])
        return Cached(path.removeprefix("/"), body, headers["Content-Type"], headers["x-amz-meta-cache-tag"], expires)

    def pass_on(self, answer: Cached) -> Job:
        """Let a point of presence fetch an answer from the regional cache that has it."""
        copy = self.edge.pass_on(answer)
        return Job("edge", FETCH_SECONDS, lambda: self.scheduler.call("cache", lambda: self.edge.store(copy)))

    def start(self, job: Job) -> Task:
        """Begin a job, which stops before its first call."""
        return self.scheduler.start(job.name, self.clock + job.seconds * 1000, job.work)

    def expire(self) -> None:
        """Let lifecycle rules and the table's TTL do what is due."""
        due = self.now() - LIFETIME_DAYS * DAY
        for key in self.s3.keys(DESTINATION):
            stored = self.s3.current(DESTINATION, key)
            if stored and stored.tagging == "kind=derivative" and stored.modified < due:
                self.s3.delete(DESTINATION, key)
        for name, item in list(self.table.items.items()):
            if "expires" in item and int(item["expires"]["N"]) * 1000 < self.clock:
                del self.table.items[name]

    def pass_time(self, seconds: int) -> None:
        """Move the clock, and end what may not take so long."""
        if seconds >= LATEST_SECONDS:
            self.scheduler.settle_late_calls()
        self.clock += seconds * 1000
        for task in self.scheduler.tasks:
            if task.deadline < self.clock:
                self.faults += 1
                task.kill()

    def finish(self, task: Task) -> None:
        """Run a task to its end, alone."""
        while not task.ended:
            for part in [task] if task.can_run else [child for child in task.children if not child.ended]:
                part.step()

    def come_to_rest(self) -> None:
        """Finish all that is at work, and handle all messages, and those that follow from them."""
        self.scheduler.settle_late_calls()
        for task in list(self.scheduler.tasks):
            self.finish(task)
        for _ in range(PASSES):
            if not self.queue.messages:
                return
            first = min(self.queue.messages.values(), key=lambda message: message.visible)
            self.clock = max(self.clock, first.visible)
            self.deliver([first.number]).work()
        self.bugs.append("the copy function never comes to rest")
