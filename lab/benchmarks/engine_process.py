"""The engines: processes pinned to the same core of the processor."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lab.benchmarks.tasks import Task

ROOT = Path(__file__).parents[2]
CORE = "core"
CLONED = "sharp, cloned"
_PROJECT_PYTHON = os.environ.get("CORE_PYTHON") or str(ROOT / ".venv" / "bin" / "python")
_SHARP = str(ROOT / "lab" / "benchmarks" / "node" / "sharp.mjs")

COMMANDS: Mapping[str, list[str]] = {
    CORE: [_PROJECT_PYTHON, "-m", "lab.benchmarks.engines.core"],
    "sharp": ["node", _SHARP, "alone"],
    "sharp, defaults": ["node", _SHARP],
    CLONED: ["node", _SHARP, "alone", "cloned"],
    "pyvips": ["env", "VIPS_CONCURRENCY=1", sys.executable, "-m", "lab.benchmarks.engines.vips"],
    "Pillow": [sys.executable, "-m", "lab.benchmarks.engines.stock_pillow"],
    "thumbor": [sys.executable, "-m", "lab.benchmarks.engines.thumbor_pil"],
    "floor": [sys.executable, "-m", "lab.benchmarks.engines.floor"],
}


@dataclass(frozen=True, slots=True)
class Measurement:
    """Processor time of one order in seconds, bytes of its images, and peak memory of the process in bytes."""

    seconds: float
    bytes: int
    peak: int


class Engine:
    """One running engine."""

    def __init__(self, name: str, core: int) -> None:
        """Start the engine on that `core` of the processor."""
        command = ["taskset", "--cpu-list", str(core), *COMMANDS[name]]
        environment = {**os.environ, "PYTHONPATH": "functions"}
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, task: Task, original: Path, output: Path | None = None) -> Measurement:
        """Run the task. Raise RuntimeError if the engine ended."""
        order = {
            "input": str(original),
            "widths": ",".join(map(str, task.widths)),
            "format": task.format,
            "quality": str(task.quality),
            "codec_quality": str(task.codec_quality),
        }
        if output:
            order["output"] = str(output)
        stdin, stdout = _pipes(self._process)
        stdin.write(json.dumps(order) + "\n")
        stdin.flush()
        line = stdout.readline()
        if not line:
            raise RuntimeError(f"{self._process.args!r} ended during {task.name}")
        return Measurement(**json.loads(line))

    def stop(self) -> None:
        """End the engine by closing its input."""
        stdin, _ = _pipes(self._process)
        stdin.close()
        self._process.wait()


def _pipes(process: subprocess.Popen[str]) -> tuple[IO[str], IO[str]]:
    streams: tuple[Any, Any] = (process.stdin, process.stdout)
    return streams
