"""An HTTP client for many concurrent requests; records time and render of each response."""

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

TIMEOUT = 120
"""Time limit of a request, in seconds."""


@dataclass(frozen=True, slots=True)
class Response:
    """A response. `status` is 0 if there was none; `seconds` are until its last byte, including redirects.

    `render` is the id of the invocation that rendered the image, or empty for a stored image.
    """

    status: int
    seconds: float
    render: str = ""


async def fetch(session: aiohttp.ClientSession, url: str, headers: Mapping[str, str]) -> Response:
    """Send one GET and follow its redirects."""
    started = time.perf_counter()
    try:
        async with session.get(URL(url, encoded=True), headers=headers) as response:
            await response.read()
    except (aiohttp.ClientError, TimeoutError):
        return Response(0, time.perf_counter() - started)
    rendered = "encode;" in response.headers.get("Server-Timing", "")
    name = response.headers.get("x-amzn-RequestId", "") if rendered else ""
    return Response(response.status, time.perf_counter() - started, name)


async def fetch_all(urls: Sequence[str], headers: Mapping[str, str], concurrency: int) -> list[Response]:
    """Request all URLs with limited concurrency, each on a connection of its own."""
    gate = asyncio.Semaphore(concurrency)
    connector = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(total=TIMEOUT)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:

        async def fetch_one(url: str) -> Response:
            async with gate:
                return await fetch(session, url, headers)

        return await asyncio.gather(*[fetch_one(url) for url in urls])


def percentile(values: Sequence[float], share: float) -> float:
    """Return the percentile of the values by the nearest-rank method; `share` is 0 to 1."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]
