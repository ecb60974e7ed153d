from __future__ import annotations

import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest
from aiohttp import web
from yarl import URL

from local.server import serve
from local.website.hosting import Website

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.sockets

HOST = "photos.s3-website.eu-central-1.amazonaws.com"
RULES = [
    {
        "Condition": {"HttpErrorCodeReturnedEquals": code},
        "Redirect": {
            "HostName": "d123.cloudfront.net",
            "Protocol": "https",
            "HttpRedirectCode": "307",
            "ReplaceKeyPrefixWith": "resize/",
        },
    }
    for code in ("404", "403")
]


@dataclass
class FakeS3:
    """An S3 with one bucket, whose policy requires a Referer; like the emulator, it answers 404 to every caller."""

    objects: dict[str, bytes] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "image/png", "ETag": '"one"'})
    may_list: bool = True
    asked: list[web.BaseRequest] = field(default_factory=list)
    website: dict[str, Any] | None = field(default_factory=lambda: {"RoutingRules": RULES})
    times_configured: int = 0

    async def handle(self, request: web.BaseRequest) -> web.Response:
        self.asked.append(request)
        path, _, query = request.raw_path.partition("?")
        allowed = request.headers.get("Referer") == "secret"
        if "list-type=2" in query:
            return web.Response(status=200 if self.may_list and allowed else 403)
        body = self.objects.get(unquote(path.removeprefix("/photos/")))
        if not allowed:
            return web.Response(status=403)
        if body is None:
            return web.Response(status=404, text="<Error/>")
        if request.headers.get("If-None-Match") == self.headers["ETag"]:
            return web.Response(status=304, headers={"ETag": self.headers["ETag"]})
        if "Range" in request.headers:
            headers = self.headers | {"Content-Range": f"bytes 0-1/{len(body)}"}
            return web.Response(status=206, headers=headers, body=body[:2])
        return web.Response(headers=self.headers, body=body)

    async def configure(self, bucket: str) -> dict[str, Any] | None:
        self.times_configured += 1
        return self.website if bucket == "photos" else None


@pytest.fixture
async def s3() -> FakeS3:
    return FakeS3()


@pytest.fixture
async def site(s3: FakeS3, viewer_of: Any) -> AsyncIterator[Any]:
    """Serve the website, and return a viewer that sends the secret by default."""
    async with (
        serve(s3.handle) as s3_port,
        Website(URL(f"http://127.0.0.1:{s3_port}"), s3.configure) as website,
        serve(website.handle) as port,
    ):
        viewer = viewer_of(port)

        async def visit(target: str, method: str = "GET", **headers: str) -> Any:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            return await viewer.ask(method, target, {"Host": HOST, "Referer": "secret", **named})

        yield visit


async def test_an_object_comes_with_its_headers(s3: FakeS3, site: Any) -> None:
    s3.objects["300x200/a.png"] = b"pixels"
    s3.headers |= {
        "Cache-Control": "public, max-age=3600",
        "Last-Modified": "Tue, 24 Nov 2026 07:00:00 GMT",
        "Content-Encoding": "identity",
        "x-amz-meta-cache-tag": "abc",
        "x-amz-server-side-encryption": "AES256",
        "Access-Control-Allow-Origin": "*",
    }
    got = await site("/300x200/a.png")
    assert (got.status, got.body, got.headers["Server"]) == (200, b"pixels", "AmazonS3")
    assert {name: got.headers[name] for name in s3.headers if name in got.headers} == {
        name: value for name, value in s3.headers.items() if "encryption" not in name and "Access" not in name
    }


async def test_requests_to_the_emulator_are_unsigned_and_have_the_headers_that_its_policy_may_check(
    s3: FakeS3, site: Any
) -> None:
    s3.objects["a"] = b""
    await site("/a", User_Agent="Amazon CloudFront", Authorization="AWS4-HMAC-SHA256 ...", Cookie="a=b")
    sent = s3.asked[0].headers
    assert (sent["Referer"], sent["User-Agent"]) == ("secret", "Amazon CloudFront")
    assert not {"Authorization", "Cookie"} & set(sent)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_missing_key_is_redirected_by_the_routing_rule(s3: FakeS3, site: Any, method: str) -> None:
    got = await site("/300x200/a%20b.png", method)
    assert (got.status, got.body) == (307, b"")
    assert got.headers["Location"] == "https://d123.cloudfront.net/resize/300x200/a%20b.png"
    assert "Cache-Control" not in got.headers
    assert s3.asked[0].raw_path == "/photos/300x200/a%20b.png"


async def test_a_missing_key_is_a_403_without_permission_to_list_the_bucket(s3: FakeS3, site: Any) -> None:
    s3.website = {"RoutingRules": RULES[:1]}
    s3.may_list = False
    assert (await site("/a.png")).status == 403


async def test_without_the_secret_nothing_is_readable(s3: FakeS3, site: Any) -> None:
    s3.website = {"IndexDocument": {"Suffix": "index.html"}}
    s3.objects["a.png"] = b"pixels"
    got = await site("/a.png", Referer="https://elsewhere")
    assert (got.status, got.headers["x-amz-error-code"]) == (403, "AccessDenied")


async def test_an_error_page_names_the_error_and_escapes_the_key(s3: FakeS3, site: Any) -> None:
    s3.website = {}
    got = await site("/%3Cscript%3E")
    assert (got.status, got.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert b"Code: NoSuchKey" in got.body
    assert b"Key: &lt;script&gt;" in got.body


async def test_the_error_document_is_shown_with_the_error_s_status(s3: FakeS3, site: Any) -> None:
    s3.website = {"ErrorDocument": {"Key": "errors/404.html"}}
    s3.objects["errors/404.html"] = b"sorry"
    got = await site("/a.png")
    assert (got.status, got.body) == (404, b"sorry")


async def test_a_folder_is_its_index_document(s3: FakeS3, site: Any) -> None:
    s3.website = {"IndexDocument": {"Suffix": "index.html"}}
    s3.objects |= {"index.html": b"root", "docs/index.html": b"docs", "/evil.example/index.html": b"evil"}
    assert ((await site("/")).body, (await site("/docs/")).body) == (b"root", b"docs")
    redirects = [await site("/docs"), await site("//evil.example")]
    assert [(one.status, one.headers["Location"]) for one in redirects] == [(302, "/docs/"), (302, "/%2Fevil.example/")]


async def test_an_object_may_be_a_redirect(s3: FakeS3, site: Any) -> None:
    s3.objects["old"] = b""
    s3.headers["x-amz-website-redirect-location"] = "/new"
    got = await site("/old")
    assert (got.status, got.headers["Location"]) == (301, "/new")


async def test_the_emulator_answers_conditions_and_ranges(s3: FakeS3, site: Any) -> None:
    s3.objects["a"] = b"pixels"
    unchanged, cut = await site("/a", If_None_Match='"one"'), await site("/a", Range="bytes=0-1")
    assert (unchanged.status, unchanged.body, unchanged.headers["ETag"]) == (304, b"", '"one"')
    assert (cut.status, cut.body, cut.headers["Content-Range"]) == (206, b"pi", "bytes 0-1/6")


async def test_a_head_response_has_the_length_and_no_body(s3: FakeS3, site: Any) -> None:
    s3.objects["a"] = b"pixels"
    got = await site("/a", "HEAD")
    assert (got.status, got.headers["Content-Length"], got.body) == (200, "6", b"")


@pytest.mark.parametrize(
    ("target", "key"),
    [
        ("/a+b", "a b"),
        ("/a%20b", "a b"),
        ("/a%2Bb", "a+b"),
        ("/100%25", "100%"),
        ("/%E6%97%A5/%C3%A9.png", "日/é.png"),
        ("/a%2Fb?x=1", "a/b"),
        ("/a%3Fb%23c", "a?b#c"),
        ("//a//b", "/a//b"),
        ("/" + "a" * 1024, "a" * 1024),
    ],
)
async def test_an_awkward_key_is_found(s3: FakeS3, site: Any, target: str, key: str) -> None:
    s3.objects[key] = b"found"
    assert (await site(target)).body == b"found"


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/%0d%0aSet-Cookie:%20x", 400),
        ("/a%00b", 400),
        ("/%ff%fe", 400),
        ("/" + "a" * 1025, 400),
        ("/" + "a" * 9000, 414),
        ("/../other/secret", 400),
        ("/%2e%2e/other/secret", 400),
        ("/a/./b", 400),
    ],
)
async def test_a_hostile_path_never_reaches_the_emulator(s3: FakeS3, site: Any, target: str, status: int) -> None:
    got = await site(target)
    assert got.status == status
    assert "Location" not in got.headers
    assert not s3.asked


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
async def test_a_website_can_only_be_read(s3: FakeS3, site: Any, method: str) -> None:
    assert (await site("/a", method)).status == 405
    assert not s3.asked


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "photos.s3.amazonaws.com", "../x.s3-website.eu-central-1.amazonaws.com", ""]
)
async def test_a_host_that_is_not_a_website_is_a_404(site: Any, host: str) -> None:
    got = await site("/a", Host=host)
    assert (got.status, got.headers["x-amz-error-code"]) == (404, "NoSuchBucket")


async def test_a_bucket_without_a_website_is_a_404(site: Any) -> None:
    got = await site("/a", Host=HOST.replace("photos", "others"))
    assert (got.status, got.headers["x-amz-error-code"]) == (404, "NoSuchWebsiteConfiguration")


async def test_old_regions_spell_the_host_with_a_dash(s3: FakeS3, site: Any) -> None:
    s3.objects["a"] = b"found"
    assert (await site("/a", Host="photos.s3-website-eu-west-1.amazonaws.com:80")).body == b"found"


async def test_the_configuration_is_cached_for_a_while(s3: FakeS3, site: Any) -> None:
    for _ in range(3):
        await site("/a")
    assert s3.times_configured == 1


async def test_a_dead_emulator_is_a_503(s3: FakeS3, viewer_of: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        dead = taken.getsockname()[1]
    async with Website(URL(f"http://127.0.0.1:{dead}"), s3.configure) as website, serve(website.handle) as port:
        assert (await viewer_of(port).get("/a", Host=HOST)).status == 503
