"""Fixtures of all tests: no sockets without the marker; an AWS in memory on demand."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws
from pytest_socket import disable_socket, socket_allow_hosts

from cloud.table import budget
from world import CREDENTIALS, FUNCTIONS, World, forget_clients, make_world

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytest_plugins = ["expansion", "images", "scheduling"]


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
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    make: Any = boto3.client
    with mock_aws():
        yield make


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, aws: Callable[[str], Any]) -> World:
    """Make the template's resources in memory, and tell both functions of them.

    The functions keep their clients from test to test; a test that changes one takes `own_clients` too.
    """
    del aws  # which is what everything here talks to
    world = make_world()
    budget._spent.clear()
    for name, value in world.environment.items():
        monkeypatch.setenv(name, value)
    for function in FUNCTIONS:
        monkeypatch.setattr(function, "settings", type(function.settings).from_environment())
    return world


@pytest.fixture
def own_clients() -> Iterator[None]:
    """Let the functions have clients that no other test has."""
    forget_clients()
    yield
    forget_clients()
