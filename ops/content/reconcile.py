"""Compares a stack's buckets and its index, and reports the differences; with --apply the copy function repairs them.

Exit status 1 if there are differences and --apply is not given. Refused originals are listed with the reason. They do
not count as differences, because only their owner can rename them. With --start the copy function does all of it in the
background, as it does on ReconcileSchedule.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TYPE_CHECKING

from cloud.queue import continue_run
from copier.reconciliation import Difference, find_unsettled, inspect, keys_of, repair
from copier.settings import Settings
from ops.stack import LOCAL_CREDENTIALS, add_stack_options, find_target, read_deployed

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from ops.stack import Target

WORKERS = 8
"""Keys that are inspected in parallel: fewer than the connections of a client."""
AT_ONCE = 256
BAR_WIDTH = 40


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    add_stack_options(parser)
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--apply", action="store_true", help="have the copy function repair the differences")
    action.add_argument(
        "--start", action="store_true", help="let the copy function compare and repair, and return at once"
    )


def run(options: argparse.Namespace) -> int:
    """Reconcile the stack."""
    _take_environment(find_target(options))
    settings = Settings.from_environment()
    if options.start:
        continue_run(settings.queue_url, {}, 0)
        print("The copy function has started; its log has a line with the result at the end.")
        return 0
    reasons = reconcile(settings, apply=options.apply)
    for reason, times in reasons.most_common():
        print(f"{times:8,}  {reason}")
    if all(reason.startswith("refused: ") for reason in reasons):
        print("Nothing differs." if not reasons else "Nothing else differs. Rename or delete the refused originals.")
        return 0
    print(
        "The keys were sent to the copy function."
        if options.apply
        else "Nothing was changed; --apply (APPLY=1) repairs it."
    )
    return 0 if options.apply else 1


def _take_environment(target: Target) -> None:
    """Give this process the environment of the stack's copy function, whose code it runs."""
    read_deployed(target)  # which raises a better error where there is no such stack
    configuration = target.aws.client("lambda").get_function_configuration(FunctionName=f"{target.name}-copy")
    os.environ.update(configuration["Environment"]["Variables"])
    os.environ["POWERTOOLS_TRACE_DISABLED"] = "true"
    if target.aws.endpoint:
        os.environ["AWS_ENDPOINT_URL"] = target.aws.endpoint
        os.environ.setdefault("AWS_DEFAULT_REGION", target.aws.region)
        if "AWS_ACCESS_KEY_ID" not in os.environ:
            os.environ.update({name.upper(): value for name, value in LOCAL_CREDENTIALS.items()})


def reconcile(settings: Settings, *, apply: bool) -> Counter[str]:
    """Inspect every key, print the differences, repair them if told to, and return the number of each reason."""
    total = sum(1 for _ in keys_of(settings))
    reasons: Counter[str] = Counter()
    for done, differences in enumerate(_inspect_all(settings), start=1):
        reasons.update(_report(differences, settings, apply=apply))
        _draw_progress(done, total)
    for difference in _list_unsettled(settings):
        reasons.update(_report([difference], settings, apply=apply))
    _clear_line()
    return reasons


def _report(differences: list[Difference], settings: Settings, *, apply: bool) -> list[str]:
    """Print the differences, repair them if told to, and return the reasons."""
    for difference in differences:
        _clear_line()
        print(f"{(difference.stored or difference.key)!r}: {difference.reason}")
    if apply:
        for difference in {(each.key, each.stored): each for each in differences}.values():
            repair(difference, settings)
    return [difference.reason for difference in differences]


def _list_unsettled(settings: Settings) -> Iterator[Difference]:
    """Yield the differences that only the table shows."""
    found, start = find_unsettled(settings)
    yield from found
    while start:
        found, start = find_unsettled(settings, start)
        yield from found


def _inspect_all(settings: Settings) -> Iterator[list[Difference]]:
    keys = keys_of(settings)
    with ThreadPoolExecutor(WORKERS) as pool:
        while some := list(islice(keys, AT_ONCE)):
            yield from pool.map(lambda listed: inspect(listed, settings), some)


def _draw_progress(done: int, total: int) -> None:
    """Draw the progress bar, on a terminal only."""
    if sys.stderr.isatty():
        share = min(done / max(total, 1), 1)
        bar = "#" * round(share * BAR_WIDTH)
        sys.stderr.write(f"\r[{bar:<{BAR_WIDTH}}] {share:4.0%} {done:,} of {total:,}")
        sys.stderr.flush()


def _clear_line() -> None:
    if sys.stderr.isatty():
        sys.stderr.write("\r\033[K")
