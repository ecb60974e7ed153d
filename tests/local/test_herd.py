"""Concurrent requests for one new image, sent to the API because CloudFront would collapse them: one render."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from local.lambdas.runtime import PoolSize
from local.stack import StackOptions
from world import SAMPLES

from .running import Response, Running, ask, start

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.sockets

PHOTOGRAPH = (SAMPLES / "hubble.jpg").read_bytes()
SECRET = "s" * 32
CLIENTS = 24
WORKERS = 4


@pytest.fixture(scope="module")
def stack() -> Iterator[Running]:
    """A stack whose functions have several workers each."""
    running, stop = start(StackOptions(parameters={"OriginSecret": SECRET}, pool=PoolSize(WORKERS)))
    try:
        yield running
    finally:
        stop()


def ask_concurrently(stack: Running, path: str) -> list[Response]:
    headers = {"Host": stack.names["api_host"], "Referer": SECRET}
    with ThreadPoolExecutor(CLIENTS) as clients:
        asked = [
            clients.submit(ask, stack.names["api_address"], f"/live/resize/{path}", **headers) for _ in range(CLIENTS)
        ]
    return [answer.result() for answer in asked]


def test_concurrent_requests_for_one_image_render_it_once(stack: Running) -> None:
    stack.upload("herd.jpg", PHOTOGRAPH, ContentType="image/jpeg")
    answers = ask_concurrently(stack, "500x400,f=avif/herd.jpg")
    assert {answer.status for answer in answers} == {200}
    assert len({answer.body for answer in answers}) == 1
    timings = [answer.headers["server-timing"] for answer in answers]
    assert sum("encode;" in timing for timing in timings) == 1
    assert any("wait;" in timing for timing in timings), "no request arrived during the render"


def test_all_concurrent_requests_for_a_damaged_original_are_refused_and_no_row_is_left(stack: Running) -> None:
    stack.upload("damaged.jpg", PHOTOGRAPH[:20_000], ContentType="image/jpeg")
    assert {answer.status for answer in ask_concurrently(stack, "50x/damaged.jpg")} == {422}
    assert stack.rows("damaged.jpg") == {"#"}
