"""Orders by standard input, a JSON line each, and times by standard output; `../node/sharp.mjs` implements it too."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Order = Mapping[str, str]


def serve(
    transcode: Callable[[bytes, Order], bytes],
    transcode_all: Callable[[bytes, Sequence[Order]], list[bytes]] | None = None,
) -> None:
    """Execute orders until the input ends: `input` (a path), `widths`, `format`, `quality`, and optionally `output`.

    `transcode` makes one width, `transcode_all`, if given, all widths at once. Replies with `seconds` of processor time
    of all threads, from bytes in memory to bytes in memory; `bytes` of all results; and the process's `peak` memory in
    bytes so far. Results are written to files named like the output, with a dash and the width appended.
    """
    for line in sys.stdin:
        order: dict[str, str] = json.loads(line)
        orders = [order | {"width": width} for width in order["widths"].split(",")]
        data = Path(order["input"]).read_bytes()
        start = time.process_time()
        bodies = transcode_all(data, orders) if transcode_all else [transcode(data, one) for one in orders]
        seconds = time.process_time() - start
        if "output" in order:
            for one, body in zip(orders, bodies, strict=True):
                Path(f"{one['output']}-{one['width']}").write_bytes(body)
        print(json.dumps({"seconds": seconds, "bytes": sum(map(len, bodies)), "peak": _read_peak()}), flush=True)


def _read_peak() -> int:
    """Return the highest resident size in bytes: the kernel's VmHWM, since getrusage counts the parent's as well."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))
