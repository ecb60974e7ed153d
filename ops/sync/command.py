"""`make sync`: makes a bucket agree with a folder, or with --dry-run says what that would change."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, TextColumn, TransferSpeedColumn

from ops.sync.bucket import Bucket
from ops.sync.folder import UndeliverableFolder, read_folder
from ops.sync.plan import Plan, make_plan
from ops.sync.report import describe_outcome, describe_plan, write_markdown
from ops.sync.transfer import Outcome, deliver

DEFAULT_JOBS = 16
INTERRUPTED = 130
"""The exit status of a program that was ended by Ctrl-C: 128 and the signal's number."""


def main(arguments: list[str] | None = None) -> int:
    """Deliver, and return 0 if the bucket agrees with the folder (or could be compared, with --dry-run)."""
    options = _parse(arguments)
    try:
        return _run(options)
    except UndeliverableFolder as reason:
        print(f"Nothing was uploaded:\n{reason}", file=sys.stderr)
    except (BotoCoreError, ClientError, OSError) as error:
        print(f"The delivery stopped, and can be repeated: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("Interrupted. What was uploaded is whole; the same command does the rest.", file=sys.stderr)
        return INTERRUPTED
    return 1


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m delivery", description=__doc__)
    parser.add_argument("folder", type=Path, help="the folder of originals, which is the truth")
    parser.add_argument("bucket", help="the source bucket")
    parser.add_argument("--prefix", default="", help="the part of the bucket that is the folder's, such as shop/")
    parser.add_argument("--dry-run", action="store_true", help="only say what would change")
    parser.add_argument("--jobs", type=int, default=DEFAULT_JOBS, choices=range(1, 65), metavar="1-64")
    parser.add_argument("--endpoint-url", help="another AWS than the real one, such as that of `make run`")
    parser.add_argument("--markdown", type=Path, help="a file to append the report to, such as $GITHUB_STEP_SUMMARY")
    return parser.parse_args(arguments)


def _run(options: argparse.Namespace) -> int:
    if options.prefix and not options.prefix.endswith("/"):
        raise UndeliverableFolder("A prefix ends with a slash: without it, it takes in other folders' keys.")
    originals = read_folder(options.folder, options.prefix)
    # As many connections as there are uploads at once; S3 asks for patience with 503, which the retries give.
    config = Config(max_pool_connections=options.jobs, retries={"mode": "adaptive", "max_attempts": 8})
    client = boto3.client("s3", endpoint_url=options.endpoint_url or None, config=config)
    bucket = Bucket(client, options.bucket, options.prefix)
    with _progress(MofNCompleteColumn()) as progress:
        task = progress.add_task("comparing", total=len(originals))
        plan = make_plan(originals, bucket, options.jobs, lambda: progress.advance(task))
        progress.update(task, completed=len(originals))
    _tell(options, "What would change" if options.dry_run else "What changes", list(describe_plan(plan)))
    if options.dry_run:
        return 0
    outcome = _deliver(plan, bucket, options.jobs)
    _tell(options, "What was done", list(describe_outcome(outcome)))
    return 1 if outcome.failures else 0


def _deliver(plan: Plan, bucket: Bucket, jobs: int) -> Outcome:
    with _progress(DownloadColumn(), TransferSpeedColumn()) as progress:
        task = progress.add_task("uploading", total=sum(original.size for original in plan.uploads))
        return deliver(plan, bucket, jobs, lambda size: progress.advance(task, size))


def _progress(*columns: BarColumn | MofNCompleteColumn | DownloadColumn | TransferSpeedColumn) -> Progress:
    console = Console(stderr=True)
    # Where nobody watches, as in continuous delivery, a bar is only noise.
    return Progress(
        TextColumn("{task.description}"), BarColumn(), *columns, console=console, disable=not console.is_terminal
    )


def _tell(options: argparse.Namespace, title: str, lines: list[str]) -> None:
    print("\n".join(lines), flush=True)
    if options.markdown:
        with options.markdown.open("a") as file:
            file.write(write_markdown(title, iter(lines)) + "\n")


if __name__ == "__main__":
    sys.exit(main())
