"""An origin with answers that a test sets, a distribution in front of it, and a viewer that sends raw targets."""

from __future__ import annotations

import asyncio
import io
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

from local.cloudfront.distribution import Distribution
from local.cloudfront.edge import Edge
from local.server import serve

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

    from local.steps import Step

WEBSITE = "photos.s3-website.eu-central-1.amazonaws.com"
API = "abc123.execute-api.eu-central-1.amazonaws.com"
CACHING = {"MinTTL": 0, "DefaultTTL": 0, "MaxTTL": 31536000, "ParametersInCacheKeyAndForwardedToOrigin": {}}


@dataclass(frozen=True)
class Got:
    """A viewer's answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def x_cache(self) -> str:
        return self.headers["X-Cache"].removesuffix(" from cloudfront")


@dataclass
class ScriptedOrigin:
    """An origin that records its requests; a test may replace `answer`."""

    asked: list[web.BaseRequest] = field(default_factory=list)
    answer: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]] | None = None
    headers: dict[str, str] = field(
        default_factory=lambda: {"Cache-Control": "max-age=60", "Content-Type": "image/png"}
    )
    status: int = 200
    body: bytes = b"0123456789"
    port: int = 0
    is_asked: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        self.asked.append(request)
        self.is_asked.set()
        if self.answer is not None:
            return await self.answer(request)
        return web.Response(status=self.status, headers=self.headers, body=self.body)


@dataclass
class Viewer:
    """A viewer of a server on the loopback address."""

    port: int
    session: aiohttp.ClientSession

    async def ask(self, method: str, target: str, headers: Mapping[str, str] | None = None, body: bytes = b"") -> Got:
        url = URL(f"http://127.0.0.1:{self.port}{target}", encoded=True)
        async with self.session.request(
            method, url, headers=headers, data=io.BytesIO(body) if body else None, allow_redirects=False
        ) as response:
            return Got(response.status, CIMultiDict(response.headers), await response.read())

    async def get(self, target: str, **headers: str) -> Got:
        return await self.ask("GET", target, {name.replace("_", "-"): value for name, value in headers.items()})


@dataclass
class Location(Viewer):
    """An edge location, with the steps that it reported."""

    edge: Edge
    steps: list[Step]

    def numbers(self) -> list[str]:
        return [step.number for step in self.steps]


def make_distribution(**changes: Any) -> Distribution:
    """Return a distribution with the website as its default and API Gateway behind /resize/*."""
    behaviour = changes.pop("behaviour", {})
    policy = changes.pop("cache_policy", CACHING)
    parts: dict[str, Any] = {
        name: changes.pop(name, {}) for name in ("origin_request_policies", "response_headers_policies", "functions")
    }
    config = {
        "Origins": {"Items": [_origin("website", WEBSITE), _origin("api", API)]},
        "DefaultCacheBehavior": {"TargetOriginId": "website", "CachePolicyId": "caching", **behaviour},
        "CacheBehaviors": {
            "Items": [{"PathPattern": "/resize/*", "TargetOriginId": "api", "CachePolicyId": "caching", **behaviour}],
        },
        "CustomErrorResponses": {
            "Items": [{"ErrorCode": c, "ErrorCachingMinTTL": 0} for c in (404, 500, 502, 503, 504)]
        },
        "CacheTagConfig": {"HeaderName": "x-amz-meta-cache-tag"},
        **changes,
    }
    return Distribution("E123", "d123.cloudfront.net", config, {"caching": policy}, **parts)


def _origin(name: str, domain_name: str) -> dict[str, Any]:
    return {
        "Id": name,
        "DomainName": domain_name,
        "CustomHeaders": {"Items": [{"HeaderName": "Referer", "HeaderValue": "secret"}]},
        "CustomOriginConfig": {"OriginReadTimeout": 1},
    }


@pytest.fixture
def distribution() -> Callable[..., Distribution]:
    return make_distribution


@pytest.fixture
async def origin() -> AsyncIterator[ScriptedOrigin]:
    scripted = ScriptedOrigin()
    async with serve(scripted.handle) as scripted.port:
        yield scripted


@pytest.fixture
async def viewer_of() -> AsyncIterator[Callable[[int], Viewer]]:
    """Make viewers of a port."""
    skipped = ("Accept", "Accept-Encoding", "User-Agent")
    async with aiohttp.ClientSession(skip_auto_headers=skipped, auto_decompress=False) as session:
        yield lambda port: Viewer(port, session)


@pytest.fixture
async def open_edge(
    origin: ScriptedOrigin, viewer_of: Callable[[int], Viewer]
) -> AsyncIterator[Callable[..., Awaitable[Location]]]:
    """Open an edge of a distribution in front of the scripted origin."""
    async with AsyncExitStack() as stack:

        async def open_location(distribution: Distribution | None = None, **options: Any) -> Location:
            steps: list[Step] = []

            def resolve(_: str) -> URL:
                return URL(f"http://127.0.0.1:{origin.port}")

            edge = Edge(distribution or make_distribution(), options.pop("resolve", resolve), steps.append, **options)
            await stack.enter_async_context(edge)
            port = await stack.enter_async_context(serve(edge.handle))
            return Location(port, viewer_of(port).session, edge, steps)

        yield open_location
