"""The resources behind the energy use of a month: computing, transfer and storage for a thousand views."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.costs.month import GB
from lab.costs.transcoder import (
    COPY_MB,
    WHOLE_CPU_MB,
    count_calls,
    count_inspected,
    count_render_ms,
    count_stored_bytes,
    measure_usage,
)

if TYPE_CHECKING:
    from lab.costs.month import Month


@dataclass(frozen=True, slots=True)
class Footprint:
    """Resources of a thousand views.

    CPU-seconds allotted to both functions, MB sent to viewers, MB read by functions, MB stored. Lambda allots CPU by
    memory, used or not: waiting counts.
    """

    cpu_seconds: float
    sent_mb: float
    read_mb: float
    stored_mb: float


def measure_footprint(month: Month) -> Footprint:
    """Return the footprint of a month."""
    thousands = month.views / 1000
    resize = month.new_derivatives * count_render_ms(month) / 1000 * month.memory_mb / WHOLE_CPU_MB
    copying = count_calls(month).messages * month.copy_ms + count_inspected(month) * month.inspect_ms
    copy = copying / 1000 * COPY_MB / WHOLE_CPU_MB
    return Footprint(
        cpu_seconds=(resize + copy) / thousands,
        sent_mb=measure_usage(month)["cloudfront_data"] * GB / 1e6 / thousands,
        read_mb=month.new_derivatives * month.original_bytes / 1e6 / thousands,
        stored_mb=count_stored_bytes(month) / 1e6 / thousands,
    )
