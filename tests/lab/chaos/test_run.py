"""A small run finds nothing wrong; damage done by hand is found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from lab.chaos.audit import Audit
from lab.chaos.clients import Clients
from lab.chaos.level import PARAMETERS, Level, OutagePlan, run_level
from lab.chaos.operations import Action, Operation, object_key
from lab.chaos.originals import draw
from lab.chaos.outage import Service
from lab.chaos.report import describe, format_row, violations
from lab.chaos.tally import SOURCES, failures
from lab.chaos.wiring import Acceleration
from local.stack import Stack, StackOptions

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.sockets


@pytest.mark.timeout(900)
async def test_at_five_percent_nothing_is_lost_or_stale() -> None:
    level = Level(
        0.05,
        250,
        keys=12,
        seed=7,
        concurrency=16,
        workers=3,
        acceleration=Acceleration(factor=18, settle=15, visibility=15),
    )
    result = await run_level(level)
    report = [format_row(result), *describe(result)]
    assert list(violations(result)) == [], report
    assert result.faults.total() > 50, report
    assert result.duplicated + result.delayed, report
    assert result.answers.total() > 150, report
    assert failures(result.answers).total() < result.answers.total() / 4, report
    assert result.derivatives_checked, report
    assert result.responses_checked, report


@pytest.mark.timeout(600)
async def test_after_an_outage_of_cloudfront_dead_letters_are_redriven_and_nothing_stays_stale() -> None:
    acceleration = Acceleration(factor=25, settle=13, visibility=13, retry=2)
    plan = OutagePlan(Service.CLOUDFRONT, 9)
    level = Level(0, 80, keys=24, seed=3, concurrency=24, workers=3, acceleration=acceleration, outage=plan)
    result = await run_level(level)
    report = [format_row(result), *describe(result)]
    assert list(violations(result)) == [], report
    assert failures(result.outage_answers).total() == 0, report
    assert {source for source, _ in result.outage_answers} == set(SOURCES), report
    assert result.derivatives_checked, report
    assert result.responses_checked, report


@pytest.fixture
async def settled() -> AsyncIterator[tuple[Stack, Clients]]:
    """Two originals, each with a derivative in the edge's cache."""
    options = StackOptions(parameters=PARAMETERS, environment={"copy": {"SETTLE_SECONDS": "1"}})
    async with Stack(options) as stack, aiohttp.ClientSession() as session:
        clients = Clients(stack, session, 2)
        await clients.work([Operation(Action.OVERWRITE, key, ()) for key in (0, 1)], 1)
        for key in (0, 1):
            while (await clients.view("40x", key)).status != 200:
                pass
            await clients.view("40x", key)
        yield stack, clients


async def test_the_audit_finds_lost_and_stale_objects(settled: tuple[Stack, Clients]) -> None:
    stack, clients = settled
    audit = Audit(stack, clients)
    await audit.run()
    assert (audit.lost, audit.stale, audit.derivatives_checked) == ([], [], 2)

    names = stack.describe()
    bucket: dict[str, Any] = {"Bucket": names["destination_bucket"]}
    stack.emulator.client("dynamodb").delete_item(
        TableName=names["table"],
        Key={"original": {"S": f"original#{object_key(0)}"}, "derivative": {"S": "40x"}},
    )
    stack.s3.put_object(**bucket, Key=f"40x/{object_key(1)}", Body=draw(1, 5), Metadata={"original-etag": "another"})
    stack.s3.delete_object(**bucket, Key=object_key(1))
    stack.edge.invalidate(["/*"])
    audit = Audit(stack, clients)
    await audit.run()
    assert len([what for what in audit.lost if "has no row" in what]) == 1
    assert len([what for what in audit.lost if "differs between source and destination" in what]) == 1
    assert any("its original was removed" in what for what in audit.stale)
    assert any("instead of (1, 0)" in what for what in audit.stale)

    clients.histories[0].begin(3, 0)  # as if it had been overwritten without a notification
    audit = Audit(stack, clients)
    await audit.run()
    assert len([what for what in audit.stale if what.endswith("instead of (0, 3)")]) >= 2
