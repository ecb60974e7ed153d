"""Asking as many browsers do: each answer with its time, and whether somebody rendered for it."""

from __future__ import annotations

import asyncio
import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import aiohttp
from yarl import URL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PATIENCE = 120
"""Seconds that a client waits."""


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer. `status` is 0 where there was none; `seconds` are until its last byte, redirects included.

    `render` names the invocation that made the image; it is empty where a stored one was served.
    """

    status: int
    seconds: float
    render: str = ""


async def ask(session: aiohttp.ClientSession, url: str, headers: Mapping[str, str]) -> Answered:
    """Send one GET and follow its redirects."""
    started = time.perf_counter()
    try:
        async with session.get(URL(url, encoded=True), headers=headers) as response:
            await response.read()
    except (aiohttp.ClientError, TimeoutError):
        return Answered(0, time.perf_counter() - started)
    rendered = "encode;" in response.headers.get("Server-Timing", "")
    name = response.headers.get("x-amzn-RequestId", "") if rendered else ""
    return Answered(response.status, time.perf_counter() - started, name)


async def ask_at_once(urls: Sequence[str], headers: Mapping[str, str], at_once: int) -> list[Answered]:
    """Ask for all of them, so many at a time, each on a connection of its own."""
    gate = asyncio.Semaphore(at_once)
    connector = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(total=PATIENCE)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:

        async def wait_and_ask(url: str) -> Answered:
            async with gate:
                return await ask(session, url, headers)

        return await asyncio.gather(*[wait_and_ask(url) for url in urls])


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest of the values that so large a share of them does not exceed (nearest rank)."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]
