"""What every test gets: no sockets unless it says so; and on demand an AWS in memory with both functions loaded."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws
from pytest_socket import disable_socket, socket_allow_hosts

from cloud import deadline
from world import REGION, World, environment, forget_clients, load_function, make_world

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytest_plugins = ["expansion", "images", "scheduling"]

# Powertools reads these once, when a test module first imports cloud.telemetry.
os.environ |= {
    "POWERTOOLS_SERVICE_NAME": "test",
    "POWERTOOLS_METRICS_NAMESPACE": "test",
    "POWERTOOLS_TRACE_DISABLED": "true",
}


@pytest.fixture(autouse=True)
def no_network(request: pytest.FixtureRequest) -> None:
    """Block sockets; a test marked `sockets` or `container` may reach the loopback address."""
    if request.node.get_closest_marker("sockets") or request.node.get_closest_marker("container"):
        socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)
    else:
        disable_socket(allow_unix_socket=True)


@pytest.fixture(autouse=True)
def no_session(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let boto3's default session be a new one, which has not read the credentials of another test."""
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Any]]:
    """Put an empty AWS in memory in the place of this machine's; yield what makes a client by its service."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": REGION,
    }.items():
        monkeypatch.setenv(name, value)
    make: Any = boto3.client
    with mock_aws():
        yield make


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, aws: Callable[[str], Any]) -> Iterator[World]:
    """Make the template's resources in memory, and load both functions with their environment."""
    del aws  # which is what everything here talks to
    monkeypatch.setattr(deadline, "_end", float("inf"))  # not that of the invocation before
    forget_clients()
    world = make_world()
    for name, value in environment(world).items():
        monkeypatch.setenv(name, value)
    world.modules = {name: load_function(name) for name in ("copy", "resize")}
    yield world
    forget_clients()
