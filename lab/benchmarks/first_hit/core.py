"""A handler that transcodes and nothing else: the core's part of a request. Runs in the function's interpreter."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from grammar.path import parse_path
from imaging import configure_process, transcode
from imaging.limits import Limits

configure_process()
LIMITS = Limits(max_input_bytes=100_000_000, max_input_pixels=100_000_000, max_output_pixels=50_000_000)


def handler(event: dict[str, Any], _context: object) -> dict[str, float]:
    """Return the milliseconds of processor time of a transcoding."""
    transform, key = parse_path(event["path"].removeprefix("/resize/"))
    name = key.removeprefix("originals/").partition("-")[0]
    original = Path(os.environ["ORIGINALS"], f"{name}.jpg").read_bytes()
    start = time.process_time()
    transcode(original, transform, limits=LIMITS)
    return {"core": 1000 * (time.process_time() - start)}
