"""Answers that break off, of which botocore itself takes what has come for all there was, or that take too long."""

from __future__ import annotations

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from cloud import clients, deadline, edge, objects
from cloud.queue import requeue
from cloud.table import index
from world import forget_clients

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.sockets

ROW = (
    b'{"Items":[{"derivative":{"S":"#"},"etag":{"S":"e"},"since":{"N":"0"},"rounds":{"N":"0"}}],'
    b'"Count":1,"ScannedCount":1}'
)
VERSIONS = b"<ListVersionsResult><Version><Key>a.png</Key><VersionId>v1</VersionId></Version></ListVersionsResult>"
INVALIDATION = (
    b'<Invalidation xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/"><Id>I1</Id><Status>Completed</Status>'
    b"</Invalidation>"
)
COPIED = b'<CopyObjectResult><ETag>"e"</ETag></CopyObjectResult>'
SENT = b'{"MessageId":"m"}'


class Server(ThreadingHTTPServer):
    """Sends one body to everybody, with `pause` seconds after each 16 KB, and cuts off the first responses."""

    body = b""
    etags: tuple[str, ...] = ('"e"',)
    sent: tuple[int, ...] = ()
    statuses: tuple[int, ...] = (200,)
    pause = 0.0
    asked = 0

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        before, self.asked = self.asked, self.asked + 1  # first of all: the test reads it as soon as it has its answer
        body = self.body[: self.sent[before]] if before < len(self.sent) else self.body
        request.send_response(self.statuses[min(before, len(self.statuses) - 1)])
        request.send_header("Content-Length", str(len(self.body)))
        request.send_header("ETag", self.etags[min(before, len(self.etags) - 1)])
        request.send_header("Last-Modified", "Wed, 21 Oct 2026 07:28:00 GMT")
        request.send_header("Connection", "close")  # or the next call may try this one first
        request.end_headers()
        for at in range(0, 0 if request.command == "HEAD" else len(body), 16_384):
            request.wfile.write(body[at : at + 16_384])
            time.sleep(self.pause)
        request.close_connection = True

    def handle_error(self, *_: Any) -> None:
        """Say nothing of a client that has gone."""


class Handler(BaseHTTPRequestHandler):
    """Hands every request to the server."""

    protocol_version = "HTTP/1.1"
    server: Server

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.answer(self)

    do_GET = do_HEAD = do_POST = do_PUT = answer  # noqa: N815 (the library's names)

    def log_message(self, *_arguments: Any) -> None:
        """Print nothing."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0)
    with Server(("127.0.0.1", 0), Handler) as server:
        for name, value in {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_address[1]}",
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_DEFAULT_REGION": "us-east-1",
        }.items():
            monkeypatch.setenv(name, value)
        forget_clients()
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()
        forget_clients()


CALLS: list[tuple[bytes, Callable[[], object]]] = [
    (ROW, lambda: index.read("derivatives", "a.png")),
    (VERSIONS, lambda: clients.s3().list_object_versions(Bucket="b")["Versions"]),
    (INVALIDATION, lambda: edge.invalidate_originals("E123", ["a.png"])),
    (SENT, lambda: requeue("http://127.0.0.1/000000000000/queue", "a.png", 1)),
]


@pytest.mark.parametrize("share", [0, 0.5, 0.9])
@pytest.mark.parametrize(("body", "call"), CALLS)
def test_a_cut_off_response_is_retried(server: Server, body: bytes, call: Callable[[], object], share: float) -> None:
    server.body = body
    expected = call()
    server.asked, server.sent = 0, (int(share * len(body)),)
    assert call() == expected
    assert server.asked == 2


@pytest.mark.parametrize(("body", "call"), CALLS)
def test_an_answer_that_always_breaks_off_is_an_error_that_may_pass(
    server: Server, body: bytes, call: Callable[[], object]
) -> None:
    server.body, server.sent = body, (0,) * 9
    with pytest.raises(clients.AWS_ERRORS) as caught:
        call()
    assert clients.is_transient(caught.value)
    assert server.asked in (2, 3)


def test_a_copy_with_a_cut_off_response_is_left_to_the_queue(server: Server) -> None:
    server.body, server.sent = COPIED, (10,)
    with pytest.raises(clients.AWS_ERRORS):
        clients.s3_copies().copy_object(Bucket="b", Key="k", CopySource="a/k")
    assert server.asked == 1


def test_the_length_of_an_answer_to_head_is_that_of_the_object(server: Server) -> None:
    server.body = b"photograph"
    found = objects.head("b", "a.png")
    assert found is not None
    assert found.size == 10


def opened() -> objects.OpenObject:
    found = objects.open_object("b", "a.png")
    assert found is not None
    return found


def test_an_object_that_breaks_off_is_read_again(server: Server) -> None:
    server.body, server.sent = b"photograph", (4, 0)
    assert opened().read() == b"photograph"
    assert server.asked == 3


def test_an_object_that_always_breaks_off_is_an_error_that_may_pass(server: Server) -> None:
    server.body, server.sent = b"photograph", (4,) * 9
    with pytest.raises(clients.UNREACHED) as caught:
        opened().read()
    assert clients.is_transient(caught.value)
    assert server.asked == objects.READS


def test_an_object_that_breaks_off_is_not_completed_from_another_one(server: Server) -> None:
    server.body, server.sent, server.etags = b"photograph", (4,), ('"e"', '"f"')
    with pytest.raises(clients.UNREACHED):
        opened().read()


def test_an_object_that_breaks_off_and_is_removed_is_an_error_that_may_pass(server: Server) -> None:
    server.body, server.sent, server.statuses = b"<Error><Code>NoSuchKey</Code></Error>", (4,), (200, 404)
    with pytest.raises(clients.UNREACHED) as caught:
        opened().read()
    assert clients.is_transient(caught.value)
    assert server.asked == 2


def test_an_object_that_comes_too_slowly_is_given_up_before_the_deadline(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.body, server.pause = bytes(1_000_000), 0.05
    body = opened()
    monkeypatch.setattr(deadline, "_end", time.monotonic() + clients.READ_TIMEOUT + 0.5)
    with pytest.raises(deadline.OutOfTime):
        body.read()
    assert deadline.left() > clients.READ_TIMEOUT - 1, "it would have taken three seconds"
    body.close()


def test_an_object_that_comes_late_is_taken(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server.body = bytes(objects.PIECE - 1)
    body = opened()
    monkeypatch.setattr(deadline, "_end", time.monotonic())
    assert body.read() == server.body


def test_an_aws_that_takes_no_connection_may_take_one_later(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    del server
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    forget_clients()
    with pytest.raises(clients.AWS_ERRORS) as caught:
        objects.head("b", "a.png")
    assert clients.is_transient(caught.value)
