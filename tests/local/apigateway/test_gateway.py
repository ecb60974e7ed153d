"""API Gateway's data plane over real HTTP, with a function whose answer each test sets."""

from __future__ import annotations

import base64
import io
import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from yarl import URL

from local.apigateway.api import Api, GatewayResponse, Integration, Resource, is_permitted
from local.apigateway.gateway import PAYLOAD_LIMIT, Gateway, compile_path, rank_path
from local.apigateway.gateway_event import MalformedAnswerError, read_reply
from local.apigateway.resource_policy import ResourcePolicy, Statement
from local.apigateway.throttle import Throttle
from local.lambdas.function import Answer
from local.lambdas.runtime import EventTooLargeError, ThrottledError
from local.server import serve

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:resize:live"
HOST = "abc.execute-api.us-east-1.amazonaws.com"


@dataclass
class Stage:
    """A stage under test: the events of its function, and the answer that a test sets."""

    events: list[dict[str, Any]] = field(default_factory=list)
    answer: Any = field(default_factory=lambda: {"statusCode": 200, "body": "yes"})
    error: str = ""
    raises: Exception | None = None
    port: int = 0
    api: Api = field(init=False)

    async def invoke(self, event: bytes) -> Answer:
        self.events.append(json.loads(event))
        if self.raises:
            raise self.raises
        return Answer(json.dumps(self.answer).encode(), self.error)

    async def ask(
        self, path: str, method: str = "GET", host: str = HOST, **options: Any
    ) -> tuple[int, dict[str, str], bytes]:
        url = URL(f"http://127.0.0.1:{self.port}{path}", encoded=True)
        headers = {"Host": host, **options.pop("headers", {})}
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, url, headers=headers, **options) as response,
        ):
            return response.status, dict(response.headers), await response.read()


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    stage = Stage()
    integration = Integration(FUNCTION, 0.5)
    responses = {
        "MISSING_AUTHENTICATION_TOKEN": GatewayResponse(404, {"Cache-Control": "no-store"}, '{"title":"Not found"}'),
        "DEFAULT_5XX": GatewayResponse(
            0, {"Content-Type": "application/problem+json"}, '{"d":$context.error.messageString}'
        ),
    }
    resources = (
        Resource("r1", "/resize/{path+}", {"GET": integration, "HEAD": integration}),
        Resource("r2", "/closed", {"ANY": Integration(FUNCTION, 1, permitted=False)}),
    )
    stage.api = Api("abc", "live", "us-east-1", "000000000000", resources, responses)
    async with serve(Gateway(stage.api, {FUNCTION: stage.invoke}).handle) as stage.port:
        yield stage


async def refuse(stage: Stage, **changes: Any) -> tuple[int, dict[str, str], bytes]:
    """Send a valid request to a stage with these limits."""
    async with serve(Gateway(replace(stage.api, **changes), {FUNCTION: stage.invoke}).handle) as stage.port:
        return await stage.ask("/live/resize/x", headers={"Referer": "wrong"})


@pytest.mark.sockets
async def test_a_request_that_the_policy_denies_gets_only_a_403(stage: Stage) -> None:
    statement = Statement(
        allows=True,
        resources=("arn:aws:execute-api:us-east-1:000000000000:abc/*",),
        headers=(("referer", ("right",)),),
    )
    policy = ResourcePolicy((statement,))
    status, headers, _ = await refuse(stage, policy=policy)
    assert (status, headers["x-amzn-ErrorType"], stage.events) == (403, "ACCESS_DENIED", [])
    async with serve(Gateway(replace(stage.api, policy=policy), {FUNCTION: stage.invoke}).handle) as stage.port:
        assert (await stage.ask("/live/resize/x", headers={"Referer": "right"}))[0] == 200
        assert (await stage.ask("/live/resize/x"))[0] == 403


@pytest.mark.sockets
async def test_a_throttled_request_gets_a_429_with_retry_after(stage: Stage) -> None:
    response = GatewayResponse(429, {"Retry-After": "1"}, '{"title":"Too many"}')
    changes = {"throttle": Throttle(rate=1, burst=0), "responses": {"THROTTLED": response}}
    status, headers, body = await refuse(stage, **changes)
    assert (status, headers["Retry-After"], body) == (429, "1", b'{"title":"Too many"}')
    assert not stage.events


@pytest.mark.sockets
async def test_client_function_and_gateway_responses_see_the_same_request_id(stage: Stage) -> None:
    _, headers, _ = await stage.ask("/live/resize/x")
    assert stage.events[0]["requestContext"]["requestId"] == headers["x-amzn-RequestId"]
    template = GatewayResponse(404, {}, '{"request_id":"$context.requestId"}')
    api = replace(stage.api, responses={"MISSING_AUTHENTICATION_TOKEN": template})
    async with serve(Gateway(api, {FUNCTION: stage.invoke}).handle) as stage.port:
        _, headers, body = await stage.ask("/live/elsewhere")
    assert json.loads(body) == {"request_id": headers["x-amzn-RequestId"]}


@pytest.mark.sockets
async def test_a_path_reaches_the_function_as_it_was_encoded(stage: Stage) -> None:
    await stage.ask("/live/resize/300x200/a%20b%2Bc+d//%C3%BC.jpg?v=1&v=2&w")
    event = stage.events[0]
    assert event["path"] == "/resize/300x200/a%20b%2Bc+d//%C3%BC.jpg"
    assert event["pathParameters"] == {"path": "300x200/a%20b%2Bc+d//%C3%BC.jpg"}
    assert event["resource"] == "/resize/{path+}"
    assert event["queryStringParameters"] == {"v": "2", "w": ""}
    assert event["multiValueQueryStringParameters"] == {"v": ["1", "2"], "w": [""]}
    context = event["requestContext"]
    assert (context["stage"], context["path"]) == ("live", "/live" + event["path"])
    assert context["identity"]["sourceIp"] == "127.0.0.1"
    assert (event["body"], event["isBase64Encoded"]) == (None, False)


@pytest.mark.sockets
async def test_a_function_sees_the_viewers_headers_and_where_they_came_from(stage: Stage) -> None:
    await stage.ask("/live/resize/x", headers={"Accept": "image/avif,*/*"})
    headers = stage.events[0]["headers"]
    assert headers["Accept"] == "image/avif,*/*"
    assert headers["X-Forwarded-Proto"] == "https"
    assert stage.events[0]["multiValueHeaders"]["Host"] == [HOST]


@pytest.mark.sockets
async def test_a_binary_answer_arrives_decoded(stage: Stage) -> None:
    body = base64.b64encode(bytes(range(256))).decode()
    headers = {"Content-Type": "image/webp"}
    stage.answer = {"statusCode": 200, "headers": headers, "body": body, "isBase64Encoded": True}
    status, answered, received = await stage.ask("/live/resize/x")
    assert (status, answered["Content-Type"], received) == (200, "image/webp", bytes(range(256)))


@pytest.mark.sockets
async def test_a_redirect_of_the_function_is_returned(stage: Stage) -> None:
    stage.answer = {"statusCode": 302, "headers": {"Location": "/300x200/a.jpg"}}
    status, headers, _ = await stage.ask("/live/resize/x", allow_redirects=False)
    assert (status, headers["Location"]) == (302, "/300x200/a.jpg")


@pytest.mark.sockets
async def test_head_has_no_body(stage: Stage) -> None:
    stage.answer = {"statusCode": 200, "body": "eight of", "headers": {"Content-Length": "9"}}
    status, headers, body = await stage.ask("/live/resize/x", method="HEAD")
    assert (status, body) == (200, b"")
    assert (headers["Content-Length"], headers["x-amzn-Remapped-Content-Length"]) == ("8", "9")
    assert stage.events[0]["httpMethod"] == "HEAD"


@pytest.mark.sockets
@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/live/other", "GET"),
        ("/live/resize/", "GET"),
        ("/test/resize/x", "GET"),
        ("/live/resize/x", "POST"),
        ("/", "GET"),
        ("/%ff%00", "GET"),
    ],
)
async def test_an_unknown_path_method_or_stage_gets_the_deployed_gateway_response(
    stage: Stage, path: str, method: str
) -> None:
    status, headers, body = await stage.ask(path, method)
    assert (status, body) == (404, b'{"title":"Not found"}')
    assert headers["Cache-Control"] == "no-store"
    assert headers["x-amzn-ErrorType"] == "MISSING_AUTHENTICATION_TOKEN"
    assert not stage.events


@pytest.mark.sockets
async def test_another_host_is_another_api(stage: Stage) -> None:
    status, _, _ = await stage.ask("/live/resize/x", host="other.execute-api.us-east-1.amazonaws.com")
    assert status == 404
    assert not stage.events


@pytest.mark.sockets
@pytest.mark.parametrize(
    "answer",
    [
        None,
        "text",
        [],
        {"body": "no status"},
        {"statusCode": "two hundred"},
        {"statusCode": 99},
        {"statusCode": 200, "body": "no base64!", "isBase64Encoded": True},
        {"statusCode": 200, "body": {"an": "object"}},
        {"statusCode": 200, "headers": {"X-Bad": "a\r\nSet-Cookie: b"}},
        {"statusCode": 200, "headers": {"X-Bad": ["a", "list"]}},
    ],
)
async def test_a_malformed_answer_is_a_502_as_deployed(stage: Stage, answer: object) -> None:
    stage.answer = answer
    status, headers, body = await stage.ask("/live/resize/x")
    assert (status, json.loads(body)) == (502, {"d": "Internal server error"})
    assert headers["Content-Type"] == "application/problem+json"


@pytest.mark.sockets
async def test_a_failed_invocation_is_a_502(stage: Stage) -> None:
    stage.error = "Unhandled"
    assert (await stage.ask("/live/resize/x"))[0] == 502


@pytest.mark.sockets
@pytest.mark.parametrize(
    ("error", "expected"), [(TimeoutError(), 504), (EventTooLargeError(), 413), (ThrottledError(), 500)]
)
async def test_each_error_before_an_invocation_has_its_status(stage: Stage, error: Exception, expected: int) -> None:
    stage.raises = error
    assert (await stage.ask("/live/resize/x"))[0] == expected


@pytest.mark.sockets
async def test_a_throttled_function_has_its_own_gateway_response(stage: Stage) -> None:
    stage.raises = ThrottledError()
    response = GatewayResponse(503, {"Retry-After": "1"}, '{"title":"Too many"}')
    status, headers, body = await refuse(stage, responses={"INTEGRATION_FAILURE": response})
    assert (status, headers["Retry-After"], body) == (503, "1", b'{"title":"Too many"}')


@pytest.mark.sockets
async def test_a_function_that_does_not_permit_the_api_is_a_500(stage: Stage) -> None:
    assert (await stage.ask("/live/closed"))[0] == 500
    assert not stage.events


@pytest.mark.sockets
async def test_a_body_beyond_ten_megabytes_is_refused(stage: Stage) -> None:
    status, _, _ = await stage.ask("/live/resize/x", data=io.BytesIO(b"x" * (PAYLOAD_LIMIT + 1)))
    assert status == 413
    assert not stage.events


def test_headers_that_belong_to_the_connection_are_remapped_or_dropped() -> None:
    answer = {"statusCode": 200, "headers": {"Date": "now", "Transfer-Encoding": "chunked", "ETag": '"1"'}}
    headers = read_reply(json.dumps(answer).encode()).headers
    assert dict(headers) == {"x-amzn-Remapped-Date": "now", "ETag": '"1"'}


def test_a_header_may_have_several_values() -> None:
    answer = {"statusCode": 200, "multiValueHeaders": {"Link": ["<a>", "<b>"]}, "headers": {"X": 1, "Link": "<a>"}}
    headers = read_reply(json.dumps(answer).encode()).headers
    assert headers.getall("Link") == ["<a>", "<b>"]
    assert headers["X"] == "1"


def test_an_answer_that_is_not_json_is_malformed() -> None:
    with pytest.raises(MalformedAnswerError):
        read_reply(b"<html>")


def test_the_most_specific_path_is_tried_first() -> None:
    paths = ["/{proxy+}", "/a/{name}", "/a/b", "/{name}"]
    assert sorted(paths, key=rank_path) == ["/a/b", "/a/{name}", "/{name}", "/{proxy+}"]


def test_a_parameter_matches_one_segment_and_a_greedy_one_the_rest() -> None:
    assert compile_path("/a/{name}").fullmatch("/a/b/c") is None
    match = compile_path("/a/{name}/{rest+}").fullmatch("/a/b/c/d")
    assert match is not None
    assert match.groups() == ("b", "c/d")


def test_a_functions_policy_decides_by_the_source() -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "apigateway.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Condition": {"ArnLike": {"AWS:SourceArn": "arn:aws:execute-api:us-east-1:1:abc/live/*/resize/*"}},
    }
    source = "arn:aws:execute-api:us-east-1:1:abc/live/GET/resize/*"
    assert is_permitted({"Statement": [statement]}, source)
    assert not is_permitted({"Statement": [statement]}, source.replace("abc", "other"))
    assert not is_permitted({"Statement": [{**statement, "Effect": "Deny"}]}, source)
    assert not is_permitted({}, source)
