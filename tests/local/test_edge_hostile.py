"""Malformed requests, which no browser sends: the edge answers with a 4xx, and goes on."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from local.exchange import RefusedError, read_target

pytestmark = pytest.mark.sockets


async def send(port: int, raw: bytes) -> int:
    """Send raw bytes, and return the status of the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(raw)
    status = await asyncio.wait_for(reader.readline(), 5)
    writer.close()
    await writer.wait_closed()
    return int(status.split()[1])


def get(target: bytes, *headers: bytes) -> bytes:
    return b"\r\n".join([b"GET " + target + b" HTTP/1.1", b"Host: a", *headers, b"Connection: close", b"", b""])


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (get(b"/" + b"a" * 8191), 200),
        (get(b"/" + b"a" * 8192), 414),
        (get(b"/" + b"a" * 40_000), 400),
        (get(b"/a#b"), 400),
        (get(b"*"), 400),
        (get(b"a"), 400),
        (get(b"http://evil.example/a.png"), 200),
        (get(b"/%00%0d%0a%ff%zz%"), 200),
        (get(b"/\xff\xfe"), 400),
        (get("/café".encode()), 400),
        (get(b"/../../etc/passwd"), 200),
        (get(b"//evil.example/"), 200),
        (get(b"/a", b"X: \xff\xfe"), 400),
        (get(b"/a", b"Cookie: \xff"), 400),
        (get(b"/a", b"X: " + b"a" * 40_000), 400),
        (get(b"/a", b"Range: bytes=99999999999999999999999-"), 200),
        (get(b"/a", b"If-Modified-Since: \xe2\x98\x83"), 200),
        (get(b"/a", b"Transfer-Encoding: chunked", b"Content-Length: 5"), 400),
        (b"GET /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc", 403),
        (b"GET /a HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n", 417),
        (b"BREW /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00", 400),
    ],
)
async def test_a_hostile_request_is_answered_and_never_with_a_500(
    origin: Any, open_edge: Any, caplog: pytest.LogCaptureFixture, raw: bytes, status: int
) -> None:
    edge = await open_edge()
    assert await send(edge.port, raw) == status
    assert not caplog.records, "a malformed request must not print a traceback"
    assert (await edge.get("/fine")).status == 200
    assert all(asked.raw_path.isascii() and asked.raw_path.startswith("/") for asked in origin.asked)


async def test_hostile_headers_of_an_origin_do_not_cause_a_500(origin: Any, open_edge: Any) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nX: \xff\xfe\r\nCache-Control: max-age=\xff\r\nContent-Length: 2\r\n\r\nok")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    origin.port = server.sockets[0].getsockname()[1]
    edge = await open_edge()
    got = await edge.get("/a")
    assert (got.status, got.body) == (200, b"ok")
    server.close()
    await server.wait_closed()


@pytest.mark.parametrize(
    "answer",
    [b"", b"HTTP/1.1 999999 X\r\n\r\n", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok"],
)
async def test_an_origin_without_valid_http_is_a_502(origin: Any, open_edge: Any, answer: bytes) -> None:
    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(speak, "127.0.0.1", 0)
    origin.port = server.sockets[0].getsockname()[1]
    edge = await open_edge()
    assert (await edge.get("/a")).status == 502
    server.close()
    await server.wait_closed()


async def test_an_invalid_host_is_not_put_into_a_redirect(origin: Any, open_edge: Any) -> None:
    origin.status, origin.headers = 307, {"Location": "https://d123.cloudfront.net/resize/a"}
    edge = await open_edge()
    got = await edge.get("/a", Host="evil.example/@x")
    assert got.headers["Location"] == "https://d123.cloudfront.net/resize/a"


def test_a_target_is_split_and_encoded_but_never_decoded() -> None:
    assert read_target("/a%20b?c=%41") == ("/a%20b", "c=%41")
    assert read_target("/é?ü\udcff") == ("/%C3%A9", "%C3%BC%FF")
    assert read_target("http://host/a?b") == ("/a", "b")
    for raw in ("", "?a", "a", "http://host", "/a#b", "/" + "a" * 8192):
        with pytest.raises(RefusedError):
            read_target(raw)
