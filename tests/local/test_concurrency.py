"""Reserved concurrency: requests beyond it get a 503 with Retry-After, and changes of originals wait."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from local.stack import StackOptions
from world import SAMPLES

from .running import Response, Running, start, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.sockets

PHOTOGRAPH = (SAMPLES / "hubble.jpg").read_bytes()
CLIENTS = 6


@pytest.fixture(scope="module")
def stack() -> Iterator[Running]:
    """A stack with one execution of the resize function at a time, and two of the copy function, all it has."""
    parameters = {"ResizeConcurrency": "1", "CopyReservesConcurrency": "true", "CopyConcurrency": "2"}
    running, stop = start(StackOptions(parameters=parameters))
    try:
        yield running
    finally:
        stop()


def test_requests_beyond_the_reserved_concurrency_are_refused_until_they_retry(stack: Running) -> None:
    stack.upload("busy.jpg", PHOTOGRAPH, ContentType="image/jpeg")
    paths = [f"/{900 + number}x,f=avif/busy.jpg" for number in range(CLIENTS)]

    def ask(path: str) -> Response:
        return stack.follow(path)[-1]

    with ThreadPoolExecutor(CLIENTS) as clients:
        answers = list(clients.map(ask, paths))
    refused = [answer for answer in answers if answer.status != 200]
    assert 0 < len(refused) < CLIENTS
    for answer in refused:
        assert (answer.status, answer.headers["retry-after"]) == (503, "1")
        assert (answer.headers["content-type"], answer.headers["cache-control"]) == (
            "application/problem+json",
            "no-store",
        )
        assert json.loads(answer.body)["title"] == "Too many images are being rendered"
    assert [ask(path).status for path in paths] == [200] * CLIENTS, "a retry is served"


def test_all_uploads_arrive_with_two_executions_at_a_time(stack: Running) -> None:
    copy = stack.stack.pools["copy"]
    assert copy.function.reserved == 2
    for number in range(30):
        stack.stack.s3.put_object(Bucket=stack.names["source_bucket"], Key=f"many/{number}.txt", Body=b"x")
    wait_for(lambda: all(stack.etag(f"many/{number}.txt") for number in range(30)))
