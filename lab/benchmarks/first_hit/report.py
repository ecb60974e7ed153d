"""The results as a table, and the calls of one request as a timeline picture."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from lab.benchmarks.first_hit.functions import CORE, HERE, READING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lab.benchmarks.first_hit.functions import Sample

    Samples = Mapping[str, Mapping[str, Sequence[Sample]]]
    """By task and function, in the order of the rounds."""

HEADER = """# The first request for an image

Warm functions behind their runtime clients and the local Runtime API, in turns, each on one core; a stand-in of AWS
over TLS answers after a latency: S3 GET 25 ms, PUT 40, HEAD 15, DynamoDB 5, CloudFront's CreateInvalidation 250.

- `wait`: ms from the event to the answer, and the median of its ratios to DIT's within each round.
- `processor`: ms of processor time of the process, with the work after the answer.
- `beside the core`: the same without transcoding.
- `billed`: ms until the runtime and its extension ask for the next event.
- The Node functions use sharp, the AWS SDK and a loop around the Runtime API. `as DIT` reads, transcodes and answers,
  as AWS's Dynamic Image Transformation does; `as image-optimization` stores before it answers, as aws-samples' does.

"""


def write_table(samples: Samples) -> str:
    """Return the page in Markdown."""
    rounds = len(next(iter(next(iter(samples.values())).values())))
    lines = [
        "| task | function | wait | to DIT's | processor | beside the core | billed | bytes |",
        "|---|---|--:|--:|--:|--:|--:|--:|",
    ]
    for task, functions in samples.items():
        core = [sample.processor for sample in functions[CORE.name]]
        for name, found in functions.items():
            if name == CORE.name:
                continue
            ratio = statistics.median(
                one.wall / other.wall for one, other in zip(found, functions[READING.name], strict=True)
            )
            beside = statistics.median(sample.processor - alone for sample, alone in zip(found, core, strict=True))
            cells = [
                *(task, name, f"{_median(found, 'wall'):.0f}", f"{ratio:.2f}", f"{_median(found, 'processor'):.1f}"),
                f"{beside:.1f}" if not name.startswith("Node") else "",
                *(f"{_median(found, 'billed'):.0f}", f"{_median(found, 'size'):,.0f}"),
            ]
            lines.append(f"| {' | '.join(cells)} |")
    calls = [f"- {name}: {_list_calls(found)}" for name, found in next(iter(samples.values())).items()]
    return HEADER + "\n".join([*lines, "", f"{rounds} rounds. Calls to AWS:", "", *calls]) + "\n"


def _median(found: Sequence[Sample], part: str) -> float:
    return float(statistics.median(getattr(sample, part) for sample in found))


def _list_calls(found: Sequence[Sample]) -> str:
    return ", ".join(call.name for call in sorted(found[-1].calls, key=lambda call: call.start)) or "none"


def draw_timeline(samples: Samples) -> str:
    """Return an SVG of the calls of the first task's median request, with the answer as a line, for each function."""
    functions = {name: _middle(found) for name, found in next(iter(samples.values())).items() if name != CORE.name}
    end = max(sample.billed for sample in functions.values())
    scale = 560 / end
    parts, top = [], 24
    for name, sample in functions.items():
        calls = sorted(sample.calls, key=lambda call: call.start)
        parts.append(f'<text x="8" y="{top}" font-weight="bold">{escape(name)}</text>')
        for row, call in enumerate(calls, 1):
            y = top + 16 * row
            x, width = 180 + call.start * scale, max(1, (call.end - call.start) * scale)
            colour = "#0072b2" if call.start < sample.wall else "#999999"
            parts.append(f'<text x="172" y="{y}" text-anchor="end">{escape(call.name)}</text>')
            parts.append(f'<rect x="{x:.1f}" y="{y - 10}" width="{width:.1f}" height="11" fill="{colour}"/>')
        x, bottom = 180 + sample.wall * scale, top + 16 * len(calls) + 4
        parts.append(f'<path d="M{x:.1f} {top + 2}V{bottom}" stroke="#d55e00" stroke-width="2"/>')
        parts.append(f'<text x="{x + 4:.1f}" y="{top}" fill="#d55e00">answer, {sample.wall:.0f} ms</text>')
        top = bottom + 28
    style = 'font-family="sans-serif" font-size="12"'
    size = f'viewBox="0 0 860 {top - 8}" width="860" height="{top - 8}"'
    background = '<rect width="100%" height="100%" fill="#fff"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} {style}>\n{background}\n' + "\n".join(parts) + "\n</svg>\n"


def _middle(found: Sequence[Sample]) -> Sample:
    return sorted(found, key=lambda sample: sample.wall)[len(found) // 2]


def check(samples: Samples) -> list[str]:
    """Return where this project waits longer than the goal: 1.0 of DIT's wait, .45 for AVIF."""
    missed = []
    for task, functions in samples.items():
        pairs = zip(functions[HERE.name], functions[READING.name], strict=True)
        ratio = statistics.median(one.wall / other.wall for one, other in pairs)
        if ratio > (0.45 if task.endswith("AVIF") else 1.0):
            missed.append(f"{task}: {ratio:.2f} of DIT's wait")
    return missed
