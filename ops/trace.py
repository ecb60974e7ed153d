"""What the resize function did for one request, by the id that its user saw: its log lines, as a table."""

from __future__ import annotations

import json
import re
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from ops.smoke.viewer import ask
from ops.stack import Inoperable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

REQUEST_ID: Final = re.compile(r"[A-Za-z0-9-]{8,128}")
"""What API Gateway makes: a UUID. Nothing else gets into a filter pattern."""
SHOWN: Final = ("key", "path", "status", "reason", "detail", "bytes", "invalidation", "exception_name", "xray_trace_id")


def check_id(request_id: str) -> str:
    """Return the id. Raises Inoperable for what is none."""
    if not REQUEST_ID.fullmatch(request_id):
        raise Inoperable("ID= is what an answer says in x-amzn-RequestId, x-amz-meta-request-id or request_id.")
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
    """Yield the table: the step, the milliseconds since the first line, and what is said."""
    yield f"{'step':>4}  {'at ms':>7}  what"
    for line in lines:
        at = line["milliseconds"] - lines[0]["milliseconds"]
        said = ", ".join(f"{name} {line[name]}" for name in SHOWN if line.get(name) not in (None, ""))
        yield f"{line.get('step', ''):>4}  {at:7,}  {line.get('message', '')}: {said}"
        for name, milliseconds in line.get("times", {}).items():
            yield f"{'':>4}  {'':>7}    {name} {milliseconds:.1f} ms"


def ask_local(edge: str, request_id: str) -> str:
    """Return the table that the stack of `make run` has of a first hit. Raises Inoperable where it has none."""
    answer = ask(edge, f"/_dashboard/trace/{check_id(request_id)}")
    text = answer.body.decode()
    if answer.status != HTTPStatus.OK:
        raise Inoperable(text.strip())
    return text
