"""The compared functions, each in a process on one core behind the local Runtime API."""

from __future__ import annotations

import json
import shutil
import sys
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.benchmarks.cold.cloud import HOST
from lab.benchmarks.cold.images import ROOT, read_environment
from lab.benchmarks.first_hit.aws import ORIGINALS, Call
from local.lambdas.function import Credentials, Function, Host
from local.lambdas.runtime import FunctionPool, PoolSize

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from lab.benchmarks.first_hit.aws import Aws

TIMEOUT = 29
MEMORY = 1769
_NODE = ROOT / "lab" / "benchmarks" / "node"
_OK = 200


@dataclass(frozen=True, slots=True)
class Program:
    """A function: its name in the table, the folder it runs in, and its handler or Node's file."""

    name: str
    folder: Path
    handler: str

    @property
    def command(self) -> tuple[str, ...]:
        """The runtime with the handler."""
        if self.handler.endswith(".mjs"):
            return (shutil.which("node") or "node", self.handler)
        return (sys.executable, "-m", "awslambdaric", self.handler)


HERE = Program("this project", ROOT / "functions", "resizer.app.handler")
CORE = Program("the core alone", ROOT / "functions", "lab.benchmarks.first_hit.core.handler")
READING = Program("Node, as DIT: read, answer", _NODE, "reading.mjs")
PUTTING = Program("Node, as image-optimization: read, store, answer", _NODE, "putting.mjs")


@dataclass(frozen=True, slots=True)
class Sample:
    """One request, in milliseconds. `calls` are relative to the event."""

    wall: float
    """Until the answer."""
    billed: float
    processor: float
    size: int
    """Bytes of the image."""
    calls: tuple[Call, ...]


class Running:
    """A function that runs."""

    def __init__(self, pool: FunctionPool, aws: Aws) -> None:
        """Measure a pool of one process that calls `aws`."""
        self._pool = pool
        self._aws = aws

    async def measure(self, event: bytes) -> tuple[Sample, dict[str, object]]:
        """Invoke it once; return the sample and the answer. Raise RuntimeError for anything but an image."""
        self._aws.calls.clear()
        (process,) = self._pool.processes
        before, start = _read_processor(process), time.perf_counter()
        answer = await self._pool.invoke(event)
        if answer.error or answer.report is None:
            raise RuntimeError(f"{self._pool.function.name}: {answer.payload[:2000]!r}")
        report = await answer.report
        processor = _read_processor(process) - before
        found = json.loads(answer.payload)
        if found.get("statusCode", _OK) != _OK or report.error:
            raise RuntimeError(f"{self._pool.function.name}: {report.error} {answer.payload[:2000]!r}")
        calls = tuple(Call(c.name, 1000 * (c.start - start), 1000 * (c.end - start)) for c in self._aws.calls)
        size = len(found.get("body", "")) * 3 // 4
        return Sample(answer.milliseconds, report.milliseconds, 1000 * processor, size, calls), found


def _read_processor(process: int) -> float:
    """Return the seconds of processor time that a process has used (clock_getcpuclockid(3))."""
    return time.clock_gettime((~process << 3) | 2)


@asynccontextmanager
async def run(program: Program, aws: Aws, core: int, work: Path) -> AsyncIterator[Running]:
    """Run a function on a core of the processor."""
    environment = read_environment() | {
        "AWS_CA_BUNDLE": str(work / "authorities.pem"),
        "AWS_ENDPOINT_URL": f"https://{HOST}:{aws.port}",
        "NODE_EXTRA_CA_CERTS": str(work / "certificate.pem"),
        "ORIGINALS": str(work),
    }
    command = ("/usr/bin/taskset", "--cpu-list", str(core), *program.command)
    function = Function(
        name=program.name,
        arn="arn:aws:lambda:us-east-1:000000000000:function:images-resize",
        role="role",
        timeout=TIMEOUT,
        memory=MEMORY,
        environment=environment,
        log_group="/aws/lambda/images-resize",
        tag="resize",
        handler=program.handler,
        runtime=command,
    )
    pool = FunctionPool(function, Host(program.folder, sys.executable, "us-east-1"), _assume, lambda *_: None)
    try:
        await pool.start(PoolSize(initial=1, cap=1))
        yield Running(pool, aws)
    finally:
        await pool.stop()


async def _assume(_role: str) -> Credentials:
    return Credentials("key", "secret", "token")


def make_event(template: dict[str, object], transform: str, original: str, number: int) -> bytes:
    """Return the event of a request for an image that nobody has requested before."""
    return json.dumps(template | {"path": f"/resize/{transform}/{ORIGINALS}{original}-{number}.jpg"}).encode()
