"""The second delivery: a private bucket, signed requests, and an origin group in place of the redirect."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from local.stack import StackOptions
from world import SAMPLES

from .running import Running, start

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.sockets

HUBBLE = (SAMPLES / "hubble.jpg").read_bytes()


@pytest.fixture(scope="module")
def stack() -> Iterator[Running]:
    options = StackOptions(parameters={"Delivery": "private"}, environment={"copy": {"SETTLE_SECONDS": "2"}})
    running, stop = start(options)
    try:
        yield running
    finally:
        stop()


def test_a_new_image_is_one_request_and_then_a_hit(stack: Running) -> None:
    stack.upload("first.jpg", HUBBLE)
    made = stack.get("/60x/first.jpg")
    assert (made.status, made.cache, made.headers["content-type"]) == (200, "Miss", "image/jpeg")
    assert "encode;dur=" in made.headers["server-timing"]
    hit = stack.get("/60x/first.jpg")
    assert (hit.status, hit.cache, hit.body) == (200, "Hit", made.body)
