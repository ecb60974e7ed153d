from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from yarl import URL

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

pytestmark = pytest.mark.sockets

OpenEdge = Any  # the fixtures are in conftest.py, which no module can import
Origin = Any


async def test_a_second_request_is_served_from_the_cache(origin: Origin, open_edge: OpenEdge) -> None:
    edge = await open_edge()
    first, second = await edge.get("/cat.png"), await edge.get("/cat.png")
    assert (first.status, first.body, first.x_cache) == (200, b"0123456789", "Miss")
    assert (second.status, second.body, second.x_cache) == (200, b"0123456789", "Hit")
    assert "Age" not in first.headers
    assert second.headers["Age"] == "0"
    assert second.headers["Via"] == "1.1 e123.cloudfront.net (CloudFront)"
    assert first.headers["X-Amz-Cf-Id"] != second.headers["X-Amz-Cf-Id"]
    assert second.headers["Content-Type"] == "image/png"
    assert len(origin.asked) == 1


async def test_a_large_answer_is_kept_too(origin: Origin, open_edge: OpenEdge) -> None:
    origin.body = bytes(3_000_000)
    edge = await open_edge()
    first, second = await edge.get("/large.png"), await edge.get("/large.png")
    assert (first.body, second.body, second.x_cache) == (origin.body, origin.body, "Hit")


async def test_an_answer_that_may_not_be_cached_is_fetched_each_time(origin: Origin, open_edge: OpenEdge) -> None:
    origin.headers = {"Cache-Control": "no-store"}
    edge = await open_edge()
    assert [(await edge.get("/cat.png")).x_cache for _ in range(2)] == ["Miss", "Miss"]
    assert len(origin.asked) == 2


async def test_the_origin_sees_its_own_host_the_secret_and_the_raw_path(origin: Origin, open_edge: OpenEdge) -> None:
    edge = await open_edge()
    await edge.get("/a%20b%2Fc+d/%C3%A9,f=webp?x=1", Referer="https://elsewhere", Cookie="a=b", Accept="image/webp")
    asked = origin.asked[0]
    assert asked.raw_path == "/a%20b%2Fc+d/%C3%A9,f=webp"
    assert asked.headers["Host"] == "photos.s3-website.eu-central-1.amazonaws.com"
    assert asked.headers.getall("Referer") == ["secret"]
    assert asked.headers["User-Agent"] == "Amazon CloudFront"
    assert asked.headers["X-Forwarded-For"] == "127.0.0.1"
    assert not {"Cookie", "Accept", "Accept-Encoding"} & set(asked.headers)


async def test_the_first_matching_behaviour_decides_on_the_origin(origin: Origin, open_edge: OpenEdge) -> None:
    edge = await open_edge()
    for path in ("/resize/1x1/a.png", "/1x1/../resize/1x1/a.png", "/%72esize/1x1/a.png", "/resized/a.png"):
        await edge.get(path)
    hosts = [asked.headers["Host"].split(".")[1] for asked in origin.asked]
    assert hosts == ["execute-api", "execute-api", "execute-api", "s3-website"]


async def test_simultaneous_misses_send_one_request_to_the_origin(origin: Origin, open_edge: OpenEdge) -> None:
    proceed = asyncio.Event()

    async def answer(_: web.BaseRequest) -> web.Response:
        await proceed.wait()
        return web.Response(body=b"slow", headers={"Cache-Control": "max-age=60"})

    origin.answer = answer
    edge = await open_edge()
    requests = [asyncio.create_task(edge.get("/cat.png")) for _ in range(20)]
    await origin.is_asked.wait()
    await asyncio.sleep(0.1)
    proceed.set()
    got = await asyncio.gather(*requests)
    assert [one.body for one in got] == [b"slow"] * 20
    assert sorted(one.x_cache for one in got) == ["Hit"] * 19 + ["Miss"]
    assert sorted(edge.numbers()) == ["1"] * 20 + ["2"] * 19 + ["3", "4"]
    assert len(origin.asked) == 1


async def test_a_failed_fetch_does_not_spoil_the_requests_that_waited_for_it(
    origin: Origin, open_edge: OpenEdge
) -> None:
    proceed = asyncio.Event()

    async def answer(_: web.BaseRequest) -> web.Response:
        if len(origin.asked) == 1:
            await proceed.wait()
            return web.Response(status=503)
        return web.Response(body=b"fine", headers={"Cache-Control": "max-age=60"})

    origin.answer = answer
    edge = await open_edge()
    requests = [asyncio.create_task(edge.get("/cat.png")) for _ in range(4)]
    await origin.is_asked.wait()
    await asyncio.sleep(0.1)
    proceed.set()
    assert sorted([one.status for one in await asyncio.gather(*requests)]) == [200, 200, 200, 503]


async def test_a_cancelled_request_does_not_stop_the_fetch(origin: Origin, open_edge: OpenEdge) -> None:
    proceed = asyncio.Event()

    async def answer(_: web.BaseRequest) -> web.Response:
        await proceed.wait()
        return web.Response(body=b"slow", headers={"Cache-Control": "max-age=60"})

    origin.answer = answer
    edge = await open_edge()
    leaving = asyncio.create_task(edge.edge.handle(make_mocked_request("GET", "/cat.png")))
    await origin.is_asked.wait()
    leaving.cancel()
    await asyncio.gather(leaving, return_exceptions=True)
    proceed.set()
    assert (await edge.get("/cat.png")).body == b"slow"
    assert len(origin.asked) == 1


async def test_the_time_that_an_answer_spent_in_other_caches_counts(origin: Origin, open_edge: OpenEdge) -> None:
    edge = await open_edge()
    origin.headers = {"Cache-Control": "max-age=60", "Age": "50"}
    aged = [await edge.get("/aged.png") for _ in range(2)]
    origin.headers = {"Cache-Control": "max-age=60", "Age": "60"}
    expired = [await edge.get("/expired.png") for _ in range(2)]
    assert (aged[1].x_cache, aged[1].headers["Age"]) == ("Hit", "50")
    assert [one.x_cache for one in expired] == ["Miss", "Miss"]


async def test_an_expired_answer_is_revalidated(
    origin: Origin, open_edge: OpenEdge, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def answer(request: web.BaseRequest) -> web.Response:
        headers = {"Cache-Control": "max-age=60", "ETag": '"one"'}
        if request.headers.get("If-None-Match") == '"one"':
            return web.Response(status=304, headers=headers)
        return web.Response(body=b"one", headers=headers)

    origin.answer = answer
    edge = await open_edge()
    now = [1000.0]
    monkeypatch.setattr(edge.edge._lookup, "_clock", lambda: now[0])
    first = await edge.get("/cat.png")
    now[0] += 61
    second, third = await edge.get("/cat.png"), await edge.get("/cat.png")
    assert [one.x_cache for one in (first, second, third)] == ["Miss", "RefreshHit", "Hit"]
    assert [one.body for one in (first, second, third)] == [b"one"] * 3
    assert len(origin.asked) == 2


async def test_an_expired_answer_is_served_when_the_origin_fails(
    origin: Origin, open_edge: OpenEdge, distribution: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    edge = await open_edge(distribution(CustomErrorResponses={}))
    now = [1000.0]
    monkeypatch.setattr(edge.edge._lookup, "_clock", lambda: now[0])
    await edge.get("/stale.png")
    origin.headers = {"Cache-Control": "max-age=60, must-revalidate"}
    await edge.get("/strict.png")
    now[0] += 61
    origin.status, origin.body = 500, b"broken"
    stale, again, strict = [await edge.get(path) for path in ("/stale.png", "/stale.png", "/strict.png")]
    assert [(one.status, one.body, one.headers["Age"]) for one in (stale, again)] == [(200, b"0123456789", "61")] * 2
    assert (strict.status, strict.x_cache) == (500, "Error")
    assert len(origin.asked) == 4, "for the error's minimum time the origin is left in peace"


@pytest.mark.parametrize(
    ("status", "times_asked"), [(404, 1), (405, 1), (500, 1), (504, 1), (400, 2), (403, 2), (410, 2)]
)
async def test_errors_are_kept_for_their_minimum_time_if_cloudfront_keeps_them_at_all(
    origin: Origin, open_edge: OpenEdge, distribution: Any, status: int, times_asked: int
) -> None:
    origin.status, origin.headers = status, {"Cache-Control": "no-store"}
    edge = await open_edge(distribution(CustomErrorResponses={}))
    got = [await edge.get("/none.png") for _ in range(2)]
    assert [(one.status, one.x_cache) for one in got] == [(status, "Error")] * 2
    assert len(origin.asked) == times_asked


async def test_errors_are_not_kept_where_the_minimum_time_is_zero(origin: Origin, open_edge: OpenEdge) -> None:
    origin.status, origin.headers = 404, {"Cache-Control": "no-store"}
    edge = await open_edge()
    await edge.get("/none.png")
    origin.status = 200
    assert (await edge.get("/none.png")).status == 200


async def test_a_redirect_to_the_distribution_s_own_name_is_rewritten_to_this_edge(
    origin: Origin, open_edge: OpenEdge
) -> None:
    origin.status, origin.headers = 307, {"Location": "https://d123.cloudfront.net/resize/1x1/a%20b.png"}
    edge = await open_edge()
    got = [await edge.get("/1x1/a%20b.png") for _ in range(2)]
    assert [(one.status, one.x_cache) for one in got] == [(307, "Miss")] * 2
    assert got[0].headers["Location"] == f"http://127.0.0.1:{edge.port}/resize/1x1/a%20b.png"
    assert len(origin.asked) == 2, "a 307 without Cache-Control is not kept"


async def test_other_redirects_are_left_alone(origin: Origin, open_edge: OpenEdge) -> None:
    origin.status, origin.headers = 301, {"Location": "https://elsewhere.example/d123.cloudfront.net/"}
    edge = await open_edge()
    assert (await edge.get("/a")).headers["Location"] == "https://elsewhere.example/d123.cloudfront.net/"


async def test_a_viewer_that_has_the_answer_gets_304(origin: Origin, open_edge: OpenEdge) -> None:
    origin.headers |= {"ETag": '"one"'}
    edge = await open_edge()
    first = await edge.get("/cat.png", If_None_Match='"other", W/"one"')
    second = await edge.get("/cat.png", If_None_Match='"other"')
    assert (first.status, first.body, first.headers["ETag"]) == (304, b"", '"one"')
    assert (second.status, second.x_cache) == (200, "Hit")
    assert "If-None-Match" not in origin.asked[0].headers


async def test_a_range_is_cut_from_the_whole(origin: Origin, open_edge: OpenEdge) -> None:
    edge = await open_edge()
    cut = await edge.get("/cat.png", Range="bytes=2-4")
    tail = await edge.get("/cat.png", Range="bytes=-3")
    beyond = await edge.get("/cat.png", Range="bytes=10-")
    assert (cut.status, cut.body, cut.headers["Content-Range"]) == (206, b"234", "bytes 2-4/10")
    assert (tail.status, tail.body, tail.x_cache) == (206, b"789", "Hit")
    assert (beyond.status, beyond.headers["Content-Range"]) == (416, "bytes */10")
    assert "Range" not in origin.asked[0].headers


async def test_a_head_request_is_served_from_a_cached_get(origin: Origin, open_edge: OpenEdge) -> None:
    edge = await open_edge()
    miss = await edge.ask("HEAD", "/cat.png")
    await edge.get("/cat.png")
    hit = await edge.ask("HEAD", "/cat.png")
    assert [asked.method for asked in origin.asked] == ["HEAD", "GET"]
    assert [(one.x_cache, one.headers["Content-Length"], one.body) for one in (miss, hit)] == [
        ("Miss", "10", b""),
        ("Hit", "10", b""),
    ]


async def test_an_origin_that_can_not_be_reached_is_a_502(open_edge: OpenEdge) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        dead = taken.getsockname()[1]
    edge = await open_edge(resolve=lambda _: URL(f"http://127.0.0.1:{dead}"))
    got = await edge.get("/cat.png")
    assert (got.status, got.x_cache) == (502, "Error")


@pytest.mark.parametrize("is_chunked", [True, False])
async def test_an_answer_that_the_edge_can_not_hold_is_a_502(
    origin: Origin, open_edge: OpenEdge, monkeypatch: pytest.MonkeyPatch, *, is_chunked: bool
) -> None:
    async def answer(_: web.BaseRequest) -> web.Response:
        response = web.Response(body=b"0123456789")
        if is_chunked:
            response.enable_chunked_encoding()
        return response

    origin.answer = answer
    edge = await open_edge()
    assert (await edge.get("/fits.png")).status == 200
    monkeypatch.setattr("local.cloudfront.origin.MAXIMUM_BODY_BYTES", 9)
    assert (await edge.get("/large.png")).status == 502


async def test_an_origin_that_is_too_slow_is_a_504(origin: Origin, open_edge: OpenEdge) -> None:
    async def answer(_: web.BaseRequest) -> web.Response:
        await asyncio.sleep(5)
        return web.Response()

    origin.answer = answer
    edge = await open_edge()
    assert (await edge.get("/cat.png")).status == 504


async def test_an_answer_that_trickles_in_for_too_long_is_a_504_and_not_kept(
    origin: Origin, open_edge: OpenEdge, distribution: Any
) -> None:
    async def trickle(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Cache-Control": "max-age=60"})
        await response.prepare(request)
        for _ in range(50):
            await response.write(b"x")
            await asyncio.sleep(0.1)
        return response

    origin.answer = trickle
    slow = distribution()
    for entry in slow.config["Origins"]["Items"]:
        entry["ResponseCompletionTimeout"] = 1
    edge = await open_edge(slow)
    assert [(await edge.get("/cat.png")).status for _ in range(2)] == [504, 504]
    assert len(origin.asked) == 2


@pytest.mark.parametrize(
    ("method", "headers", "body", "status"),
    [
        ("POST", {}, b"x", 403),
        ("DELETE", {}, b"", 403),
        ("TRACE", {}, b"", 405),
        ("GET", {}, b"a body", 403),
        ("GET", {"Expect": "200-ok"}, b"", 417),
    ],
)
async def test_a_method_that_the_distribution_does_not_allow_is_refused(  # noqa: PLR0913, PLR0917 - a table of requests
    origin: Origin, open_edge: OpenEdge, method: str, headers: dict[str, str], body: bytes, status: int
) -> None:
    edge = await open_edge()
    got = await edge.ask(method, "/cat.png", headers, body)
    assert (got.status, got.x_cache) == (status, "Error")
    assert not origin.asked


async def test_an_allowed_post_goes_through_and_is_not_kept(
    origin: Origin, open_edge: OpenEdge, distribution: Any
) -> None:
    bodies = []
    sent = b"content" * 300_000

    async def answer(request: web.BaseRequest) -> web.Response:
        bodies.append(await request.read())
        return web.Response(headers={"Cache-Control": "max-age=60"})

    origin.answer = answer
    methods = {"Items": ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]}
    edge = await open_edge(distribution(behaviour={"AllowedMethods": methods}))
    for _ in range(2):
        await edge.ask("POST", "/form", body=sent)
    assert bodies == [sent, sent]


async def test_an_invalidated_path_is_fetched_again(open_edge: OpenEdge) -> None:
    edge = await open_edge()
    for path in ("/a%20b.png", "/c.png"):
        await edge.get(path)
    assert edge.edge.invalidate(["/a b.png"]) == 1
    assert [(await edge.get(path)).x_cache for path in ("/a%20b.png", "/c.png")] == ["Miss", "Hit"]


async def test_invalidating_a_tag_drops_every_answer_that_carries_it(origin: Origin, open_edge: OpenEdge) -> None:
    origin.headers |= {"x-amz-meta-cache-tag": "AB12, other"}
    edge = await open_edge()
    for path in ("/1x1/a.png", "/2x2/a.png", "/resize/1x1/a.png"):
        await edge.get(path)
    assert edge.edge.invalidate(["#aB12"]) == 3
    assert (await edge.get("/1x1/a.png")).x_cache == "Miss"


async def test_an_answer_that_is_fetched_during_its_invalidation_is_cached(origin: Origin, open_edge: OpenEdge) -> None:
    proceed = asyncio.Event()

    async def answer(_: web.BaseRequest) -> web.Response:
        await proceed.wait()
        return web.Response(body=b"old", headers={"Cache-Control": "max-age=60"})

    origin.answer = answer
    edge = await open_edge()
    request = asyncio.create_task(edge.get("/cat.png"))
    await origin.is_asked.wait()
    edge.edge.invalidate(["/*"])
    proceed.set()
    await request
    assert (await edge.get("/cat.png")).x_cache == "Hit"


async def test_the_steps_of_a_request_have_the_workflow_s_numbers(origin: Origin, open_edge: OpenEdge) -> None:
    edge = await open_edge()
    origin.status, origin.headers = 307, {"Location": "https://d123.cloudfront.net/resize/1x1/a.png"}
    await edge.get("/1x1/a.png")
    origin.status, origin.headers = 200, {"Content-Type": "image/png"}
    await edge.get("/resize/1x1/a.png")
    origin.headers = {"Cache-Control": "max-age=60", "Content-Type": "image/png"}
    await edge.get("/1x1/a.png")
    await edge.get("/1x1/a.png")
    assert edge.numbers() == ["1", "3", "5", "6", "7", "13", "1", "3", "4", "1", "2"]
    await edge.get("/resize/2x2/a.png")
    await edge.get("/resize/2x2/a.png")
    assert edge.numbers()[11:] == ["6", "7", "13", "6", "2"]
    origin.status = 500
    await edge.get("/resize/3x3/a.png")
    assert edge.numbers()[16:] == ["6", "7", ""], "an error is not an image"
    assert edge.steps[-1].what.startswith("miss; API Gateway returned 500")
    asked = edge.steps[1]
    assert asked.what == "miss; the destination bucket's website returned 307 -> /resize/1x1/a.png"
    assert asked.details["status"] == 307
    assert edge.steps[10].details["x_cache"] == "Hit from cloudfront"
    assert edge.steps[10].details["bytes"] == 10


async def test_cookies_of_the_origin_are_kept_from_viewers_where_none_are_forwarded(
    origin: Origin, open_edge: OpenEdge
) -> None:
    origin.headers |= {"Set-Cookie": "session=1"}
    edge = await open_edge()
    assert "Set-Cookie" not in (await edge.get("/cat.png")).headers


async def test_headers_of_one_connection_only_are_removed(origin: Origin, open_edge: OpenEdge) -> None:
    origin.headers |= {"Keep-Alive": "timeout=5", "Connection": "X-Inner", "X-Inner": "1", "X-Outer": "1"}
    edge = await open_edge()
    headers = (await edge.get("/cat.png")).headers
    assert "X-Outer" in headers
    assert not {"Keep-Alive", "X-Inner"} & set(headers)


async def test_the_root_is_the_default_root_object(origin: Origin, open_edge: OpenEdge, distribution: Any) -> None:
    edge = await open_edge(distribution(DefaultRootObject="index.html"))
    await edge.get("/")
    assert origin.asked[0].raw_path == "/index.html"


async def test_closing_the_edge_cancels_pending_fetches(
    origin: Origin, open_edge: Callable[..., Awaitable[Any]]
) -> None:
    async def answer(_: web.BaseRequest) -> web.Response:
        await asyncio.sleep(0.9)
        return web.Response()

    origin.answer = answer
    edge = await open_edge()
    request = asyncio.create_task(edge.get("/cat.png"))
    await origin.is_asked.wait()
    await edge.edge.__aexit__(None, None, None)
    assert not edge.edge._lookup._pending
    await asyncio.gather(request, return_exceptions=True)
