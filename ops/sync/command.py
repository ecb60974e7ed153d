"""Makes a source bucket equal to a folder of originals: uploads new and changed files, removes other objects.

An interrupted run can be repeated. Hidden files are skipped. Files that could never be served stop it before anything
is uploaded. At a terminal it asks before it removes objects; more than ten, if that is more than a tenth of the
bucket's, are removed only with --yes.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.config import Config
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, TextColumn, TransferSpeedColumn

from ops.confirm import confirm
from ops.errors import INTERRUPTED, CommandFailed, UsageError
from ops.stack import add_stack_options, find_target, read_deployed
from ops.sync.bucket import Bucket
from ops.sync.folder import read_folder
from ops.sync.plan import Plan, make_plan
from ops.sync.report import describe_outcome, describe_plan, write_markdown
from ops.sync.transfer import Outcome, deliver

if TYPE_CHECKING:
    import argparse

DEFAULT_JOBS = 16


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="the folder of originals")
    parser.add_argument("bucket", nargs="?", default="", metavar="BUCKET", help="source bucket (default: the stack's)")
    add_stack_options(parser)
    parser.add_argument("--prefix", default="", help="only the objects whose keys begin with this, such as shop/")
    parser.add_argument("--dry-run", action="store_true", help="only show what would change")
    parser.add_argument("--yes", action="store_true", help="remove any number of objects, and do not ask")
    parser.add_argument(
        "--jobs", type=int, default=DEFAULT_JOBS, choices=range(1, 65), metavar="N", help="parallel uploads, 1 to 64"
    )
    parser.add_argument(
        "--markdown", type=Path, metavar="FILE", help="append the report to a file, such as $GITHUB_STEP_SUMMARY"
    )


def run(options: argparse.Namespace) -> int:
    """Compare and upload; return 0 if the bucket equals the folder at the end, or with --dry-run could be compared."""
    if options.prefix and not options.prefix.endswith("/"):
        raise UsageError("--prefix must end with a slash: shop would include the keys of shoplifter/ too")
    originals = read_folder(options.folder, options.prefix)
    bucket = _open_bucket(options)
    with _progress(MofNCompleteColumn()) as progress:
        task = progress.add_task("comparing", total=len(originals))
        plan = make_plan(originals, bucket, options.jobs, lambda: progress.advance(task))
        progress.update(task, completed=len(originals))
    _report(options, "What would change" if options.dry_run else "What changes", list(describe_plan(plan)))
    if options.dry_run:
        return 0
    _confirm_removal(options, plan, bucket)
    try:
        outcome = _deliver(plan, bucket, options.jobs)
    except KeyboardInterrupt:
        print("Interrupted. What was uploaded is complete; the same command does the rest.", file=sys.stderr)
        return INTERRUPTED
    _report(options, "What was done", list(describe_outcome(outcome)))
    return 1 if outcome.failures else 0


def _open_bucket(options: argparse.Namespace) -> Bucket:
    target = find_target(options)
    name = options.bucket or read_deployed(target).output("SourceBucketName")
    # As many connections as parallel uploads; S3 slows clients down by 503, which the retries obey.
    config = Config(max_pool_connections=options.jobs, retries={"mode": "adaptive", "max_attempts": 8})
    return Bucket(target.aws.client("s3", config), name, options.prefix)


def _confirm_removal(options: argparse.Namespace, plan: Plan, bucket: Bucket) -> None:
    """Raise CommandFailed where objects would be removed that nobody has confirmed."""
    if options.yes or not plan.removed:
        return
    if plan.removes_many:
        raise CommandFailed(
            f"nothing was changed: {len(plan.removed):,} of {plan.total:,} objects would be removed, more than a "
            "tenth. Is it the right folder and bucket? --yes (YES=1) confirms"
        )
    if sys.stdin.isatty():
        confirm(f"{len(plan.removed):,} objects will be removed from {bucket.name}.", "remove", yes=False)


def _deliver(plan: Plan, bucket: Bucket, jobs: int) -> Outcome:
    with _progress(DownloadColumn(), TransferSpeedColumn()) as progress:
        task = progress.add_task("uploading", total=sum(original.size for original in plan.uploads))
        return deliver(plan, bucket, jobs, lambda size: progress.advance(task, size))


def _progress(*columns: BarColumn | MofNCompleteColumn | DownloadColumn | TransferSpeedColumn) -> Progress:
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"), BarColumn(), *columns, console=console, disable=not console.is_terminal
    )


def _report(options: argparse.Namespace, title: str, lines: list[str]) -> None:
    print("\n".join(lines), flush=True)
    if options.markdown:
        with options.markdown.open("a") as file:
            file.write(write_markdown(title, iter(lines)) + "\n")
