"""Shows what was done for one request: the log lines of the resize function, or all steps on a local stack.

ID is in the answer's header x-amzn-RequestId, in x-amz-meta-request-id, or in `request_id` of an error.
"""

from __future__ import annotations

import json
import re
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from ops.errors import CommandFailed, UsageError
from ops.smoke.viewer import ask
from ops.stack import add_stack_options, find_target

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping, Sequence

REQUEST_ID: Final = re.compile(r"[A-Za-z0-9-]{8,128}")
"""API Gateway's ids are UUIDs. Nothing else may get into a filter pattern."""
SHOWN: Final = ("key", "path", "status", "reason", "detail", "bytes", "invalidation", "exception_name", "xray_trace_id")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument("id", metavar="ID", help="the request's id")
    parser.add_argument("--hours", type=float, default=24, help="look at the last so many hours (default: 24)")
    add_stack_options(parser)


def run(options: argparse.Namespace) -> int:
    """Print the steps."""
    check_id(options.id)
    target = find_target(options)
    if target.edge:
        print(ask_local(target.edge, options.id), end="")
        return 0
    lines = find_lines(target.aws.client("logs"), target.name, options.id, options.hours)
    if not lines:
        raise CommandFailed(
            f"no log line of this request in the last {options.hours:g} hours; --hours (HOURS=) extends it"
        )
    print("\n".join(write_lines(lines)))
    return 0


def check_id(request_id: str) -> str:
    """Return the id. Raises UsageError for what can't be one."""
    if not REQUEST_ID.fullmatch(request_id):
        raise UsageError(f"{request_id!r} is not a request's id: see x-amzn-RequestId in the headers of the answer")
    return request_id


def find_lines(logs: Any, stack: str, request_id: str, hours: float) -> Sequence[dict[str, Any]]:  # noqa: ANN401 - boto3's logs client
    """Return the resize function's log lines of a request in the last so many hours, the oldest first."""
    pages = logs.get_paginator("filter_log_events").paginate(
        logGroupName=f"/aws/lambda/{stack}-resize",
        filterPattern=f'{{ $.correlation_id = "{check_id(request_id)}" }}',
        startTime=int((time.time() - hours * 3600) * 1000),
    )
    events = sorted((event for page in pages for event in page["events"]), key=lambda event: int(event["timestamp"]))
    return [{**json.loads(event["message"]), "milliseconds": event["timestamp"]} for event in events]


def write_lines(lines: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the table: the step, the milliseconds since the first line, the message and its values."""
    yield f"{'step':>4}  {'at ms':>7}  what"
    for line in lines:
        at = line["milliseconds"] - lines[0]["milliseconds"]
        values = ", ".join(f"{name} {line[name]}" for name in SHOWN if line.get(name) not in (None, ""))
        yield f"{line.get('step', ''):>4}  {at:7,}  {line.get('message', '')}: {values}"
        for name, milliseconds in line.get("times", {}).items():
            yield f"{'':>4}  {'':>7}    {name} {milliseconds:.1f} ms"


def ask_local(edge: str, request_id: str) -> str:
    """Return the table that a local stack has of a first hit. Raises CommandFailed where it has none."""
    answer = ask(edge, f"/_dashboard/trace/{check_id(request_id)}")
    text = answer.body.decode()
    if answer.status != HTTPStatus.OK:
        raise CommandFailed(text.strip())
    return text
