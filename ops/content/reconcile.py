"""Compares a stack's buckets and its index, reports what differs, and with --apply has the copy function repair it.

With --start the copy function does all of it by itself, as ReconcileSchedule has it do.
"""

from __future__ import annotations

import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TYPE_CHECKING

from cloud.queue import continue_run
from copier.reconciliation import Difference, find_unsettled, inspect, keys_of, repair
from copier.settings import Settings
from ops.program import parse, run, take_environment

if TYPE_CHECKING:
    from collections.abc import Iterator

WORKERS = 8
"""Keys that are inspected side by side: fewer than the connections of a client."""
AT_ONCE = 256
BAR_WIDTH = 40


def reconcile(settings: Settings, *, apply: bool) -> Counter[str]:
    """Inspect every key, print what differs, repair it if told to, and return how often each reason was found."""
    total = sum(1 for _ in keys_of(settings))
    reasons: Counter[str] = Counter()
    for done, differences in enumerate(_inspected(settings), start=1):
        reasons.update(_treat(differences, settings, apply=apply))
        _show(done, total)
    for difference in _unsettled(settings):
        reasons.update(_treat([difference], settings, apply=apply))
    _clear()
    return reasons


def _treat(differences: list[Difference], settings: Settings, *, apply: bool) -> list[str]:
    """Print what differs, repair it if told to, and return the reasons."""
    for difference in differences:
        _clear()
        print(f"{(difference.stored or difference.key)!r}: {difference.reason}")
    if apply:
        for difference in {(each.key, each.stored): each for each in differences}.values():
            repair(difference, settings)
    return [difference.reason for difference in differences]


def _unsettled(settings: Settings) -> Iterator[Difference]:
    """Yield what only the table knows of."""
    found, start = find_unsettled(settings)
    yield from found
    while start:
        found, start = find_unsettled(settings, start)
        yield from found


def _inspected(settings: Settings) -> Iterator[list[Difference]]:
    keys = keys_of(settings)
    with ThreadPoolExecutor(WORKERS) as pool:
        while some := list(islice(keys, AT_ONCE)):
            yield from pool.map(lambda key: inspect(key, settings), some)


def _show(done: int, total: int) -> None:
    """Draw the progress bar, on a terminal only."""
    if sys.stderr.isatty():
        share = min(done / max(total, 1), 1)
        bar = "#" * round(share * BAR_WIDTH)
        sys.stderr.write(f"\r[{bar:<{BAR_WIDTH}}] {share:4.0%} {done:,} of {total:,}")
        sys.stderr.flush()


def _clear() -> None:
    if sys.stderr.isatty():
        sys.stderr.write("\r\033[K")


def main() -> int:
    """Reconcile the stack that the command line names; the exit status is 1 where differences are left."""
    arguments = parse(__doc__ or "", start="let the copy function begin it now")
    take_environment(arguments.stack)
    settings = Settings.from_environment()
    if arguments.start:
        continue_run(settings.queue_url, {}, 0)
        print("The copy function compares both buckets and the index; its log has a line at the end.")
        return 0
    reasons = reconcile(settings, apply=arguments.apply)
    if not reasons:
        print("Nothing differs.")
        return 0
    for reason, times in reasons.most_common():
        print(f"{times:8,}  {reason}")
    print("The copy function was told." if arguments.apply else "Nothing was changed: APPLY=1 has it repaired.")
    return 0 if arguments.apply else 1


if __name__ == "__main__":
    sys.exit(run(main))
