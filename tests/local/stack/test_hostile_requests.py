"""Hostile paths, metadata and content types, through edge, website, API and functions of the deployed stack."""

from __future__ import annotations

import json
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from world import SAMPLES

if TYPE_CHECKING:
    from ..running import Response, Running

pytestmark = pytest.mark.sockets

COFFEE = (SAMPLES / "coffee.png").read_bytes()
MARKER = b"not readable from outside"
PROTECTION = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
}

RANDOM = ("x-amz-cf-id", "via")
"""Headers with random text, which may contain any three letters."""


@pytest.fixture(scope="module", autouse=True)
def cats(stack: Running) -> None:
    """Upload an original, and put an object of a similar name into another bucket."""
    stack.upload("photos/cat.png", COFFEE, ContentType="image/png")
    stack.stack.s3.create_bucket(Bucket="elsewhere")
    stack.stack.s3.put_object(Bucket="elsewhere", Key="cat.png", Body=MARKER)


TRAVERSALS = [
    *("/../elsewhere/cat.png", "/photos/../../elsewhere/cat.png", "/./../elsewhere/cat.png"),
    *(
        "/%2e%2e/elsewhere/cat.png",
        "/%2e%2e%2felsewhere%2fcat.png",
        "/..%2felsewhere/cat.png",
        "/..%5celsewhere/cat.png",
    ),
    *("/%252e%252e/elsewhere/cat.png", "/%252e%252e%252felsewhere%252fcat.png"),
    *(
        "/%c0%ae%c0%ae/elsewhere/cat.png",
        "/%c0%ae%c0%ae%c0%afelsewhere%c0%afcat.png",
        "/%e0%80%ae%e0%80%ae/elsewhere/cat.png",
    ),
    *("//elsewhere/cat.png", "///elsewhere/cat.png", "/%2felsewhere/cat.png", "/%5c%5celsewhere/cat.png"),
    *("/photos/cat.png%00", "/photos/cat.png%00.html", "/%00", "/photos%2f..%2f..%2felsewhere/cat.png"),
    *("/photos/cat.png%0d%0aSet-Cookie:%20a=b", "/photos/%0aLocation:%20https:%2f%2fevil.example"),
    *("/photos//cat.png", "/photos/./cat.png", "/photos/cat.png/", "/photos/cat.png/..", "/photos;/cat.png"),
    *("/%ff%fe", "/%ed%a0%80", "/%f4%90%80%80", "/%", "/%zz", "/%2", "/photos/%e2%80%ae/cat.png"),
    *(
        "/#",
        "/%23",
        "/original%23photos/cat.png",
        "/invalidations%232026-11",
        "/presets.json",
        "/.presets",
        "/index.html",
    ),
    *("/?list-type=2", "/photos/?acl", "/photos/cat.png?versionId=null", "/?policy", "/photos/cat.png?tagging"),
    *("/live/resize/30x20/photos/cat.png", "/resize", "/resize/", "/resize//", "/resize/resize/30x20/photos/cat.png"),
    *("/RESIZE/30x20/photos/cat.png", "/%72esize/30x20/photos/cat.png", "/resize%2f30x20/photos/cat.png"),
]


@pytest.mark.parametrize("prefix", ["", "/30x20", "/resize/30x20"])
@pytest.mark.parametrize("path", TRAVERSALS)
def test_no_path_leads_out_of_the_public_part(stack: Running, prefix: str, path: str) -> None:
    answers = stack.follow(prefix + path)
    last = answers[-1]
    assert last.status in {200, 400, 403, 404}, last.body[:200]
    assert "location" not in last.headers, "a chain of redirects must end"
    for answer in answers:
        assert MARKER not in answer.body
        assert b"ListBucketResult" not in answer.body
        assert "set-cookie" not in answer.headers
    if last.status == 200:
        assert last.headers["content-type"] == "image/png"
        assert Image.open(BytesIO(last.body)).size in {(600, 400), (30, 20)}


@pytest.mark.parametrize(
    "path",
    [
        "/30x20/photos/cat.png",
        "/resize/31x20/photos/cat.png",
        "/photos/cat.png",
        "/30x20/missing.png",
        "/resize/30x20/missing.png",
        "/30x20,f=svg/photos/cat.png",
        "/resize/30x20,f=svg/photos/cat.png",
        "/16000x16000,fit=fill/photos/cat.png",
        "/resize/%ff",
        "/%ff",
        "/resize",
    ],
)
def test_every_answer_has_protective_headers(stack: Running, path: str) -> None:
    for answer in stack.follow(path):
        assert {name: answer.headers.get(name) for name in PROTECTION} == PROTECTION


@pytest.mark.parametrize(
    "part", ["f=text/html", "f=svg%2bxml", "format=jpeg;q=1", "f=%3Cscript%3E", "f=html", "q=%0d%0aX:y", "%3Cb%3E=1"]
)
def test_no_input_is_reflected_in_a_content_type_or_as_a_page(stack: Running, part: str) -> None:
    answer = stack.get(f"/resize/30x20,{part}/photos/cat.png")
    assert (answer.status, answer.headers["content-type"]) == (400, "application/problem+json")
    assert json.loads(answer.body)["type"] == "urn:problem-type:malformed-transform"
    checked = {name: value for name, value in answer.headers.items() if name not in RANDOM}
    assert not any(value in f"{checked}" for value in ("svg", "script", "html"))


HOSTILE_TYPES = [
    "text/html",
    "text/html; charset=utf-7",
    "image/svg+xml",
    'image/png"><script>',
    "multipart/mixed",
    "a, b",
]


@pytest.mark.parametrize(("number", "content_type"), list(enumerate(HOSTILE_TYPES)))
def test_a_derivatives_type_is_that_of_its_bytes(stack: Running, number: int, content_type: str) -> None:
    key = f"typed-{number}.png"
    stack.upload(key, COFFEE, ContentType=content_type)
    made, stored = stack.follow(f"/30x20/{key}")[-1], stack.get(f"/30x20/{key}")
    assert (made.status, made.headers["content-type"]) == (200, "image/png")
    assert (stored.status, stored.headers["content-type"]) == (200, "image/png")
    plain = stack.get(f"/{key}")
    assert "sandbox" in plain.headers["content-security-policy"], "active content is sandboxed"
    assert plain.headers["x-content-type-options"] == "nosniff"


def tag(answer: Response) -> str:
    return answer.headers["x-amz-meta-cache-tag"]


def test_metadata_of_an_original_reaches_no_derivative_and_no_header_of_ours(stack: Running) -> None:
    victim = tag(stack.get("/photos/cat.png"))
    metadata = {
        "cache-tag": victim,
        "source-version": "null forged",
        "original-etag": '"forged"',
        "location": "https://evil.example/",
        "set-cookie": "a=b",
        "note": "=?UTF-8?B?DQpTZXQtQ29va2llOiBhPWI=?=",  # decoded, it begins with a line break
    }
    stack.upload(
        "hostile.png",
        COFFEE,
        Metadata=metadata,
        WebsiteRedirectLocation="https://evil.example/",
        CacheControl="no-cache",
    )
    plain, made = stack.get("/hostile.png"), stack.follow("/30x20/hostile.png")[-1]
    stored = stack.get("/30x20/hostile.png")
    assert [answer.status for answer in (plain, made, stored)] == [200, 200, 200]
    assert tag(plain) == tag(made) == tag(stored) != victim
    assert {answer.headers["cache-control"] for answer in (plain, made, stored)} == {"no-cache"}
    assert not {"note", "original-etag", "location"} & {name.removeprefix("x-amz-meta-") for name in plain.headers}
    for answer in (plain, made, stored):
        assert not {"set-cookie", "location"} & set(answer.headers)
    for answer in (made, stored):
        assert "evil" not in f"{answer.headers}"
        assert "forged" not in f"{answer.headers}"


def test_tags_do_not_make_an_original_pass_for_a_derivative(stack: Running) -> None:
    stack.upload("tagged.png", COFFEE, Tagging="kind=derivative&owner=me")
    bucket = stack.names["destination_bucket"]
    assert stack.stack.s3.get_object_tagging(Bucket=bucket, Key="tagged.png")["TagSet"] == [
        {"Key": "kind", "Value": "original"}
    ]


@pytest.mark.parametrize(
    "key", ["30x20/photos/cat.png", "resize/x.png", "f=webp/x.png", "q=1,f=png/x.png", "dpr=1/photos/cat.png"]
)
def test_an_original_cannot_take_the_place_of_a_derivative(stack: Running, key: str) -> None:
    source, before = stack.names["source_bucket"], stack.etag(key)
    stack.stack.s3.put_object(Bucket=source, Key=key, Body=MARKER)
    stack.upload(f"after/{key}", COFFEE)  # the queue has passed it
    assert stack.etag(key) == before
    assert stack.follow(f"/{key}")[-1].body != MARKER
