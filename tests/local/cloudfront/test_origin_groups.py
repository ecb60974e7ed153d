"""Origin groups and origin access controls, as a distribution configures them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web

from local.cloudfront.distribution import Distribution, read_behaviours
from local.signature import Signer, is_signed_by

if TYPE_CHECKING:
    from ..conftest import Location, ScriptedOrigin

BUCKET = "photos.s3.eu-central-1.amazonaws.com"
API = "abc123.execute-api.eu-central-1.amazonaws.com"
CONTROL = {"OriginAccessControlOriginType": "s3", "SigningBehavior": "always", "SigningProtocol": "sigv4"}
SIGNER = Signer("edge", "secret", "eu-central-1")
Make = Callable[..., Distribution]


def group(codes: list[int], **changes: Any) -> dict[str, Any]:
    members = {"Items": [{"OriginId": "bucket"}, {"OriginId": "render"}]}
    return {"Id": "g", "FailoverCriteria": {"StatusCodes": {"Items": codes}}, "Members": members, **changes}


@pytest.fixture
def make(distribution: Make) -> Make:
    def make(codes: list[int] | None = None, control: dict[str, str] | None = None, **changes: Any) -> Distribution:
        origins = [
            {"Id": "bucket", "DomainName": BUCKET, "OriginAccessControlId": "oac", "S3OriginConfig": {}},
            {"Id": "render", "DomainName": API, "OriginPath": "/live/resize"},
        ]
        made = distribution(
            Origins={"Items": origins},
            OriginGroups={"Items": [group(codes or [403], **changes)]},
            CacheBehaviors={},
            behaviour={"TargetOriginId": "g", "AllowedMethods": {"Items": ["GET", "HEAD", "OPTIONS", "PUT"]}},
        )
        made.access_controls["oac"] = control or CONTROL  # type: ignore[index]
        return made

    return make


def answering(bucket: int, render: int = 200) -> Callable[[web.BaseRequest], Awaitable[web.Response]]:
    async def answer(request: web.BaseRequest) -> web.Response:
        is_bucket = ".s3." in request.headers["Host"]
        headers = {"Cache-Control": "max-age=60", "x-amz-meta-cache-tag": "cat"}
        return web.Response(
            status=bucket if is_bucket else render, text="bucket" if is_bucket else "api", headers=headers
        )

    return answer


def asked(origin: ScriptedOrigin) -> list[str]:
    names = {BUCKET: "bucket", API: "api"}
    return [f"{names[request.headers['Host']]} {request.method} {request.raw_path}" for request in origin.asked]


async def test_the_second_origin_is_asked_after_a_criterion_and_its_answer_is_cached(
    make: Make, open_edge: Callable[..., Awaitable[Location]], origin: ScriptedOrigin
) -> None:
    origin.answer = answering(403)
    edge = await open_edge(make(), signer=SIGNER)
    first, second = await edge.get("/9x9/a%20b.jpg"), await edge.get("/9x9/a%20b.jpg")
    assert (first.status, first.body, first.x_cache, second.x_cache) == (200, b"api", "Miss", "Hit")
    assert asked(origin) == ["bucket GET /9x9/a%20b.jpg", "api GET /live/resize/9x9/a%20b.jpg"]
    assert edge.edge.invalidate(["#cat"]) == 1
    await edge.get("/9x9/a%20b.jpg")
    assert asked(origin)[2].startswith("bucket"), "the first origin is asked each time"
    assert [number for number in edge.numbers() if number][:4] == ["1", "3", "5", "7"]


@pytest.mark.parametrize("status", [200, 404, 500, 503])
async def test_no_other_status_fails_over(
    make: Make, open_edge: Callable[..., Awaitable[Location]], origin: ScriptedOrigin, status: int
) -> None:
    origin.answer = answering(status)
    edge = await open_edge(make(), signer=SIGNER)
    got = await edge.get("/a.jpg")
    assert (got.status, got.body) == (status, b"bucket")
    assert asked(origin) == ["bucket GET /a.jpg"]


async def test_an_error_of_the_second_origin_is_the_answer(
    make: Make, open_edge: Callable[..., Awaitable[Location]], origin: ScriptedOrigin
) -> None:
    origin.answer = answering(403, 503)
    edge = await open_edge(make(), signer=SIGNER)
    assert [(await edge.get("/a.jpg")).status for _ in range(2)] == [503, 503]
    assert len(origin.asked) == 4, "and it is not cached"


@pytest.mark.parametrize(("method", "number"), [("HEAD", 2), ("OPTIONS", 2), ("PUT", 1)])
async def test_only_reading_methods_fail_over(
    make: Make, open_edge: Callable[..., Awaitable[Location]], origin: ScriptedOrigin, method: str, number: int
) -> None:
    origin.answer = answering(403)
    edge = await open_edge(make(), signer=SIGNER)
    await edge.ask(method, "/a.jpg")
    assert len(origin.asked) == number


async def test_only_requests_to_the_bucket_are_signed(
    make: Make, open_edge: Callable[..., Awaitable[Location]], origin: ScriptedOrigin
) -> None:
    origin.answer = answering(403)
    edge = await open_edge(make(), signer=SIGNER)
    await edge.get("/9x9/a%2Bb%25.jpg", Authorization="forged")
    bucket, api = origin.asked
    assert is_signed_by(SIGNER, "GET", BUCKET, bucket.raw_path, bucket.headers)
    assert "Authorization" not in api.headers


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"codes": [403, 504]}, "failover after 504"),
        ({"SelectionCriteria": "media-quality-based"}, "media-quality-based"),
        ({"Members": {"Items": [{"OriginId": "bucket"}]}}, "needs two members"),
        ({"Members": {"Items": [{"OriginId": "bucket"}, {"OriginId": "lost"}]}}, "lost is not defined"),
        ({"control": CONTROL | {"SigningBehavior": "no-override"}}, "no-override"),
        ({"control": CONTROL | {"OriginAccessControlOriginType": "lambda"}}, "lambda"),
    ],
)
def test_what_the_local_edge_does_not_know_is_refused(make: Make, options: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read_behaviours(make(**options))
