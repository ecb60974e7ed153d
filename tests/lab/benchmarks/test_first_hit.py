"""The benchmark of the first request: its stand-in of AWS, its functions, and its report."""

from __future__ import annotations

import json
import shutil
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import pytest

from lab.benchmarks.cold.images import ROOT
from lab.benchmarks.first_hit.aws import LATENCIES, Aws, Call
from lab.benchmarks.first_hit.functions import CORE, HERE, PUTTING, READING, Sample, make_event, run
from lab.benchmarks.first_hit.report import check, draw_timeline, write_table

if TYPE_CHECKING:
    from pathlib import Path

EVENT = json.loads((ROOT / "events" / "resize-jpeg-to-webp.json").read_text())
CALLS = (Call("GET original", 1, 26), Call("PUT derivative", 60, 100))


def sample(wall: float, billed: float = 0, processor: float = 5) -> Sample:
    return Sample(wall, max(wall, billed), processor, 1000, CALLS)


@pytest.mark.sockets
@pytest.mark.skipif(not shutil.which("taskset") or not shutil.which("openssl"), reason="needs taskset and openssl")
async def test_each_call_of_the_function_is_delayed_by_its_latency(tmp_path: Path) -> None:
    original = (ROOT / "samples" / "hubble.jpg").read_bytes()
    aws = Aws({"small": original}, {**LATENCIES, "POST": 0.06})
    async with aws.serve(tmp_path / "certificate.pem"), run(HERE, aws, 0, tmp_path) as function:
        samples = [await function.measure(make_event(EVENT, "30x,f=webp", "small", n)) for n in range(2)]
    for measured, answer in samples:
        assert answer["statusCode"] == 200
        assert measured.wall <= measured.billed
        assert 0 < measured.processor < 60_000
        took = {call.name: call.end - call.start for call in measured.calls}
        assert {"GET original", "PUT derivative", "HEAD original"} <= set(took)
        assert all(
            took[name] >= 1000 * LATENCIES[name.split()[0]] for name in took if name.split()[0] in ("GET", "PUT")
        )
    assert set(aws.stored) == {f"30x,f=webp/originals/small-{n}.jpg" for n in range(2)}


def test_the_table_compares_rounds_and_subtracts_the_core() -> None:
    samples = {
        "2 MP to 300 JPEG": {
            CORE.name: [sample(1, processor=4), sample(1, processor=6)],
            HERE.name: [sample(40, 90, 10), sample(80, 90, 12)],
            READING.name: [sample(50), sample(100)],
            PUTTING.name: [sample(90), sample(90)],
        }
    }
    table = write_table(samples)
    assert "| 2 MP to 300 JPEG | this project | 60 | 0.80 | 11.0 | 6.0 | 90 | 1,000 |" in table
    assert f"- {HERE.name}: GET original, PUT derivative" in table
    assert check(samples) == []


@pytest.mark.parametrize(
    ("task", "wall", "missed"),
    [("a JPEG", 100, False), ("a JPEG", 101, True), ("an AVIF", 45, False), ("an AVIF", 46, True)],
)
def test_the_goal_is_checked(task: str, wall: float, missed: bool) -> None:  # noqa: FBT001 - a case
    assert bool(check({task: {HERE.name: [sample(wall)], READING.name: [sample(100)]}})) is missed


def test_the_timeline_shows_calls_before_and_after_the_answer() -> None:
    drawn = draw_timeline({"2 MP to 300 JPEG": {CORE.name: [sample(1)], HERE.name: [sample(40, 100)]}})
    fills = [each.get("fill") for each in ET.fromstring(drawn).iter("{http://www.w3.org/2000/svg}rect")]  # noqa: S314
    assert fills == ["#fff", "#0072b2", "#999999"]
    assert "answer, 40 ms" in drawn
    assert CORE.name not in drawn
