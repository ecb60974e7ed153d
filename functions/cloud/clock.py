"""The clock of the table's rows."""

from __future__ import annotations

import time


def now() -> int:
    """Return the milliseconds since 1970."""
    return time.time_ns() // 1_000_000
