from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from aiohttp import web
from botocore.config import Config
from botocore.exceptions import ClientError
from yarl import URL

from local.cloudfront.invalidations import InvalidationProxy
from local.server import serve

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

    from botocore.client import BaseClient

    from local.steps import Step

pytestmark = pytest.mark.sockets

CREATED = """<?xml version="1.0"?>
<Invalidation xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/"><Id>I77</Id><Status>Completed</Status>
<CreateTime>2026-11-24T07:00:00Z</CreateTime><InvalidationBatch><Paths><Quantity>0</Quantity></Paths>
<CallerReference>r</CallerReference></InvalidationBatch></Invalidation>"""
REFUSED = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>"


@dataclass
class Control:
    """An emulated control plane, and the items that the edge received."""

    status: int = 201
    asked: list[tuple[web.BaseRequest, bytes]] = field(default_factory=list)
    invalidated: list[Sequence[str]] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    port: int = 0

    async def handle(self, request: web.BaseRequest) -> web.Response:
        self.asked.append((request, await request.read()))
        text = CREATED if self.status == 201 else REFUSED
        return web.Response(status=self.status, text=text, content_type="text/xml", headers={"x-amzn-requestid": "q"})

    def invalidate(self, items: Sequence[str]) -> int:
        self.invalidated.append(items)
        return len(items)


@pytest.fixture
async def control() -> AsyncIterator[Control]:
    control = Control()
    async with (
        serve(control.handle) as emulator,
        InvalidationProxy(
            URL(f"http://127.0.0.1:{emulator}"), {"E123": control.invalidate}, control.steps.append
        ) as proxy,
        serve(proxy.handle) as control.port,
    ):
        yield control


@pytest.fixture
def cloudfront(control: Control) -> Iterator[BaseClient]:
    client = boto3.client(
        "cloudfront",
        endpoint_url=f"http://127.0.0.1:{control.port}",
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106 - no secret
        config=Config(retries={"total_max_attempts": 1}),
    )
    yield client
    client.close()


async def create(client: Any, *items: str, distribution: str = "E123") -> Any:
    batch = {"Paths": {"Quantity": len(items), "Items": list(items)}, "CallerReference": "r"}
    return await asyncio.to_thread(client.create_invalidation, DistributionId=distribution, InvalidationBatch=batch)


async def test_an_accepted_invalidation_reaches_the_edge(control: Control, cloudfront: BaseClient) -> None:
    answer = await create(cloudfront, "/300x200/a&b%20c.jpg")
    assert answer["Invalidation"]["Id"] == "I77"
    assert answer["ResponseMetadata"]["HTTPHeaders"]["x-amzn-requestid"] == "q"
    assert control.invalidated == [["/300x200/a&b%20c.jpg"]]
    (step,) = control.steps
    assert (step.number, step.details["invalidation_id"], step.details["dropped"]) == ("11", "I77", 1)
    assert "/300x200/a&b%20c.jpg" in step.what


async def test_tags_are_reported_as_step_c(control: Control, cloudfront: BaseClient) -> None:
    await create(cloudfront, *(f"#{number}" for number in range(5)))
    assert control.invalidated == [["#0", "#1", "#2", "#3", "#4"]]
    assert (control.steps[0].number, "#2 and 2 more" in control.steps[0].what) == ("C", True)


async def test_paths_and_tags_in_one_batch_are_two_steps(control: Control, cloudfront: BaseClient) -> None:
    await create(cloudfront, "#tag", "/a")
    assert [(step.number, step.details["items"]) for step in control.steps] == [("11", ["/a"]), ("C", ["#tag"])]


async def test_a_refused_invalidation_does_not_reach_the_edge(control: Control, cloudfront: BaseClient) -> None:
    control.status = 403
    with pytest.raises(ClientError, match="AccessDenied"):
        await create(cloudfront, "/a")
    assert not control.invalidated
    assert not control.steps


async def test_another_distribution_s_invalidation_does_not_reach_the_edge(
    control: Control, cloudfront: BaseClient
) -> None:
    await create(cloudfront, "/a", distribution="E999")
    assert not control.invalidated


async def test_a_request_reaches_the_emulator_as_it_was_signed(control: Control, cloudfront: BaseClient) -> None:
    await create(cloudfront, "/a")
    request, body = control.asked[0]
    assert request.headers["Host"] == f"127.0.0.1:{control.port}"
    assert request.headers["Authorization"].startswith("AWS4-HMAC-SHA256")
    assert b"<Path>/a</Path>" in body
    assert request.raw_path == "/2020-05-31/distribution/E123/invalidation"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<Paths>",
        b"\xff\xfe\x00",
        b'<!DOCTYPE a [<!ENTITY e "/a">]><Paths><Items><Path>&e;</Path></Items></Paths>',
        b"<InvalidationBatch><Paths/></InvalidationBatch>",
    ],
)
async def test_a_body_that_is_not_plain_xml_invalidates_nothing(control: Control, viewer_of: Any, body: bytes) -> None:
    got = await viewer_of(control.port).ask("POST", "/2020-05-31/distribution/E123/invalidation", body=body)
    assert got.status == 201, "the answer is the emulator's"
    assert not control.invalidated


async def test_other_calls_pass_through(control: Control, viewer_of: Any) -> None:
    got = await viewer_of(control.port).ask("GET", "/2020-05-31/distribution/E123/invalidation?MaxItems=1")
    assert got.status == 201
    assert control.asked[0][0].raw_path == "/2020-05-31/distribution/E123/invalidation?MaxItems=1"
    assert not control.invalidated


async def test_a_dead_emulator_is_a_503(viewer_of: Any) -> None:
    async with InvalidationProxy(URL("http://127.0.0.1:9"), {}, lambda _: None) as proxy, serve(proxy.handle) as port:
        assert (await viewer_of(port).get("/")).status == 503
