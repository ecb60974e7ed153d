"""Random requests to the deployed stack: no answer is a 5xx, and docs/openapi.yaml describes each.

The same few hundred requests in every run of the tests; `make fuzz-http` sends thousands of new ones.
"""

from __future__ import annotations

import os
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from PIL import Image

from grammar.options import BY_NAME
from local.stack import StackOptions
from world import SAMPLES

from .contract import DOCUMENT, find_deviation, resolve, template_of
from .running import Response, ask, start

if TYPE_CHECKING:
    from collections.abc import Iterator

REQUESTS = int(os.environ.get("FUZZ_REQUESTS", "0"))
"""How many new requests to send; 0: the same few each time."""

ALLOWED = {
    "ApiRateLimit": "10000",
    "ApiBurstLimit": "5000",
    "MaximumOutputPixels": "1000000",
    "InvalidationBudget": "0",
}

KEYS = ("a.png", "b.jpg", "moving.gif", "notes.txt", "damaged.jpg", "été/x y+z%.png", "page.html", "missing.png")


@pytest.fixture(scope="module")
def edge() -> Iterator[str]:
    """Return the address of a stack with a few small originals, good and bad."""
    picture = Image.open(SAMPLES / "coffee.png").resize((60, 40))
    bodies = {"notes.txt": b"text", "damaged.jpg": (SAMPLES / "hubble.jpg").read_bytes()[:900], "page.html": b"<html>"}
    for key, kind in (("a.png", "PNG"), ("b.jpg", "JPEG"), ("été/x y+z%.png", "PNG"), ("moving.gif", "GIF")):
        file = BytesIO()
        picture.convert("RGB").save(
            file, kind, **({"save_all": True, "append_images": [picture]} if kind == "GIF" else {})
        )
        bodies[key] = file.getvalue()
    running, stop = start(StackOptions(parameters=ALLOWED))
    try:
        for key, body in bodies.items():
            running.upload(key, body)
        yield running.names["edge"]
    finally:
        stop()


texts = st.text(st.characters(codec="utf-8"), max_size=8)
numbers = st.integers(-1, 20000).map(str) | st.integers(1, 300).map(str)
words = st.sampled_from(
    ["contain", "cover", "fill", "pad", "north", "center", "webp", "avif", "jpeg", "png", "gif", "auto", "svg"]
) | st.sampled_from(["fff", "00ff0080", "1.5", "4", "a_b"])
sizes = st.builds("{}x{}".format, numbers | st.just(""), numbers | st.just(""))
options = st.builds("{}={}".format, st.sampled_from(sorted(BY_NAME)) | texts, numbers | words | texts)
transforms = st.lists(sizes | options, min_size=1, max_size=4).map(",".join) | texts
keys = st.sampled_from(KEYS) | st.lists(texts | st.sampled_from(["..", ".", "", "%", "resize", "1x"]), max_size=4).map(
    "/".join
)


@st.composite
def paths(draw: st.DrawFn) -> str:
    """Draw a path as a client might write it: encoded well, too much, too little, or twice; ASCII in the end."""
    prefix = draw(st.sampled_from(["/", "/", "/resize/", "/resize/", "/resize", "//"]))
    path = prefix + draw(st.sampled_from(["", ""]) | transforms.map(lambda text: text + "/")) + draw(keys)
    safe = draw(st.sampled_from(["/,=", "/,=", "/", "/,=%+;:@!$&'()*", ""]))
    path = "/" + quote(path[1:], safe=safe)
    at = draw(st.integers(0, len(path)))
    junk = draw(
        st.sampled_from([""] * 6 + ["%", "%00", "%0d%0a", "%ff", "%c0%af", "%2e%2e", "//", "+", "?", "?a=b", "*"])
    )
    return (path[:at] + junk + path[at:]) if at else path


headers = st.fixed_dictionaries(
    {},
    optional={
        "Range": st.sampled_from(
            ["bytes=0-9", "bytes=5-", "bytes=-1", "bytes=9-3", "bytes=0-1,3-4", "bytes=999999-", "x"]
        ),
        "If-None-Match": st.sampled_from(["*", '"x"', 'W/"x", "y"', "x"]),
        "If-Match": st.sampled_from(["*", '"x"']),
        "If-Modified-Since": st.sampled_from(["Wed, 21 Oct 2015 07:28:00 GMT", "Wed, 21 Oct 2099 07:28:00 GMT", "x"]),
        "Accept": st.sampled_from(["image/avif", "image/webp;q=0", "*/*", ",;=", "image/" * 50]),
        "Referer": st.sampled_from(["", "x" * 32, "https://example.com/"]),
        "X-Format-Auto": st.just("1"),
        "Origin": st.sampled_from(["https://example.com", "null"]),
        "Accept-Encoding": st.sampled_from(["gzip, br", "identity;q=0"]),
    },
)
methods = st.sampled_from(["GET"] * 12 + ["HEAD"] * 3 + ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])


def send(edge: str, method: str, path: str, headers: dict[str, str]) -> list[Response]:
    """Send a request and follow one redirect, which may not lead away."""
    first = ask(edge, path, method, **headers)
    location = first.headers.get("location", "")
    if first.status != 307:
        return [first]
    assert location.startswith(edge + "/resize/"), location
    return [first, ask(edge, location.removeprefix(edge), method, **headers)]


@pytest.mark.sockets
@given(method=methods, path=paths(), headers=headers)
@settings(
    max_examples=REQUESTS or 400,
    derandomize=not REQUESTS,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
def test_every_answer_is_described_and_none_is_a_5xx(
    edge: str, method: str, path: str, headers: dict[str, str]
) -> None:
    answers = send(edge, method, path, headers)
    asked = [path, answers[0].headers.get("location", "").removeprefix(edge)]
    for target, answer in zip(asked, answers, strict=False):
        assert answer.status < 500, (target, answer.body[:300])
        assert find_deviation(method, target, answer) is None, (
            target,
            answer.status,
            answer.headers,
            answer.body[:300],
        )


def test_the_documents_references_and_schemas_are_sound() -> None:
    for path, item in DOCUMENT["paths"].items():
        for method in ("get", "head"):
            for status, response in item[method]["responses"].items():
                resolved = resolve(response)
                assert resolved["description"], (path, status)
                for header in resolved.get("headers", {}).values():
                    Draft202012Validator.check_schema(header["schema"])
    for schema in DOCUMENT["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/300x200/a.jpg", "/{transform}/{key}"),
        ("/f%3Dwebp/a.jpg", "/{transform}/{key}"),
        ("/a/300x200/b.jpg", "/{key}"),
        ("/x/b.jpg", "/{key}"),
        ("/", "/{key}"),
        ("/resize/300x200/a.jpg", "/resize/{transform}/{key}"),
        ("/%72esize/./300x200/a.jpg?b", "/resize/{transform}/{key}"),
    ],
)
def test_a_request_has_one_path_of_the_document(path: str, expected: str) -> None:
    assert template_of(path) == expected


@pytest.mark.parametrize(
    ("answer", "deviation"),
    [
        (
            Response(
                500,
                {"content-type": "application/problem+json"},
                b'{"type":"about:blank","title":"t","request_id":"r"}',
            ),
            None,
        ),
        (Response(418, {}, b""), "the status is not described"),
        (Response(404, {"content-type": "text/plain"}, b""), "the type 'text/plain' is not described"),
        (Response(404, {"content-type": "application/problem+json"}, b'{"title":1}'), "the body is not described"),
        (Response(302, {}, b""), "Location is None"),
        (Response(429, {}, b""), "Retry-After is None"),
        (Response(503, {"retry-after": "soon"}, b""), "Retry-After is 'soon'"),
    ],
)
def test_an_answer_that_differs_from_the_document_is_found(answer: Response, deviation: Any) -> None:
    assert find_deviation("GET", "/resize/1x/a.jpg", answer) == deviation
