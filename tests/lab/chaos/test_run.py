"""A small run finds nothing wrong; damage done by hand is found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from lab.chaos.clients import Clients
from lab.chaos.level import PARAMETERS, Level, Out, run_level
from lab.chaos.operations import Action, Operation, name_of
from lab.chaos.originals import draw
from lab.chaos.outage import Service
from lab.chaos.report import describe, format_row, wrong
from lab.chaos.tally import SOURCES, failures
from lab.chaos.verdict import Verdict
from lab.chaos.wiring import Pace
from local.stack import Stack, StackOptions

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.sockets


@pytest.mark.timeout(900)
async def test_at_five_percent_nothing_is_lost_or_stale() -> None:
    level = Level(0.05, 250, keys=12, seed=7, at_once=16, workers=3, pace=Pace(hurry=18, settle=15, visibility=15))
    result = await run_level(level)
    report = [format_row(result), *describe(result)]
    assert list(wrong(result)) == [], report
    assert result.faults.total() > 50, report
    assert result.repeated + result.delayed, report
    assert result.answers.total() > 150, report
    assert failures(result.answers).total() < result.answers.total() / 4, report
    assert result.stored, report
    assert result.asked, report


@pytest.mark.timeout(600)
async def test_what_died_while_cloudfront_was_out_is_redriven_and_nothing_stays_old() -> None:
    pace = Pace(hurry=25, settle=13, visibility=13, retry=2)
    out = Out(Service.CLOUDFRONT, 9)
    level = Level(0, 80, keys=24, seed=3, at_once=24, workers=3, pace=pace, out=out)
    result = await run_level(level)
    report = [format_row(result), *describe(result)]
    assert list(wrong(result)) == [], report
    assert failures(result.during).total() == 0, report
    assert {source for source, _ in result.during} == set(SOURCES), report
    assert result.stored, report
    assert result.asked, report


@pytest.fixture
async def settled() -> AsyncIterator[tuple[Stack, Clients]]:
    """Two originals, each with a derivative that the edge has."""
    options = StackOptions(parameters=PARAMETERS, environment={"copy": {"SETTLE_SECONDS": "1"}})
    async with Stack(options) as stack, aiohttp.ClientSession() as session:
        clients = Clients(stack, session, 2)
        await clients.work([Operation(Action.OVERWRITE, key, ()) for key in (0, 1)], 1)
        for key in (0, 1):
            while (await clients.view("40x", key)).status != 200:
                pass
            await clients.view("40x", key)
        yield stack, clients


async def test_what_is_lost_or_stale_is_found(settled: tuple[Stack, Clients]) -> None:
    stack, clients = settled
    verdict = Verdict(stack, clients)
    await verdict.look()
    assert (verdict.lost, verdict.stale, verdict.stored) == ([], [], 2)

    names = stack.describe()
    bucket: dict[str, Any] = {"Bucket": names["destination_bucket"]}
    stack.emulator.client("dynamodb").delete_item(
        TableName=names["table"],
        Key={"original": {"S": f"original#{name_of(0)}"}, "derivative": {"S": "40x"}},
    )
    stack.s3.put_object(**bucket, Key=f"40x/{name_of(1)}", Body=draw(1, 5), Metadata={"original-etag": "another"})
    stack.s3.delete_object(**bucket, Key=name_of(1))
    stack.edge.invalidate(["/*"])
    verdict = Verdict(stack, clients)
    await verdict.look()
    assert len([what for what in verdict.lost if "has no row" in what]) == 1
    assert len([what for what in verdict.lost if "differs between source and destination" in what]) == 1
    assert any("its original was removed" in what for what in verdict.stale)
    assert any("instead of (1, 0)" in what for what in verdict.stale)

    clients.histories[0].begin(3, 0)  # as if it had been overwritten without a notification
    verdict = Verdict(stack, clients)
    await verdict.look()
    assert len([what for what in verdict.stale if what.endswith("instead of (0, 3)")]) >= 2
