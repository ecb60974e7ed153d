"""The results as a page: times of this machine, and medians of the ratios within each round."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

from lab.benchmarks.cold.images import CORE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lab.benchmarks.cold.cloud import Moment
    from lab.benchmarks.cold.start import Start

    Part = Callable[[Start], Moment]

_HEADER = """# Cold start of the function, and of the same in Node

The first request to a fresh container of the resize function's image: a 3 MP JPEG to WebP, 300 pixels wide, through the
Runtime API, with S3, DynamoDB and CloudFront answered from memory over TLS. Medians of starts in turns, on one core.

- Node is Debian's, on the same base image, with sharp and the AWS SDK's clients. It makes the same calls, or, like most
  tutorials, only reads the original. "Bundled" is by esbuild.
- Columns: processor time in ms, wall-clock time (longer when other programs use the core), and the core's processor
  time divided by that of the function in the row.
- `init` ends with the first poll for an event; `later` is a request to the same, warm process.
- Files are in the kernel's page cache.

"""


def write_report(starts: Mapping[str, Sequence[Start]]) -> str:
    """Return the page in Markdown; all functions are compared with the core."""
    mine = starts[CORE.name]
    parts: dict[str, Part] = {"init": lambda s: s.init, "first answer": lambda s: s.first, "later": lambda s: s.later}
    columns = [f"{part} {what}" for part in parts for what in ("ms", "(wall)", "ratio")]
    lines = [f"| function | {' | '.join(columns)} |", f"|---|{'--:|' * len(columns)}"]
    for name, found in starts.items():
        cells = [cell for part in parts.values() for cell in _cells(part, mine, found)]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    calls = [f"- {name}: {', '.join(found[0].calls)}" for name, found in starts.items()]
    rounds = f"{len(mine)} starts of each. AWS calls of the first request:"
    return _HEADER + "\n".join([*lines, "", rounds, "", *calls]) + "\n"


def _cells(part: Part, mine: Sequence[Start], found: Sequence[Start]) -> list[str]:
    ratios = [part(ours).processor / part(theirs).processor for ours, theirs in zip(mine, found, strict=True)]
    processor = statistics.median(part(start).processor for start in found)
    wall = statistics.median(part(start).wall for start in found)
    return [f"{1000 * processor:.0f}", f"({1000 * wall:.0f})", f"{statistics.median(ratios):.2f}"]
