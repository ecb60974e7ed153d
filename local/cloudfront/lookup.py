"""Finds an answer in the cache or at the origin; concurrent requests for the same answer are collapsed into one."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, replace
from enum import StrEnum
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from local.cloudfront import origin
from local.cloudfront.cache import Cache, Key, Stored, read_tags
from local.cloudfront.forwarding import cache_key, forwards_cookies, origin_headers, origin_query
from local.cloudfront.freshness import ERROR_MINIMUM, lifetime, may_be_served_stale
from local.exchange import Answer
from local.signature import sign

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import aiohttp
    from yarl import URL

    from local.cloudfront.behaviour import Behaviour
    from local.cloudfront.edge_steps import StepReporter
    from local.exchange import ViewerRequest
    from local.signature import Signer


FAILING_OVER: Final = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods of requests for which the second origin of a group may be asked."""


class XCache(StrEnum):
    """CloudFront's values of `X-Cache`."""

    HIT = "Hit from cloudfront"
    MISS = "Miss from cloudfront"
    REFRESH_HIT = "RefreshHit from cloudfront"
    ERROR = "Error from cloudfront"
    GENERATED = "FunctionGeneratedResponse from cloudfront"
    FUNCTION_ERROR = "FunctionExecutionError from cloudfront"
    FUNCTION_INVALID = "FunctionValidationError from cloudfront"


@dataclass(frozen=True, slots=True)
class Found:
    """An answer, its `X-Cache`, its age in seconds if it was cached, and whether other requests may share it."""

    answer: Answer
    x_cache: XCache
    age: float | None = None
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Rules:
    """Settings of a distribution that apply to all behaviours."""

    error_minimum: Mapping[int, float]
    tag_header: str | None
    resolve_origin: Callable[[str], URL]
    signer: Signer | None = None
    """Signs requests to origins that have an origin access control."""


class Lookup:
    """The cache, the origins, and the pending fetches."""

    def __init__(self, rules: Rules, cache_bytes: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Take the distribution's rules, the cache's size, and a clock in seconds."""
        self.cache = Cache(cache_bytes)
        self._rules = rules
        self._clock = clock
        self._pending: dict[Key, asyncio.Task[Found]] = {}
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Cancel pending fetches, and close the connections."""
        tasks = list(self._pending.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    async def find(self, behaviour: Behaviour, request: ViewerRequest, reporter: StepReporter) -> Found:
        """Find the answer to a GET or HEAD. A HEAD is answered from the cache, but neither cached nor collapsed."""
        key = cache_key(behaviour, request)
        stored = self.cache.get(key)
        now = self._clock()
        if stored is not None and now < stored.until:
            age = now - stored.since
            found = Found(stored.answer, _x_cache(stored.answer, XCache.HIT), age, shared=True)
            reporter.report_hit(found.answer, age, found.x_cache)
            return found
        if request.method == "HEAD":
            return await self.forward(behaviour, request, reporter)
        return await self._collapse(key, behaviour, request, reporter)

    async def forward(self, behaviour: Behaviour, request: ViewerRequest, reporter: StepReporter) -> Found:
        """Forward a request to the origin without caching."""
        started = time.perf_counter()
        reporter.report_forwarding()
        answer = await self._ask(behaviour, request, {}, reporter)
        found = Found(answer, _x_cache(answer, XCache.MISS))
        reporter.report_origin(answer, time.perf_counter() - started, found.x_cache)
        return found

    async def _collapse(self, key: Key, behaviour: Behaviour, request: ViewerRequest, reporter: StepReporter) -> Found:
        """Fetch, or wait for a pending fetch of the same answer; fetch as well if that one failed or can't be shared.

        A fetch continues after its viewer has disconnected, and its answer is stored even if it was invalidated
        meanwhile: real edges may do so.
        """
        task = self._pending.get(key)
        if task is not None:
            await asyncio.wait([task])
            if not task.cancelled() and task.exception() is None and task.result().shared:
                age = task.result().age or 0.0
                found = replace(task.result(), x_cache=_x_cache(task.result().answer, XCache.HIT), age=age)
                reporter.report_hit(found.answer, age, found.x_cache)
                return found
            return await self._fetch(key, behaviour, request, reporter)
        task = asyncio.create_task(self._fetch(key, behaviour, request, reporter))
        self._pending[key] = task
        task.add_done_callback(lambda _: self._pending.pop(key, None))
        return await asyncio.shield(task)

    async def _fetch(self, key: Key, behaviour: Behaviour, request: ViewerRequest, reporter: StepReporter) -> Found:
        """Fetch from the origin, revalidating an expired answer if there is one, and store the answer."""
        expired = self.cache.get(key)
        started = time.perf_counter()
        reporter.report_forwarding()
        answer = await self._ask(behaviour, request, _conditions(expired), reporter)
        if expired is not None and answer.status == HTTPStatus.NOT_MODIFIED:
            found = self._refresh(key, behaviour, expired, answer)
        elif expired is not None and answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR and self._is_usable(expired):
            found = self._fall_back(key, expired, answer.status)
        else:
            found = Found(answer, _x_cache(answer, XCache.MISS), shared=self._store(key, behaviour, answer))
        reporter.report_origin(answer, time.perf_counter() - started, found.x_cache)
        return found

    async def _ask(
        self, behaviour: Behaviour, request: ViewerRequest, conditions: Mapping[str, str], reporter: StepReporter
    ) -> Answer:
        """Ask the origin; then the second one of its group, if the first one's status is a criterion.

        The first one is asked each time, and only a reading request fails over (developer guide, "Optimize high
        availability with CloudFront origin failover").
        """
        started = time.perf_counter()
        answer = await self._ask_one(behaviour, request, conditions)
        failover = behaviour.failover
        if failover and answer.status in failover.statuses and request.method in FAILING_OVER:
            reporter.report_failover(failover.origin.kind, answer, time.perf_counter() - started)
            answer = await self._ask_one(replace(behaviour, origin=failover.origin), request, conditions)
        if not forwards_cookies(behaviour):
            answer.headers.popall("Set-Cookie", None)
        return answer

    async def _ask_one(self, behaviour: Behaviour, request: ViewerRequest, conditions: Mapping[str, str]) -> Answer:
        if self._session is None:
            self._session = origin.open_session()
        query = origin_query(behaviour, request)
        target = behaviour.origin.path + request.path + (f"?{query}" if query else "")
        url = origin.raw_url(self._rules.resolve_origin(behaviour.origin.domain_name), target)
        headers = origin_headers(behaviour, request)
        headers.update(conditions)
        if behaviour.origin.is_signed and self._rules.signer:
            headers.update(sign(self._rules.signer, request.method, behaviour.origin.domain_name, target))
        return await origin.ask(self._session, behaviour.origin, url, request, headers)

    def _store(self, key: Key, behaviour: Behaviour, answer: Answer) -> bool:
        """Store an answer for its lifetime; return False if it may not be cached."""
        age = _age(answer)
        seconds = lifetime(answer.status, answer.headers, behaviour.lifetimes, self._rules.error_minimum) - age
        if seconds <= 0:
            return False
        now = self._clock()
        tags = read_tags(answer.headers, self._rules.tag_header)
        self.cache.put(key, Stored(answer, now - age, now + seconds, tags))
        return True

    def _refresh(self, key: Key, behaviour: Behaviour, expired: Stored, answer: Answer) -> Found:
        headers = expired.answer.headers.copy()
        news = {name: value for name, value in answer.headers.items() if not name.lower().startswith("content-")}
        headers.update(news)
        renewed = Answer(expired.answer.status, headers, expired.answer.body)
        return Found(renewed, XCache.REFRESH_HIT, shared=self._store(key, behaviour, renewed))

    def _is_usable(self, expired: Stored) -> bool:
        return may_be_served_stale(expired.answer.headers, self._clock() - expired.until)

    def _fall_back(self, key: Key, expired: Stored, status: int) -> Found:
        """Serve the expired answer in place of an error, and extend it by the error's minimum TTL."""
        now = self._clock()
        self.cache.extend(key, expired, now + self._rules.error_minimum.get(status, ERROR_MINIMUM))
        return Found(expired.answer, XCache.HIT, now - expired.since, shared=True)


def _conditions(expired: Stored | None) -> dict[str, str]:
    """Return the headers of a conditional request that revalidates an expired answer."""
    if expired is None or expired.answer.status >= HTTPStatus.BAD_REQUEST:
        return {}
    headers = expired.answer.headers
    if "ETag" in headers:
        return {"If-None-Match": headers["ETag"]}
    return {"If-Modified-Since": headers["Last-Modified"]} if "Last-Modified" in headers else {}


def _age(answer: Answer) -> float:
    age = answer.headers.get("Age", "")
    return float(age) if age.isascii() and age.isdigit() else 0.0


def _x_cache(answer: Answer, otherwise: XCache) -> XCache:
    return XCache.ERROR if answer.status >= HTTPStatus.BAD_REQUEST else otherwise
