"""Each fault as an AWS client sees it, and whether the call took effect."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import aiohttp
import boto3
import pytest
from aiohttp import web
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ConnectionClosedError, ReadTimeoutError
from yarl import URL

from lab.chaos import proxy
from lab.chaos.faults import Fault, Faults
from lab.chaos.outage import Outage
from lab.chaos.outage import Service as FailingService
from lab.chaos.proxy import FaultProxy
from local.server import serve
from local.wiring import Connection

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.sockets

PHOTOGRAPH = b"0123456789" * 1000
BEFORE = (Fault.ERROR, Fault.SLOW_DOWN, Fault.RESET_BEFORE, Fault.STALL_BEFORE)


class Scripted(Faults):
    """Draws one fault, and then none."""

    def __init__(self, fault: Fault | None) -> None:
        super().__init__(1, "seed")
        self.fault = fault

    def draw(self) -> Fault | None:
        fault, self.fault = self.fault, None
        return fault


@dataclass
class Service:
    """The server behind the proxy; it records requests and bodies."""

    port: int = 0
    asked: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        self.asked.append(f"{request.method} {request.raw_path}")
        self.bodies.append(await request.read())
        headers = {"ETag": '"e"', "Last-Modified": "Wed, 21 Oct 2026 07:28:00 GMT"}
        if request.method == "PUT":
            return web.Response(headers=headers)
        return web.Response(body=PHOTOGRAPH, headers=headers)


@asynccontextmanager
async def between(
    fault: Fault | None, connection: Connection = Connection.TO_AWS, outage: Outage | None = None
) -> AsyncIterator[tuple[Service, FaultProxy]]:
    """Run a service behind a proxy with one fault, or an outage; the service's `port` is the proxy's."""
    service = Service()
    async with serve(service.handle) as port:
        front = FaultProxy(connection, URL(f"http://127.0.0.1:{port}"), Scripted(fault), outage or Outage("seed"))
        async with front, serve(front.handle) as service.port:
            yield service, front


def client(name: str, service: Service, attempts: int = 1) -> Any:
    return boto3.client(
        name,  # type: ignore[call-overload]
        endpoint_url=f"http://127.0.0.1:{service.port}",
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",  # noqa: S106 (of nobody)
        config=Config(read_timeout=0.5, retries={"mode": "standard", "total_max_attempts": attempts}),
    )


async def put(service: Service, attempts: int = 1) -> None:
    await asyncio.to_thread(client("s3", service, attempts).put_object, Bucket="b", Key="a b", Body=PHOTOGRAPH)


async def test_a_call_without_a_fault_is_forwarded_unchanged_and_at_once() -> None:
    async with between(None) as (service, _):
        started = time.monotonic()
        await put(service)  # boto3 would wait a second for "100 Continue"
        found = await asyncio.to_thread(client("s3", service).get_object, Bucket="b", Key="a b")
        assert found["Body"].read() == PHOTOGRAPH
        head = await asyncio.to_thread(client("s3", service).head_object, Bucket="b", Key="a b")
    assert head["ContentLength"] == len(PHOTOGRAPH)
    assert service.asked == ["PUT /b/a%20b", "GET /b/a%20b", "HEAD /b/a%20b"]
    assert PHOTOGRAPH in service.bodies[0]
    assert time.monotonic() - started < 20


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault is not Fault.TRUNCATED])
async def test_a_call_fails_with_its_effect_or_without(fault: Fault) -> None:
    async with between(fault) as (service, front):
        with pytest.raises((BotoCoreError, ClientError)) as caught:
            await put(service)
        error = caught.value
        effects = len(service.asked)
        counted = dict(front._faults.counts)
        await put(service)
    if fault in (Fault.ERROR, Fault.SLOW_DOWN):
        assert isinstance(error, ClientError)
        assert error.response["Error"]["Code"] == ("InternalError" if fault is Fault.ERROR else "SlowDown")
    else:
        unanswered = fault in (Fault.STALL_BEFORE, Fault.STALL_AFTER, Fault.LATE)
        assert isinstance(error, ReadTimeoutError if unanswered else ConnectionClosedError)
    assert effects == (fault not in BEFORE and fault is not Fault.LATE)
    assert counted == {fault: 1} or (not counted and fault is Fault.LATE)


async def test_trying_again_does_not_help_while_a_service_is_out() -> None:
    outage = Outage("seed")
    outage.begin(FailingService.S3)
    async with between(None, outage=outage) as (service, front):
        with pytest.raises((BotoCoreError, ClientError)):
            await put(service, attempts=3)
        assert service.asked == []
        assert front._faults.counts.total() == 3
        outage.end()
        await put(service)
    assert len(service.asked) == 1


async def test_a_client_that_tries_again_gets_through() -> None:
    async with between(Fault.RESET_AFTER) as (service, _):
        await put(service, attempts=2)
    assert len(service.asked) == 2


async def test_a_late_call_takes_effect_when_its_caller_has_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxy, "MAX_DELAY", 0.3)
    async with between(Fault.LATE) as (service, front):
        with pytest.raises(ReadTimeoutError):
            await put(service)
        assert service.asked == []
        for _ in range(200):
            if service.asked and not front.pending:
                break
            await asyncio.sleep(0.02)
    assert service.asked == ["PUT /b/a%20b"]


async def test_a_body_is_cut_off_at_a_clean_end_of_the_connection() -> None:
    async with between(Fault.TRUNCATED) as (service, _), aiohttp.ClientSession() as session:
        async with session.get(f"http://127.0.0.1:{service.port}/b/a") as response:
            assert response.content_length == len(PHOTOGRAPH)
            with pytest.raises(aiohttp.ClientPayloadError):
                await response.read()
        assert len(service.asked) == 1


@pytest.mark.parametrize(
    ("name", "operation", "arguments", "codes"),
    [
        ("s3", "head_object", {"Bucket": "b", "Key": "k"}, ("500", "503")),
        ("s3", "list_objects_v2", {"Bucket": "b"}, ("InternalError", "SlowDown")),
        (
            "s3",
            "copy_object",
            {"Bucket": "b", "Key": "k", "CopySource": "a/k"},
            ("InternalError", "SlowDown"),
        ),
        (
            "dynamodb",
            "get_item",
            {"TableName": "t", "Key": {"k": {"S": "v"}}},
            ("InternalServerError", "ProvisionedThroughputExceededException"),
        ),
        (
            "sqs",
            "send_message",
            {"QueueUrl": "http://127.0.0.1/0/q", "MessageBody": "m"},
            ("InternalFailure", "ServiceUnavailable"),
        ),
        (
            "cloudfront",
            "get_invalidation",
            {"DistributionId": "E1", "Id": "I1"},
            ("InternalFailure", "ServiceUnavailable"),
        ),
    ],
)
@pytest.mark.parametrize("busy", [False, True])
async def test_an_error_response_is_in_the_protocol_of_its_service(
    name: str, operation: str, arguments: dict[str, Any], codes: tuple[str, str], *, busy: bool
) -> None:
    connection = Connection.TO_CLOUDFRONT if name == "cloudfront" else Connection.TO_AWS
    async with between(Fault.SLOW_DOWN if busy else Fault.ERROR, connection) as (service, _):
        with pytest.raises(ClientError) as caught:
            await asyncio.to_thread(getattr(client(name, service), operation), **arguments)
    assert caught.value.response["Error"]["Code"] == codes[busy]
    assert service.asked == []


async def test_the_edge_gets_the_websites_own_page() -> None:
    async with (
        between(Fault.SLOW_DOWN, Connection.TO_WEBSITE) as (service, _),
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{service.port}/a") as response,
    ):
        assert (response.status, response.content_type) == (503, "text/html")
        assert "Cache-Control" not in response.headers
