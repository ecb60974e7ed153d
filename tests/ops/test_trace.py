"""A request's log lines by its id."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import boto3
import pytest
from aiohttp import web
from moto import mock_aws

from local.server import serve
from ops.__main__ import main
from ops.errors import UsageError
from ops.trace import check_id, find_lines, write_lines

ID = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"


class Logs:
    """CloudWatch Logs with these events, which it gives page by page, and not in order."""

    def __init__(self, *lines: dict[str, Any]) -> None:
        self.events = [{"timestamp": 1000 + line["at"], "message": json.dumps(line)} for line in lines]
        self.asked: dict[str, Any] = {}

    def get_paginator(self, name: str) -> Logs:
        assert name == "filter_log_events"
        return self

    def paginate(self, **arguments: Any) -> list[dict[str, Any]]:
        self.asked = arguments
        return [{"events": [event]} for event in reversed(self.events)]


def test_lines_are_shown_in_their_order_with_the_times_of_the_steps() -> None:
    logs = Logs(
        {"at": 0, "step": "8", "message": "looked up the original", "key": "a.jpg"},
        {"at": 70, "step": "12", "message": "returned the image", "key": "1x/a.jpg", "times": {"fetch": 20.04}},
    )
    lines = find_lines(logs, "images", ID, hours=2)
    assert list(write_lines(lines)) == [
        "step    at ms  what",
        "   8        0  looked up the original: key a.jpg",
        "  12       70  returned the image: key 1x/a.jpg",
        "                 fetch 20.0 ms",
    ]
    assert logs.asked["logGroupName"] == "/aws/lambda/images-resize"
    assert logs.asked["filterPattern"] == f'{{ $.correlation_id = "{ID}" }}'
    assert logs.asked["startTime"] == pytest.approx((time.time() - 7200) * 1000, abs=5000)


@pytest.mark.parametrize("wrong", ["", "short", 'x" || $.level = "INFO', "../../x-id-of-a-path", "a" * 129])
def test_an_invalid_id_is_never_put_into_a_pattern_or_path(wrong: str) -> None:
    with pytest.raises(UsageError, match="x-amzn-RequestId"):
        check_id(wrong)


@mock_aws
def test_a_request_without_log_lines_is_reported(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    boto3.client("logs").create_log_group(logGroupName="/aws/lambda/images-resize")
    assert main(["trace", ID, "--stack", "images", "--hours", "3"]) == 1
    assert "in the last 3 hours" in capsys.readouterr().err


@pytest.mark.sockets
async def test_the_local_stack_s_table_is_queried(capsys: pytest.CaptureFixture[str]) -> None:
    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        if request.path == "/_stack":
            return web.json_response({"aws": "http://127.0.0.1:9", "region": "us-east-1", "stack": "pictures"})
        known = request.path == f"/_dashboard/trace/{ID}"
        return web.Response(status=200 if known else 404, text="the table\n" if known else "unknown\n")

    async with serve(answer) as port:
        edge = f"http://127.0.0.1:{port}"
        assert await asyncio.to_thread(main, ["trace", ID, "--local", edge]) == 0
        assert await asyncio.to_thread(main, ["trace", "another-id", "--local", edge]) == 1
    assert capsys.readouterr() == ("the table\n", "trace: unknown\n")
