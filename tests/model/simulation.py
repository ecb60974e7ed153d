"""The whole service in memory: the functions' own code on fakes, under the scheduler, with a clock to move."""

from __future__ import annotations

import base64
from contextlib import ExitStack
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from multidict import CIMultiDict

from local.cloudfront.freshness import Lifetimes, lifetime
from model.fake_dynamodb import FakeDynamoDB
from model.fake_edge import Cached, FakeEdge
from model.fake_queue import FakeQueue
from model.fake_s3 import FakeS3
from model.loading import DESTINATION, LIFETIME_DAYS, MARK, SOURCE, WATERMARK, Quiet, handler, made_of, patched
from model.scheduler import Scheduler, Task
from world import FUNCTIONS, Context

if TYPE_CHECKING:
    from collections.abc import Callable

COPY_SECONDS = 180
RESIZE_SECONDS = 29
FETCH_SECONDS = 180
"""From an origin's answer to the cache: the template's ResponseCompletionTimeout, which ends every fetch."""
BUCKET_SECONDS, RENDER_SECONDS = 135, 45
"""The same of the two origins of a private delivery, of which one is asked after the other."""
PATIENCE_SECONDS = 2.5
"""The maximum wait for another request's render, plus the checks in between."""
LATEST_SECONDS = 30
"""A call that was given up has happened by then, or never will."""
DAY = 86_400_000
PASSES = 400
TTLS = Lifetimes(0, 0, 31_536_000)
"""Those of the template's cache policy."""


@dataclass(frozen=True, slots=True)
class Job:
    """Work of one process, and how many seconds it may take."""

    name: str
    seconds: int
    work: Callable[[], object]


@dataclass
class Request:
    """One request to the resize function: when it began, and how many seconds it has waited for others."""

    begun: int
    slept: float = 0.0


_request: ContextVar[Request] = ContextVar("_request")
"""That of the running thread; each task has a thread of its own."""


@dataclass
class Simulation:
    """Buckets, table, queue, edge and functions. Times are milliseconds."""

    clock: int = 1_000_000_000_000
    bugs: list[str] = field(default_factory=list)
    changes: dict[str, int] = field(default_factory=dict)
    """How often each key of the source bucket was changed."""
    private: bool = False
    """Whether an edge asks the bucket first and then the resize function, and caches either answer under one path."""
    faults: int = 0
    """Calls that went wrong, and processes that died."""
    lost: int = 0
    """Messages that are lost for good."""
    failures: int = 0
    """Messages that the copy function reported as failed."""
    requests: list[Request] = field(default_factory=list)
    """Those to the resize function, whatever became of them."""
    held: dict[str, list[tuple[bytes | None, str]]] = field(default_factory=dict)
    """What each key of the destination bucket has held, one after the other, and the time of the last change."""
    changed_at: dict[str, int] = field(default_factory=dict)

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
        self._patches.enter_context(patched(clients, self.now, self.sleep, self.scheduler.side_by_side))
        self.copy, self.resize = handler("copy"), handler("resize")

    def deliver_privately(self) -> None:
        """Set the template's parameter Delivery to private."""
        self.private = True
        resizer: Any = FUNCTIONS[1]
        self._patches.enter_context(patch.object(resizer, "settings", replace(resizer.settings, has_redirects=False)))

    def sleep(self, seconds: float) -> None:
        """Let a request to the resize function wait; a bug if no other request renders, or without an end."""
        request = _request.get()
        if not any(self.clock - other.begun < RESIZE_SECONDS * 1000 for other in self.requests if other is not request):
            self.bugs.append("a request waits for a render that has ended")
        request.slept += seconds
        if request.slept > PATIENCE_SECONDS:
            raise AssertionError("a request waits without end")
        self.scheduler.pause()
        self.clock += int(seconds * 1000)

    def _note_change(self, bucket: str, key: str) -> None:
        if bucket == DESTINATION:
            stored = self.s3.current(bucket, key)
            shown = (stored.body, str(stored.headers)) if stored else (None, "")
            if self.held.setdefault(key, [(None, "")])[-1] != shown:
                self.held[key].append(shown)
                self.changed_at[key] = self.clock

    def close(self) -> None:
        self.scheduler.kill_all()
        self._patches.close()

    # What people and S3 do.

    def upload(self, key: str, body: bytes, content_type: str, cache_control: str = "") -> None:
        said = {"CacheControl": cache_control} if cache_control else {}
        self.s3.put(SOURCE, key, body, ContentType=content_type, **said)
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
            failed = {failure["itemIdentifier"] for failure in self.copy(event, Context())["batchItemFailures"]}
            self.failures += len(failed)
            self.queue.delete([message.number for message in messages if str(message.number) not in failed])

        return Job("copy", COPY_SECONDS, work)

    def view(self, path: str) -> Job:
        """Let some edge fetch a path of the website, and cache what it got."""

        return Job("edge", BUCKET_SECONDS if self.private else FETCH_SECONDS, lambda: self._fetch(path))

    def _fetch(self, path: str) -> bool:
        """Fetch a path from the bucket and cache the answer; return whether something is stored there."""
        found = self.scheduler.call("website", lambda: self.s3.current(DESTINATION, path))
        if found is None or found.body is None:
            return False
        expires = self._expiry(found.headers["CacheControl"])
        answer = Cached(path, found.body, found.headers["ContentType"], found.metadata["cache-tag"], expires)
        self.scheduler.call("cache", lambda: self.edge.store(answer))
        return True

    def view_made(self, transform: str, key: str) -> Job:
        """Send a request of an edge to the resize function, and cache the answer."""
        path = f"/resize/{transform}/{key}"
        event = {"path": path, "httpMethod": "GET", "headers": {}}
        watermark = WATERMARK if transform.endswith(MARK) else ""
        since = {name: max(len(self.held.get(name, [])) - 1, 0) for name in (key, watermark)}

        def work() -> None:
            if self.private and self._is_found(f"{transform}/{key}"):
                return
            request = Request(self.now())
            _request.set(request)
            self.requests.append(request)
            response = self.resize(event, Context())
            if response["statusCode"] == HTTPStatus.INTERNAL_SERVER_ERROR:
                self.bugs.append(f"500 of {path}: {Quiet.last!r}")
            if response["statusCode"] != HTTPStatus.OK:
                return
            answer = self._made(path, response)
            bodies, marks = (
                [body for body, _ in self.held.get(name, [(None, "")])[since[name] :]] for name in (key, watermark)
            )
            if answer.body not in [made_of(body, transform, mark) for body in filter(None, bodies) for mark in marks]:
                self.bugs.append(f"{path} was made of an original that was gone before it was asked for")
            if task := self.scheduler.current():
                task.deadline += ((RENDER_SECONDS if self.private else FETCH_SECONDS) - RESIZE_SECONDS) * 1000
            self.scheduler.call("cache", lambda: self.edge.store(answer))

        return Job("resize", RESIZE_SECONDS, work)

    def _is_found(self, path: str) -> bool:
        """Let the edge fetch a path from the private bucket; it asks the resize function after a 403."""
        if task := self.scheduler.current():
            begun = task.deadline - RESIZE_SECONDS * 1000
            task.deadline = begun + BUCKET_SECONDS * 1000
        found = self._fetch(path)
        if task:
            task.deadline = self.clock + RESIZE_SECONDS * 1000
        return found

    def _made(self, path: str, response: dict[str, Any]) -> Cached:
        headers = response["headers"]
        expires = self._expiry(headers["Cache-Control"])
        body = base64.b64decode(response["body"])
        cached = path.removeprefix("/resize/" if self.private else "/")
        return Cached(cached, body, headers["Content-Type"], headers["x-amz-meta-cache-tag"], expires)

    def _expiry(self, cache_control: str) -> int:
        """Return until when an edge caches an answer that was fetched now."""
        return self.now() + int(1000 * lifetime(HTTPStatus.OK, CIMultiDict({"Cache-Control": cache_control}), TTLS, {}))

    def pass_on(self, answer: Cached) -> Job:
        """Let a point of presence fetch an answer from the regional cache that has it."""
        copy = self.edge.pass_on(answer)
        return Job("edge", FETCH_SECONDS, lambda: self.scheduler.call("cache", lambda: self.edge.store(copy)))

    def start(self, job: Job) -> Task:
        """Begin a job, which stops before its first call."""
        return self.scheduler.start(job.name, self.clock + job.seconds * 1000, job.work)

    def lose(self, number: int) -> None:
        """Let a message end among the dead letters, and there."""
        self.lost += 1
        self.queue.delete([number])

    def repair(self) -> None:
        """Let a run of reconciliation find what was lost, after all that might still be under way."""
        self.pass_time(3_700)
        self.queue.tick()
        self.come_to_rest()
        self.pass_time(LATEST_SECONDS)

    def expire(self) -> None:
        """Let lifecycle rules and the table's TTL do what is due."""
        due = self.now() - LIFETIME_DAYS * DAY
        for key in self.s3.expire_versions(SOURCE, due):
            self.queue.announce(key)
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
            for part in task.parts:
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
