from __future__ import annotations

from typing import Any

import pytest
from multidict import CIMultiDict

from local.cloudfront.function_event import request_shape
from local.cloudfront.viewer_function import FunctionError, InvalidResultError, ViewerFunction
from local.exchange import Answer, ViewerRequest


def request(path: str = "/a%20b.jpg", query: str = "", **headers: str) -> ViewerRequest:
    return ViewerRequest("GET", path, query, CIMultiDict(headers), "192.0.2.1")


def run(code: str, sent: ViewerRequest | None = None) -> ViewerRequest | Answer:
    return ViewerFunction(code, "E123", "d123.cloudfront.net").on_request(sent or request(), "id")


def passed(code: str, sent: ViewerRequest | None = None) -> ViewerRequest:
    result = run(code, sent)
    assert isinstance(result, ViewerRequest)
    return result


def answered(code: str) -> Answer:
    result = run(code)
    assert isinstance(result, Answer)
    return result


def test_a_request_has_cloudfront_s_event_structure() -> None:
    headers = CIMultiDict([("Accept", "a"), ("X-Two", "1"), ("x-two", "2"), ("Cookie", "c=1; d=2"), ("Cookie", "c=3")])
    shape = request_shape(ViewerRequest("GET", "/%C3%A9", "w=1&f&w=2&x=%20", headers, "192.0.2.1"))
    assert shape == {
        "method": "GET",
        "uri": "/%C3%A9",
        "querystring": {
            "w": {"value": "1", "multiValue": [{"value": "1"}, {"value": "2"}]},
            "f": {"value": ""},
            "x": {"value": "%20"},
        },
        "headers": {
            "accept": {"value": "a"},
            "x-two": {"value": "1", "multiValue": [{"value": "1"}, {"value": "2"}]},
        },
        "cookies": {
            "c": {"value": "1", "multiValue": [{"value": "1"}, {"value": "3"}]},
            "d": {"value": "2"},
        },
    }


def test_the_event_names_its_distribution() -> None:
    code = """function handler(event) {
      return {statusCode: 200, body: JSON.stringify([event.version, event.context, event.viewer])};
    }"""
    assert answered(code).body == (
        b'["1.0",{"distributionDomainName":"d123.cloudfront.net","distributionId":"E123",'
        b'"eventType":"viewer-request","requestId":"id"},{"ip":"192.0.2.1"}]'
    )


def test_a_request_that_is_returned_unchanged_stays_as_it_was() -> None:
    sent = request("/a%20b+c,d=1", "x=1&y&x=2", Accept="image/avif", Cookie="a=1;b=2")
    assert passed("function handler(event) { return event.request; }", sent) == sent


def test_a_function_may_change_the_uri_the_query_and_the_headers() -> None:
    code = """
    async function handler(event) {
      const request = event.request;
      request.uri = request.uri.replace('300X200', '300x200') + '\\u00e9';
      const several = {value: '1', multiValue: [{value: '1'}, {value: '2'}]};
      request.querystring = {f: {value: 'webp'}, g: {value: ''}, h: several};
      request.headers['x-format'] = {value: request.headers.accept.value.includes('webp') ? 'webp' : 'jpeg'};
      return request;
    }"""
    result = passed(code, request("/300X200/a.jpg", "old=1", Accept="image/webp", Cookie="a=1"))
    assert (result.path, result.query) == ("/300x200/a.jpg%C3%A9", "f=webp&g&h=1&h=2")
    assert dict(result.headers) == {"accept": "image/webp", "x-format": "webp", "Cookie": "a=1"}


def test_a_function_may_return_an_answer() -> None:
    code = """function handler(event) { return {
      statusCode: 302, statusDescription: 'Found', headers: {location: {value: '/elsewhere'}},
      cookies: {seen: {value: '1', attributes: 'Path=/'}}, body: {encoding: 'base64', data: 'aGk='} }; }"""
    result = answered(code)
    assert (result.status, result.body) == (302, b"hi")
    assert dict(result.headers) == {"location": "/elsewhere", "Set-Cookie": "seen=1; Path=/"}


def test_the_promise_of_an_asynchronous_function_is_awaited() -> None:
    code = (
        "async function handler(event) { await null; await null; event.request.uri = '/later'; return event.request; }"
    )
    assert passed(code).path == "/later"


@pytest.mark.parametrize(
    "code",
    [
        "function handler(event) { throw new Error('no'); }",
        "async function handler(event) { throw new Error('no'); }",
        "function handler(event) { while (true) {} }",
        "async function handler(event) { await null; while (true) {} }",
        "function handler(event) { const a = []; while (true) a.push('x'.repeat(1000) + a.length); }",
        "function handler(event) { return handler(event); }",
        "function handler(event) { return /^(a+)+$/.test('a'.repeat(64) + 'b') ? event.request : null; }",
        "function handler(event) { return new Promise(() => {}); }",
        "async function handler(event) { while (true) await null; }",
        "const other = 1;",
    ],
)
def test_a_function_that_fails_or_exceeds_a_limit_is_stopped(code: str) -> None:
    with pytest.raises(FunctionError):
        run(code)


def test_a_function_works_again_after_it_was_stopped() -> None:
    code = "function handler(event) { while (event.request.uri === '/loop') {} return event.request; }"
    function = ViewerFunction(code, "E123", "d123.cloudfront.net")
    with pytest.raises(FunctionError):
        function.on_request(request("/loop"), "id")
    assert function.on_request(request("/fine"), "id") == request("/fine")


def test_code_that_can_not_be_parsed_is_refused_at_once() -> None:
    with pytest.raises(FunctionError):
        ViewerFunction("function handler(event) {", "E123", "d123.cloudfront.net")


@pytest.mark.parametrize(
    "result",
    [
        "null",
        "undefined",
        "'text'",
        "[]",
        "{}",
        "{uri: 'no-slash'}",
        "{uri: '/a?b=c'}",
        "{uri: '/a#b'}",
        "{uri: '/' + 'x'.repeat(9000)}",
        "{uri: 7}",
        "{uri: '/', headers: {a: 'b'}}",
        "{uri: '/', headers: {a: {value: 'b\\r\\nc: d'}}}",
        "{uri: '/', querystring: {a: null}}",
        "{statusCode: 'x'}",
        "{statusCode: 99}",
        "{statusCode: 700}",
        "{statusCode: 200, headers: {a: {value: 'b\\nc'}}}",
        "{statusCode: 200, body: {encoding: 'base64', data: '!'}}",
    ],
)
def test_a_result_that_is_neither_request_nor_response_is_refused(result: str) -> None:
    with pytest.raises(InvalidResultError):
        run(f"function handler(event) {{ return {result}; }}")


def test_a_uri_that_would_split_the_request_is_encoded() -> None:
    assert (
        passed("function handler(e) { e.request.uri = '/a b\\r\\nHost: x'; return e.request; }").path
        == "/a%20b%0D%0AHost:%20x"
    )


def test_a_function_may_change_an_answer_but_never_sees_its_body() -> None:
    code = """function handler(event) {
      const response = event.response;
      response.headers.vary = {value: 'Accept'};
      response.headers['x-seen'] = {value: [event.context.eventType, event.request.uri, 'body' in response].join()};
      return response;
    }"""
    headers = CIMultiDict([("ETag", "one"), ("Set-Cookie", "a=1; Path=/"), ("X-Two", "1"), ("X-Two", "2")])
    function = ViewerFunction(code, "E123", "d123.cloudfront.net")
    changed = function.on_response(request("/a"), Answer(200, headers, b"pixels"), "id")
    assert (changed.status, changed.body) == (200, b"pixels")
    assert sorted(changed.headers.items()) == [
        ("Set-Cookie", "a=1; Path=/"),
        ("etag", "one"),
        ("vary", "Accept"),
        ("x-seen", "viewer-response,/a,false"),
        ("x-two", "1"),
        ("x-two", "2"),
    ]


def test_an_answer_that_is_returned_unchanged_stays_as_it_was() -> None:
    answer = Answer(200, CIMultiDict({"ETag": "one", "Set-Cookie": "a=1"}), b"pixels")
    function = ViewerFunction("function handler(event) { return event.response; }", "E123", "d123.cloudfront.net")
    assert function.on_response(request(), answer, "id") is answer


def test_a_function_may_replace_an_answer_s_status_and_body() -> None:
    code = "function handler(event) { return {...event.response, statusCode: 404, body: 'none'}; }"
    answer = Answer(200, CIMultiDict({"Content-Length": "6"}), b"pixels")
    replaced = ViewerFunction(code, "E123", "d123.cloudfront.net").on_response(request(), answer, "id")
    assert (replaced.status, replaced.body, dict(replaced.headers)) == (404, b"none", {})


def test_a_function_on_answers_must_return_one() -> None:
    function = ViewerFunction("function handler(event) { return event.request; }", "E123", "d123.cloudfront.net")
    with pytest.raises(InvalidResultError):
        function.on_response(request(), Answer(200, CIMultiDict(), b""), "id")


FUNCTION = """function handler(event) {
  const request = event.request;
  if (request.uri === '/teapot') return {statusCode: 418, headers: {'x-by': {value: 'function'}}};
  if (request.uri === '/throw') throw new Error('no');
  if (request.uri === '/nothing') return 1;
  request.uri = request.uri.toLowerCase();
  return request;
}"""


@pytest.mark.sockets
async def test_the_edge_runs_the_function_before_it_looks_into_the_cache(
    origin: Any, open_edge: Any, distribution: Any
) -> None:
    association = {"Items": [{"FunctionARN": "arn:f", "EventType": "viewer-request"}]}
    deployed = distribution(behaviour={"FunctionAssociations": association}, functions={"arn:f": FUNCTION})
    edge = await open_edge(deployed)
    got = [await edge.get(path) for path in ("/Cat.PNG", "/cat.png", "/teapot", "/throw", "/nothing")]
    assert [(one.status, one.x_cache) for one in got] == [
        (200, "Miss"),
        (200, "Hit"),
        (418, "FunctionGeneratedResponse"),
        (503, "FunctionExecutionError"),
        (502, "FunctionValidationError"),
    ]
    assert got[2].headers["x-by"] == "function"
    assert [asked.raw_path for asked in origin.asked] == ["/cat.png"]


@pytest.mark.sockets
async def test_the_edge_runs_the_function_on_answers_hit_or_miss_but_not_on_errors(
    origin: Any, open_edge: Any, distribution: Any
) -> None:
    on_request = """function handler(e) {
      e.request.headers['x-auto'] = {value: e.request.uri};
      e.request.uri = '/same';
      return e.request;
    }"""
    on_response = "function handler(e) { e.response.headers.seen = e.request.headers['x-auto']; return e.response; }"
    associations = [
        {"FunctionARN": "arn:1", "EventType": "viewer-request"},
        {"FunctionARN": "arn:2", "EventType": "viewer-response"},
    ]
    edge = await open_edge(
        distribution(
            behaviour={"FunctionAssociations": {"Items": associations}},
            functions={"arn:1": on_request, "arn:2": on_response},
        )
    )
    miss, hit = await edge.get("/a"), await edge.get("/b", If_None_Match="*")
    assert [(one.status, one.x_cache, one.headers["seen"]) for one in (miss, hit)] == [
        (200, "Miss", "/a"),
        (304, "Hit", "/b"),
    ]
    assert "x-auto" not in origin.asked[0].headers
    edge.edge.invalidate(["/*"])
    origin.status = 404
    assert "seen" not in (await edge.get("/c")).headers
