"""Recorded steps, and the table that names the missing ones."""

from __future__ import annotations

import asyncio
import io
from typing import TYPE_CHECKING

from rich.console import Console

from local.observations import Recorder, Table
from local.steps import Step

if TYPE_CHECKING:
    import pytest


async def test_a_step_is_found_by_its_number_and_details_after_the_mark() -> None:
    recorder = Recorder()
    recorder.record(Step("9", "old", 1.0, {"key": "a"}))
    recorder.begin()
    recorder.record(Step("9", "other", 1.0, {"key": "b"}))
    expected = Step("9", "new", 1.0, {"key": "a"})
    asyncio.get_running_loop().call_soon(recorder.record, expected)
    assert await recorder.find("9", key="a") is expected


async def test_a_step_that_never_comes_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.observations.TIMEOUT_SECONDS", 0.01)
    assert await Recorder().find("11") is None


def test_a_table_lists_missing_images() -> None:
    table = Table()
    details = {"status": 307, "x_cache": "Miss from cloudfront", "location": "/resize/x", "bytes": 1234}
    table.add("5", "a redirect", Step("5", "", 1.25, details))
    table.add("11", "an invalidation", None)
    table.check("13", "an image", seen=True, milliseconds=2.0)
    assert table.missing == ["11 (an invalidation)"]
    console = Console(width=160, file=io.StringIO())
    console.print(table.draw())
    text = console.file.getvalue()  # type: ignore[attr-defined] # a StringIO
    assert "NOT OBSERVED: an invalidation" in text
    assert all(part in text for part in ("307", "Miss ", "/resize/x", "1,234", "1.2"))
