"""What owners say about their originals, and what originals are, from an SDK's upload to a viewer's answer."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from world import SAMPLES

from ..running import encoded, wait_for

if TYPE_CHECKING:
    from ..running import Response, Running

pytestmark = pytest.mark.sockets

COFFEE = (SAMPLES / "coffee.png").read_bytes()
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script></svg>'
SANDBOX = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


def change_headers(stack: Running, key: str, **headers: Any) -> None:
    """Give an original other headers and the same bytes, as `aws s3 cp` onto itself does."""
    bucket = stack.names["source_bucket"]
    stack.stack.s3.copy_object(
        Bucket=bucket, Key=key, CopySource={"Bucket": bucket, "Key": key}, MetadataDirective="REPLACE", **headers
    )


def said(answer: Response) -> tuple[str, str]:
    return answer.cache, answer.headers["cache-control"]


def is_cached(stack: Running, path: str) -> bool:
    return stack.get(path).cache == "Hit"


def is_fetched(stack: Running, path: str) -> bool:
    return not is_cached(stack, path)


def is_private(stack: Running, path: str) -> bool:
    return "private" in stack.follow(path)[-1].headers["cache-control"]


@pytest.mark.parametrize("word", ["private", "no-store", "no-cache"])
def test_an_edge_keeps_nothing_of_an_original_that_it_must_not_keep(stack: Running, word: str) -> None:
    key = f"secrets/{word}.png"
    stack.upload(key, COFFEE, ContentType="image/png", CacheControl=word)
    stored, made = (
        f"{word}{', max-age=' + str(seconds) if word == 'private' else ''}"
        for seconds in (3600, 60 if stack.redirects else 3600)
    )
    first = stack.get(f"/resize/90x60/{key}")
    assert [said(first), said(stack.get(f"/resize/90x60/{key}"))] == [("Miss", made)] * 2
    for path in (f"/{key}", f"/90x60/{key}"):
        assert [said(stack.get(path)) for _ in range(2)] == [("Miss", stored)] * 2
        assert said(stack.get(path, "HEAD")) == ("Miss", stored)


def test_a_time_of_the_owners_is_not_exceeded(stack: Running) -> None:
    stack.upload("timed.png", COFFEE, ContentType="image/png", CacheControl="max-age=1, s-maxage=2")
    stack.follow("/90x60/timed.png")
    stack.forget("/90x60/timed.png")
    for path in ("/timed.png", "/90x60/timed.png"):
        assert said(stack.get(path)) == ("Miss", "public, max-age=1, s-maxage=2")
        assert said(stack.get(path)) == ("Hit", "public, max-age=1, s-maxage=2")
        wait_for(partial(is_fetched, stack, path))


def test_an_expiry_of_the_owners_is_not_exceeded(stack: Running) -> None:
    stack.upload("expired.png", COFFEE, ContentType="image/png", Expires=datetime(2001, 1, 1, tzinfo=UTC))
    stack.follow("/90x60/expired.png")
    for path in ("/expired.png", "/90x60/expired.png"):
        answers = [stack.get(path) for _ in range(2)]
        assert [(answer.headers["expires"], answer.cache) for answer in answers] == [
            ("Mon, 01 Jan 2001 00:00:00 GMT", "Miss")
        ] * 2


def test_what_was_public_is_purged_when_only_its_header_becomes_private(stack: Running) -> None:
    stack.upload("withdrawn.png", COFFEE, ContentType="image/png")
    paths = ("/withdrawn.png", "/90x60/withdrawn.png")
    stack.follow(paths[1])
    for path in paths:
        wait_for(partial(is_cached, stack, path))
    etag = stack.etag("withdrawn.png")
    change_headers(stack, "withdrawn.png", ContentType="image/png", CacheControl="private")
    for path in paths:
        wait_for(partial(is_private, stack, path))
    assert stack.etag("withdrawn.png") == etag
    for path in paths:
        assert [stack.get(path).cache for _ in range(2)] == ["Miss", "Miss"]


def test_a_hostile_cache_control_harms_nobody(stack: Running) -> None:
    hostile = 'max-age=999999999999999999999999, s-maxage=<script>, private="x, "set-cookie: a=b", ' + "x" * 1500
    stack.upload("garbled.png", COFFEE, CacheControl=hostile)
    answer = stack.get("/garbled.png")
    assert answer.headers["cache-control"] == "private, max-age=31536000"
    assert "set-cookie" not in answer.headers


def test_user_metadata_is_published_by_name_only(stack: Running) -> None:
    metadata = {"photographer": "C. E.", "gps": "48.1, 11.5"}
    stack.upload("described.png", COFFEE, Metadata=metadata)
    plain, made = stack.get("/described.png"), stack.follow("/90x60/described.png")[-1]
    stored = stack.get("/90x60/described.png")
    assert plain.headers["x-amz-meta-photographer"] == "C. E."
    assert "x-amz-meta-photographer" not in {**made.headers, **stored.headers}
    assert "48.1" not in f"{plain.headers}{made.headers}{stored.headers}"


def test_an_upload_in_parts_is_copied_by_the_same_rules(stack: Running) -> None:
    s3, bucket = stack.stack.s3, stack.names["source_bucket"]
    headers = {"CacheControl": "private", "Metadata": {"gps": "48.1, 11.5"}}
    upload = s3.create_multipart_upload(Bucket=bucket, Key="parts", **headers)
    which = {"Bucket": bucket, "Key": "parts", "UploadId": upload["UploadId"]}
    etag = s3.upload_part(**which, PartNumber=1, Body=COFFEE)["ETag"]
    s3.complete_multipart_upload(**which, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]})
    wait_for(lambda: stack.etag("parts"))
    answer = stack.get("/parts")
    assert (answer.headers["content-type"], answer.headers["cache-control"]) == ("image/png", "private, max-age=3600")
    assert "48.1" not in f"{answer.headers}"


@pytest.mark.parametrize("sent", [{}, {"ContentType": "application/octet-stream"}, {"ContentType": "undefined"}])
def test_an_sdks_upload_is_served_with_the_type_of_its_bytes(stack: Running, sent: dict[str, str]) -> None:
    key = f"untyped-{len(str(sent))}.html"
    stack.upload(key, COFFEE, **sent)
    answer = stack.get(f"/{key}")
    assert (answer.headers["content-type"], answer.body) == ("image/png", COFFEE)


def test_html_of_an_sdk_is_no_page(stack: Running) -> None:
    stack.upload("untyped/page.html", b"<html><script>alert(1)</script></html>")
    answer = stack.get("/untyped/page.html")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert (answer.headers["x-content-type-options"], answer.headers["content-security-policy"]) == ("nosniff", SANDBOX)


@pytest.mark.parametrize(
    "key", ["Doe, Jane.jpg", "year=2026/a.jpg", "a,b/c=d.png", "blurr=5/a.jpg", "300x200,fit=covr/a.jpg"]
)
def test_a_folder_that_only_looks_like_a_transform_is_a_folder(stack: Running, key: str) -> None:
    stack.upload(key, COFFEE, ContentType="image/png")
    for path in (f"/{encoded(key)}", "/" + encoded(key).replace("=", "%3D").replace(",", "%2C")):
        answer = stack.get(path)
        assert (answer.status, answer.body) == (200, COFFEE)
    made, stored = stack.follow(f"/90x60/{encoded(key)}")[-1], stack.get(f"/90x60/{encoded(key)}")
    assert (made.status, stored.status, stored.body) == (200, 200, made.body)
    stack.remove(key)
    wait_for(lambda: stack.follow(f"/{encoded(key)}")[-1].status in (400, 404))
    wait_for(lambda: stack.follow(f"/90x60/{encoded(key)}")[-1].status == 404)


def test_what_parses_as_a_transform_is_one_and_an_unknown_option_gets_a_hint(stack: Running) -> None:
    stack.upload("a.jpg", (SAMPLES / "hubble.jpg").read_bytes())
    assert Image.open(BytesIO(stack.follow("/30x20,fit=cover/a.jpg")[-1].body)).size == (30, 20)
    mistyped = stack.follow("/blurr=5/a.jpg")[-1]
    assert mistyped.status == 400
    assert b"did you mean 'blur'?" in mistyped.body


def test_an_svg_is_passed_through_in_its_sandbox_and_not_rendered(stack: Running) -> None:
    stack.upload("logo.svg", SVG)
    avif = {"Accept": "image/avif,image/webp,*/*"}
    for path in ("/logo.svg", "/90x60/logo.svg", "/w=90,f=auto/logo.svg", "/resize/90x60/logo.svg"):
        answer = stack.follow(path, **avif)[-1]
        assert (answer.status, answer.headers["content-type"], answer.body) == (200, "image/svg+xml", SVG)
        assert answer.headers["content-security-policy"] == SANDBOX
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert stack.get("/90x60/logo.svg").body == SVG
    assert stack.follow("/90x60,f=webp/logo.svg")[-1].status == 415


def test_a_download_has_its_name_on_every_way(stack: Running) -> None:
    stack.upload("downloaded.png", COFFEE)
    wanted = 'attachment; filename="my-cat.webp"'
    made = stack.follow("/w=90,f=webp,download=my-cat.jpg/downloaded.png")[-1]
    stack.forget("/*")  # without a redirect, it is cached under the same path
    stored, cached = (stack.get("/download=my-cat.jpg,90x,f=webp/downloaded.png") for _ in range(2))
    assert [answer.headers["content-disposition"] for answer in (made, stored, cached)] == [wanted] * 3
    assert (stored.cache, cached.cache, stored.body) == ("Miss", "Hit", made.body)
    assert "content-disposition" not in stack.follow("/90x,f=webp/downloaded.png")[-1].headers


def test_a_missing_original_shows_the_fallback_and_is_still_missing(stack: Running) -> None:
    stack.upload("fallback/missing.png", COFFEE)
    try:
        answer = stack.follow("/90x60,f=webp/nothing-here.jpg")[-1]
        assert (answer.status, answer.headers["content-type"]) == (404, "image/webp")
        assert Image.open(BytesIO(answer.body)).size == (90, 60)
        assert answer.headers["cache-control"] == "public, max-age=10"
        head = stack.get("/resize/90x60,f=webp/nothing-here.jpg", "HEAD")
        assert (head.status, head.headers["content-length"], head.body) == (404, str(len(answer.body)), b"")
        stack.upload("nothing-here.jpg", (SAMPLES / "hubble.jpg").read_bytes())
        wait_for(lambda: stack.follow("/90x60,f=webp/nothing-here.jpg")[-1].status == 200)
    finally:
        stack.remove("fallback/missing.png")
    assert stack.follow("/91x60/nothing-there.jpg")[-1].headers["content-type"] == "application/problem+json"
