"""The tasks of the Makefile that look at a deployed stack, or change what is in it."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError, WaiterError
from rich.console import Console
from rich.progress import Progress

from ops.content.purge import PurgeFailed, count_derivatives, estimate_dollars, find_purgeable, purge
from ops.release.change_set import read_changes, write_markdown
from ops.release.release import read_release, remember, roll_back
from ops.release.template_bucket import find_bucket
from ops.smoke.command import smoke
from ops.smoke.walk import Seen, Walk
from ops.stack import ROOT, Deployed, Inoperable, connect, read_deployed, read_settings
from ops.trace import ask_local, find_lines, write_lines

if TYPE_CHECKING:
    from collections.abc import Callable

    from ops.release.template_bucket import TemplateBucket

JOBS = 16
LOCAL = ROOT / ".local" / "stack.json"
OPERATOR = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
"""The local stack's own root: public, and good for nothing else."""


def main(arguments: list[str] | None = None) -> int:
    """Do one task, and return its exit status."""
    options = _parse(arguments)
    run: Callable[[argparse.Namespace], int] = options.run
    try:
        return run(options)
    except (Inoperable, PurgeFailed, BotoCoreError, ClientError, WaiterError, OSError) as error:
        print(f"{options.task}: {error}", file=sys.stderr)
        return 1


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m operation", description=__doc__)
    tasks = parser.add_subparsers(dest="task", required=True)
    for name, run, what in (
        ("smoke", _smoke, "walk the workflow of a deployed stack from outside"),
        ("purge", _purge, "delete derivatives, so that they are made again"),
        ("trace", _trace, "show what the resize function did for a request"),
        ("change-set", _show_changes, "show as Markdown what the template would change"),
        ("remember", _remember, "keep what is deployed, for `roll-back`"),
        ("roll-back", _roll_back, "deploy again what was deployed before the last deployment"),
    ):
        task = tasks.add_parser(name, help=what)
        task.set_defaults(run=run)
        task.add_argument("--config", default="default", help="an environment of samconfig.toml, for the stack's name")
        task.add_argument("--stack", default="", help="the stack's name, instead")
        task.add_argument("--endpoint", default="", help="another AWS than the real one")
        task.add_argument("--yes", action="store_true", help="ask nothing")
        task.add_argument("--bucket", default="", help="where templates go, instead of the SAM CLI's bucket")
        task.add_argument("--edge", default="", help="where the images are; with no stack: that of `make run`")
        task.add_argument("--prefix", default="", help="how the originals' keys begin")
        task.add_argument("--id", default="", help="a request's id, as its answer says it")
        task.add_argument("--hours", type=float, default=24, help="how long ago the request was, at most")
        task.add_argument("--code-changes", action="store_true", help="the functions' images would be new ones")
    return parser.parse_args(arguments)


def _name(options: argparse.Namespace) -> str:
    return str(options.stack or read_settings(options.config)["stack_name"])


def _find(options: argparse.Namespace) -> Deployed:
    if options.edge and not options.stack and not options.endpoint:
        try:
            local = json.loads(LOCAL.read_text())
        except FileNotFoundError:
            raise Inoperable("No local stack is running. Start one with `make run` in another terminal.") from None
        os.environ |= OPERATOR | {"AWS_DEFAULT_REGION": local["region"]}
        return read_deployed(local["stack"], local["aws"])
    return read_deployed(_name(options), options.endpoint)


def _smoke(options: argparse.Namespace) -> int:
    stack = _find(options)

    def tell(seen: Seen) -> None:
        mark = "  " if seen.seen else "NOT SEEN "
        print(f"{seen.step:>6}  {mark}{seen.what}" + (f": {seen.how}" if seen.how else ""), flush=True)

    cookies = "; ".join(re.findall(r"CloudFront-[A-Za-z-]+=[^;\s]+", os.environ.get("COOKIES", "")))
    if stack.parameters.get("TrustedKeyGroups") and not cookies:
        raise Inoperable(
            "This stack is private: COOKIES takes what `make private-cookies` prints, for all of its URLs."
        )
    good = smoke(Walk(stack, options.edge or stack.outputs["Url"], tell, cookies=cookies))
    print("\nEvery step was seen." if good else "\nNot every step was seen.")
    return 0 if good else 1


def _purge(options: argparse.Namespace) -> int:
    stack = _find(options)
    found = find_purgeable(stack, options.prefix, JOBS)
    derivatives = f"{count_derivatives(found):,} derivatives of {len(found):,} originals"
    print(
        f"{derivatives} under {options.prefix!r} in {stack.name}. The\n"
        f"invalidations cost up to USD {estimate_dollars(found):,.2f}, and what is asked for again is made again."
    )
    if not found or not _agrees(options, "purge"):
        return 0
    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("purging", total=len(found))
        purged = purge(stack, found, JOBS, lambda: progress.advance(task))
    print(f"{purged:,} derivatives were deleted; the copy function tells the edge.")
    return 0


def _agrees(options: argparse.Namespace, word: str) -> bool:
    """Return whether whoever started this means it."""
    if options.yes:
        return True
    try:
        return input(f"Write {word} to go on: ").strip() == word
    except EOFError:
        raise Inoperable("There is nobody to ask; YES=1 says that it is meant.") from None


def _trace(options: argparse.Namespace) -> int:
    if options.edge:
        print(ask_local(options.edge, options.id), end="")
        return 0
    lines = find_lines(connect("logs", options.endpoint), _name(options), options.id, options.hours)
    if not lines:
        raise Inoperable(f"Nothing was logged of this request in the last {options.hours:g} hours (HOURS=).")
    print("\n".join(write_lines(lines)))
    return 0


def _show_changes(options: argparse.Namespace) -> int:
    settings = read_settings(options.config) | ({"stack_name": options.stack} if options.stack else {})
    formation = connect("cloudformation", options.endpoint)
    changes = read_changes(formation, settings, lambda: _bucket(options), code_changes=options.code_changes)
    print(write_markdown(settings["stack_name"], changes))
    return 0


def _bucket(options: argparse.Namespace) -> TemplateBucket:
    return find_bucket(read_settings(options.config), options.endpoint, options.bucket)


def _remember(options: argparse.Namespace) -> int:
    name = _name(options)
    release = read_release(connect("cloudformation", options.endpoint), name)
    try:
        if release is not None:
            remember(release, name, _bucket(options))
    except Inoperable as error:
        print(f"remember: {error} Only Git leads back from this release.", file=sys.stderr)
    return 0


def _roll_back(options: argparse.Namespace) -> int:
    print(roll_back(connect("cloudformation", options.endpoint), _name(options), _bucket(options)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
