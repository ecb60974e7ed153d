"""A running local stack, used by tests over HTTP and the AWS API."""

from __future__ import annotations

import asyncio
import http.client
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from local.stack import Stack

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from local.stack import StackOptions
    from local.steps import Step

PATIENCE = 60
"""Seconds to wait for an expected effect, on a busy machine."""


@dataclass(frozen=True)
class Response:
    """One answer; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def cache(self) -> str:
        """The first word of X-Cache: Hit, Miss, RefreshHit, Error."""
        return self.headers.get("x-cache", "").split(" ")[0]


def ask(address: str, path: str, method: str = "GET", **headers: str) -> Response:
    """Send one request with the path as given; redirects are not followed."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=PATIENCE)
    try:
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return Response(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    finally:
        connection.close()


def wait_for(condition: Callable[[], object]) -> None:
    """Wait until a condition is true."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"not true within {PATIENCE} s"
        time.sleep(0.05)


@dataclass
class Running:
    """A stack that runs in a thread of its own, with its event loop."""

    stack: Stack
    loop: asyncio.AbstractEventLoop
    steps: list[Step] = field(default_factory=list)

    @property
    def names(self) -> dict[str, str]:
        """Addresses and resources, as in .local/stack.json."""
        return self.stack.describe()

    def client(self, service: str) -> Any:
        """Return a boto3 client of an operator."""
        return self.stack.emulator.client(service)

    def upload(self, key: str, body: bytes, **arguments: Any) -> None:
        """Put an original into the source bucket, and wait until the destination has it."""
        etag = self.stack.s3.put_object(Bucket=self.names["source_bucket"], Key=key, Body=body, **arguments)["ETag"]
        wait_for(lambda: self.etag(key) == etag)

    def remove(self, key: str) -> None:
        """Delete an original, and wait until the destination no longer has it."""
        self.stack.s3.delete_object(Bucket=self.names["source_bucket"], Key=key)
        wait_for(lambda: self.etag(key) is None)

    def restore(self, key: str) -> None:
        """Restore the last version of a deleted original, and wait until the destination has it."""
        versions = self.stack.s3.list_object_versions(Bucket=self.names["source_bucket"], Prefix=key)
        (mark,) = [each for each in versions["DeleteMarkers"] if (each["Key"], each["IsLatest"]) == (key, True)]
        self.stack.s3.delete_object(Bucket=self.names["source_bucket"], Key=key, VersionId=mark["VersionId"])
        wait_for(lambda: self.etag(key))

    def etag(self, key: str) -> str | None:
        """Return the ETag of an object of the destination bucket."""
        try:
            return str(self.stack.s3.head_object(Bucket=self.names["destination_bucket"], Key=key)["ETag"])
        except self.stack.s3.exceptions.ClientError:
            return None

    def rows(self, key: str) -> set[str]:
        """Return the range keys of an original's rows."""
        items = self.client("dynamodb").query(
            TableName=self.names["table"],
            ConsistentRead=True,
            KeyConditionExpression="original = :original",
            ExpressionAttributeValues={":original": {"S": f"original#{key}"}},
        )["Items"]
        return {item["derivative"]["S"] for item in items}

    def log_of(self, answer: Response) -> list[str]:
        """Return the functions' log lines, with traces, of the request behind an answer of the API."""
        identifier = answer.headers.get("x-amzn-requestid")
        return [
            f"{step.what}\n{step.details.get('exception', '')}"
            for step in self.steps
            if identifier and step.details.get("correlation_id") == identifier
        ]

    def get(self, path: str, method: str = "GET", **headers: str) -> Response:
        """Send a request to the edge; redirects are not followed."""
        return ask(self.names["edge"], path, method, **headers)

    @property
    def redirects(self) -> list[int]:
        """The statuses before the image at the first request of a derivative."""
        return [307] if self.stack.options.parameters.get("Delivery", "redirect") == "redirect" else []

    def forget(self, path: str) -> None:
        """Let the edge forget a path, as if another location were asked next."""
        self.stack.edge.invalidate([path])

    def follow(self, path: str, **headers: str) -> list[Response]:
        """Follow redirects as a browser does, and return every answer."""
        answers = [self.get(path, **headers)]
        while "location" in answers[-1].headers and len(answers) < 5:
            target = urlsplit(answers[-1].headers["location"])
            assert target.netloc in ("", urlsplit(self.names["edge"]).netloc), "a redirect leads away from the edge"
            answers.append(self.get(target.path, **headers))
        return answers


def encoded(key: str) -> str:
    """Return a key percent-encoded as a browser does."""
    return quote(key, safe="/,=")


def start(options: StackOptions) -> tuple[Running, Callable[[], None]]:
    """Start a stack in a thread; return it, and a function that stops it."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="stack")
    thread.start()
    running = Running(Stack(options), loop)
    running.stack.observers.append(running.steps.append)

    def end() -> None:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()

    started: Future[Stack] = asyncio.run_coroutine_threadsafe(running.stack.__aenter__(), loop)
    try:
        started.result(timeout=120)
    except BaseException:
        end()
        raise

    def stop() -> None:
        asyncio.run_coroutine_threadsafe(running.stack.__aexit__(None, None, None), loop).result(timeout=60)
        end()

    return running, stop
