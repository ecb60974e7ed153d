"""The mirror of originals goes on after a comparison that failed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from botocore.exceptions import EndpointConnectionError

from local.originals import UPLOADED, Folder, Mirror
from local.steps import Step

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


class Unreachable:
    """An S3 that can't be reached until it is told to recover; it is empty then."""

    def __init__(self) -> None:
        self.works = False
        self.calls = 0

    def get_paginator(self, _name: str) -> Unreachable:
        return self

    def paginate(self, **_bucket: Any) -> list[dict[str, Any]]:
        self.calls += 1
        if not self.works:
            raise EndpointConnectionError(endpoint_url="http://127.0.0.1:9")
        return [{}]


async def test_a_failed_comparison_is_reported_and_the_next_change_is_followed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    s3 = Unreachable()
    mirror = Mirror(s3, "source", Folder(tmp_path), {})
    changed = Step(UPLOADED, "uploaded", 0, {})
    async with mirror.keep():
        for calls in (1, 2):
            mirror.observe(changed)
            await wait_for_calls(s3, calls)
        s3.works = True
    assert s3.calls == 3
    assert capsys.readouterr().err.count("http://127.0.0.1:9") == 2


async def wait_for_calls(s3: Unreachable, number: int) -> None:
    async with asyncio.timeout(10):
        while s3.calls < number:  # noqa: ASYNC110 - the calls are in another thread
            await asyncio.sleep(0.01)
