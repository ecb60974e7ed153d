"""A herd that goes around the distribution, which would collapse it: the functions themselves render once."""

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


def ask_at_once(stack: Running, path: str) -> list[Response]:
    headers = {"Host": stack.names["api_host"], "Referer": SECRET}
    with ThreadPoolExecutor(CLIENTS) as clients:
        asked = [
            clients.submit(ask, stack.names["api_address"], f"/live/resize/{path}", **headers) for _ in range(CLIENTS)
        ]
    return [answer.result() for answer in asked]


def test_of_many_who_ask_at_once_one_renders(stack: Running) -> None:
    stack.upload("herd.jpg", PHOTOGRAPH, ContentType="image/jpeg")
    answers = ask_at_once(stack, "500x400,f=avif/herd.jpg")
    assert {answer.status for answer in answers} == {200}
    assert len({answer.body for answer in answers}) == 1
    timings = [answer.headers["server-timing"] for answer in answers]
    assert sum("encode;" in timing for timing in timings) == 1
    assert any("wait;" in timing for timing in timings), "nobody came while it was rendered"


def test_where_nothing_can_be_made_all_are_told_so_and_no_row_is_left(stack: Running) -> None:
    stack.upload("damaged.jpg", PHOTOGRAPH[:20_000], ContentType="image/jpeg")
    assert {answer.status for answer in ask_at_once(stack, "50x/damaged.jpg")} == {422}
    assert stack.rows("damaged.jpg") == {"#"}
