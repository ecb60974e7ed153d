from __future__ import annotations

import pytest
from multidict import CIMultiDict

from local.cloudfront.conditional import satisfy
from local.exchange import Answer, ViewerRequest

MODIFIED = "Tue, 24 Nov 2026 07:00:00 GMT"
BEFORE = "Tue, 24 Nov 2026 06:59:59 GMT"
WHOLE = Answer(
    200, CIMultiDict({"ETag": '"one"', "Last-Modified": MODIFIED, "Content-Type": "image/png"}), b"0123456789"
)


def ask(headers: dict[str, str], method: str = "GET", answer: Answer = WHOLE) -> Answer:
    return satisfy(ViewerRequest(method, "/", "", CIMultiDict(headers), ""), answer)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"If-None-Match": '"one"'}, 304),
        ({"If-None-Match": 'W/"one"'}, 304),
        ({"If-None-Match": "*"}, 304),
        ({"If-None-Match": '"two", "three"'}, 200),
        ({"If-None-Match": "one"}, 200),
        ({"If-Modified-Since": MODIFIED}, 304),
        ({"If-Modified-Since": BEFORE}, 200),
        ({"If-Modified-Since": "yesterday"}, 200),
        ({"If-None-Match": '"two"', "If-Modified-Since": MODIFIED}, 200),
    ],
)
def test_a_condition_is_met_or_not(headers: dict[str, str], status: int) -> None:
    assert ask(headers).status == status
    assert ask(headers, "HEAD").status == status


def test_a_range_is_for_get_only() -> None:
    assert ask({"Range": "bytes=0-1"}, "HEAD") is WHOLE


def test_a_304_keeps_the_validators_and_drops_the_headers_of_a_body() -> None:
    unchanged = ask({"If-None-Match": "*"})
    assert (unchanged.body, dict(unchanged.headers)) == (b"", {"ETag": '"one"', "Last-Modified": MODIFIED})


def test_an_error_meets_no_condition() -> None:
    error = Answer(404, CIMultiDict({"ETag": '"one"'}), b"none")
    assert ask({"If-None-Match": "*"}, "GET", error) is error


@pytest.mark.parametrize(
    ("value", "body", "content_range"),
    [
        ("bytes=0-0", b"0", "bytes 0-0/10"),
        ("bytes=5-", b"56789", "bytes 5-9/10"),
        ("bytes=5-100", b"56789", "bytes 5-9/10"),
        ("bytes=-2", b"89", "bytes 8-9/10"),
        ("bytes=-100", b"0123456789", "bytes 0-9/10"),
    ],
)
def test_a_range_is_cut(value: str, body: bytes, content_range: str) -> None:
    cut = ask({"Range": value})
    assert (cut.status, cut.body, cut.headers["Content-Range"]) == (206, body, content_range)


@pytest.mark.parametrize(
    "value", ["bytes=-", "bytes=5-4", "bytes=0-1,3-4", "items=0-1", "bytes=a-b", "bytes=" + "9" * 30]
)
def test_anything_but_a_single_range_is_ignored(value: str) -> None:
    assert ask({"Range": value}) is WHOLE


@pytest.mark.parametrize("value", ["bytes=10-", "bytes=999999999-", "bytes=-0"])
def test_a_range_beyond_the_end_is_a_416(value: str) -> None:
    beyond = ask({"Range": value})
    assert (beyond.status, beyond.headers["Content-Range"], beyond.body) == (416, "bytes */10", b"")


@pytest.mark.parametrize(
    ("condition", "status"), [('"one"', 206), ('"two"', 200), ('W/"one"', 200), (MODIFIED, 206), (BEFORE, 200)]
)
def test_a_range_may_depend_on_the_version(condition: str, status: int) -> None:
    assert ask({"Range": "bytes=0-1", "If-Range": condition}).status == status
