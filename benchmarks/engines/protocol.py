"""Orders by standard input, a JSON line each, and their times by standard output; `../node/sharp.mjs` speaks it too."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def serve(transcode: Callable[[bytes, Mapping[str, str]], bytes]) -> None:
    """Do orders until the input ends: `input` (a path), `width`, `format`, `quality`, perhaps `output` (a path).

    Answers `seconds` of processor time, of all threads, from bytes in memory to bytes in memory; `bytes`; and the
    process's `peak` memory in bytes so far.
    """
    for line in sys.stdin:
        order: dict[str, str] = json.loads(line)
        data = Path(order["input"]).read_bytes()
        start = time.process_time()
        body = transcode(data, order)
        seconds = time.process_time() - start
        if "output" in order:
            Path(order["output"]).write_bytes(body)
        print(json.dumps({"seconds": seconds, "bytes": len(body), "peak": _read_peak()}), flush=True)


def _read_peak() -> int:
    """Return the highest resident size in bytes: the kernel's VmHWM, since getrusage counts the parent's as well."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))
