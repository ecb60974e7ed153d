"""Tracing=Active: the segments that the functions send to X-Ray's daemon, here a UDP socket of the test."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any

import pytest

from local.stack import StackOptions
from world import SAMPLES

from .running import start, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .running import Running

pytestmark = pytest.mark.sockets

STEPS = ["## fetch", "## decode", "## transform", "## encode", "## store", "## invalidate"]


class Daemon:
    """Collects segment documents; each follows a header line with the format."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(0)
        self.address = f"127.0.0.1:{self.socket.getsockname()[1]}"
        self.segments: list[dict[str, Any]] = []

    def receive(self) -> list[dict[str, Any]]:
        """Return all segments received so far."""
        while True:
            try:
                header, _, document = self.socket.recv(65_536).partition(b"\n")
            except BlockingIOError:
                return self.segments
            assert json.loads(header) == {"format": "json", "version": 1}
            self.segments.append(json.loads(document))


def names(segment: dict[str, Any]) -> Iterator[str]:
    """Yield the names of a segment and its subsegments."""
    yield segment["name"]
    for inner in segment.get("subsegments", []):
        yield from names(inner)


@pytest.fixture
def daemon() -> Iterator[Daemon]:
    daemon = Daemon()
    yield daemon
    daemon.socket.close()


@pytest.fixture
def traced(daemon: Daemon) -> Iterator[Running]:
    environment = {"resize": {"AWS_XRAY_DAEMON_ADDRESS": daemon.address}}
    running, stop = start(StackOptions(parameters={"Tracing": "Active"}, environment=environment))
    yield running
    stop()


def test_each_step_of_a_first_hit_is_a_subsegment_of_the_trace_that_its_log_lines_name(
    traced: Running, daemon: Daemon
) -> None:
    traced.upload("a.jpg", (SAMPLES / "hubble.jpg").read_bytes())
    *_, answer = traced.follow("/90x60/a.jpg")
    assert answer.status == 200
    wait_for(lambda: [each["name"] for each in daemon.receive() if each["name"] in STEPS] == STEPS)
    lines = [step.details for step in traced.steps if step.details.get("service") == "resize"]
    assert {line["correlation_id"] for line in lines} == {answer.headers["x-amzn-requestid"]}
    (trace,) = {line["xray_trace_id"] for line in lines}
    assert {segment["trace_id"] for segment in daemon.segments} == {trace}
    assert {segment["type"] for segment in daemon.segments} == {"subsegment"}
    called = {name for segment in daemon.segments for name in names(segment)}
    assert {"s3", "dynamodb", "cloudfront"} <= {name.lower() for name in called}
