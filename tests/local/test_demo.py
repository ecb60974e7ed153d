"""`make demo` and `make run` in this process: observed steps, and what they leave behind."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import aiohttp
import pytest

from local import demo, run
from local.ports import claim_port
from local.stack import StackOptions

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.sockets


@pytest.fixture
def output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(demo, "OUTPUT", tmp_path / "demo-output")
    return tmp_path / "demo-output"


async def test_the_demonstration_observes_every_step_and_keeps_the_images(
    output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await demo.demonstrate() == 0
    assert _suffixes(output) == {".jpeg", ".webp", ".avif"}
    steps = {line.partition("  ")[0] for line in capsys.readouterr().out.splitlines()}
    assert steps >= {"A", "B", "C", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13"}


@pytest.mark.usefixtures("output")
async def test_the_demonstration_of_a_private_bucket_names_each_step(capsys: pytest.CaptureFixture[str]) -> None:
    assert await demo.demonstrate(StackOptions(parameters={"Delivery": "private"})) == 0
    told = capsys.readouterr().out
    for line in ("the origin group asks API Gateway", "nothing to follow", "nothing to invalidate"):
        assert line in told


@pytest.mark.usefixtures("output")
async def test_the_demonstration_fails_and_names_the_step_that_did_not_happen(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("local.observations.TIMEOUT_SECONDS", 3.0)
    assert await demo.demonstrate(StackOptions(parameters={"InvalidationBudget": "0"})) == 1
    assert capsys.readouterr().err == "\nNot observed: 11 (it invalidated the cached redirect)\n"


async def test_the_run_describes_itself_serves_the_samples_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run, "STATE", tmp_path)
    program = asyncio.create_task(run.run(StackOptions()))
    description = await _wait_for(tmp_path / "stack.json", program)
    names = {"edge", "aws", "source_bucket", "destination_bucket", "api", "distribution_id", "table"}
    assert names <= set(description)
    assert await _wait_for_status(f"{description['edge']}/40x/coffee.png") == 200
    program.cancel()
    await asyncio.gather(program, return_exceptions=True)
    assert _read(tmp_path / "stack.json") is None
    for address in (description["edge"], description["aws"]):
        port = int(address.rpartition(":")[2])
        assert claim_port(port, "PORT") == port
    output = capsys.readouterr().out
    assert f"aws --endpoint-url {description['aws']} s3 cp photo.jpg s3://{description['source_bucket']}/" in output
    assert "\n 13  returned to the user: 200 image/png" in output


def _suffixes(folder: Path) -> set[str]:
    return {path.suffix for path in folder.iterdir()}


def _read(path: Path) -> dict[str, str] | None:
    return json.loads(path.read_text()) if path.exists() else None


async def _wait_for(path: Path, program: asyncio.Task[int]) -> dict[str, str]:
    while (description := _read(path)) is None:
        assert not program.done()
        await asyncio.sleep(0.02)
    return description


async def _wait_for_status(url: str) -> int:
    """Repeat the request until the sample has been copied."""
    async with aiohttp.ClientSession() as session, asyncio.timeout(30):
        while True:
            async with session.get(url) as response:
                if response.status != 404:
                    return response.status
            await asyncio.sleep(0.1)
