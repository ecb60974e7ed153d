"""Pools of functions in real processes behind the real runtime client."""

from __future__ import annotations

import asyncio
import sys
import textwrap
from typing import TYPE_CHECKING

import pytest

from local.lambdas.function import Credentials, Function, Host
from local.lambdas.runtime import FunctionPool, PoolSize

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    Start = Callable[..., Awaitable[FunctionPool]]


async def assume(role: str) -> Credentials:
    return Credentials(f"key of {role}", "secret", "token")


@pytest.fixture
def lines() -> list[str]:
    return []


@pytest.fixture
def printed() -> asyncio.Event:
    return asyncio.Event()


@pytest.fixture
async def start(tmp_path: Path, lines: list[str], printed: asyncio.Event) -> AsyncIterator[Start]:
    """Start a pool whose handler is `code`; all processes end with the test."""
    pools: list[FunctionPool] = []

    def log(_function: Function, line: str) -> None:
        lines.append(line)
        printed.set()

    async def start_pool(
        code: str,
        size: PoolSize | None = None,
        timeout: int = 20,  # noqa: ASYNC109 - Lambda's word
        reserved: int | None = None,
    ) -> FunctionPool:
        (tmp_path / "app.py").write_text(textwrap.dedent(code))
        environment = {"SETTLE_SECONDS": "7"}
        function = Function(
            "echo",
            "arn:echo",
            "arn:role",
            timeout,
            512,
            environment,
            "/aws/lambda/echo",
            "echo",
            "app.handler",
            reserved=reserved,
        )
        host = Host(tmp_path, sys.executable, "eu-west-1", {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"})
        pool = FunctionPool(function, host, assume, log)
        pools.append(pool)
        await pool.start(size or PoolSize(initial=1, cap=1))
        return pool

    yield start_pool
    for pool in pools:
        await pool.stop()
        assert pool.worker_count == 0
