"""A deployed Lambda function, an invocation of it, and the environment of its process."""

from __future__ import annotations

import json
import os
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Mapping
    from pathlib import Path

REQUEST_LIMIT = 6_291_456
"""Bytes of a synchronous event: 6 MB (Lambda quotas, "Invocation payload")."""

RESPONSE_LIMIT = 6_291_556
"""Bytes of an answer, as stated by Lambda's error message."""


@dataclass(frozen=True, slots=True)
class Function:
    """A deployed function. `timeout` is in seconds, `memory` in MB (passed to the code, not enforced).

    `reserved` limits the concurrent invocations; None sets no limit.
    """

    name: str
    arn: str
    role: str
    timeout: int
    memory: int
    environment: Mapping[str, str]
    log_group: str
    tag: str
    """Its image's tag: `copy` or `resize`."""
    handler: str
    """Module and function, as in the image's CMD: `copier.app.handler`."""
    version: str = "$LATEST"
    reserved: int | None = None
    runtime: tuple[str, ...] = ()
    """The program that runs the handler; empty: AWS's runtime client for Python."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """Temporary credentials of a function's role."""

    key: str
    secret: str
    token: str


@dataclass(frozen=True, slots=True)
class Report:
    """The end of an invocation: the runtime and all extensions have asked for the next event, or the process ended.

    `error` is Lambda's error type, of the answer or of what came after it.
    """

    milliseconds: float
    """What Lambda bills, from the event on."""
    after_answer: float
    """The part after the answer, in milliseconds."""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of an invocation: the handler's JSON, or the error's JSON with `error`, Lambda's error type."""

    payload: bytes
    error: str = ""
    milliseconds: float = 0.0
    report: asyncio.Future[Report] | None = field(default=None, compare=False, repr=False)
    """Done at the end of the invocation, which may come after the answer; None without a process."""


def fail(kind: str, message: str) -> Answer:
    """Return the result of a failed invocation in Lambda's format."""
    return Answer(json.dumps({"errorType": kind, "errorMessage": message}).encode(), kind)


@dataclass(slots=True)
class Invocation:
    """An event and the futures of its answer and of its end."""

    event: bytes
    answer: asyncio.Future[Answer]
    report: asyncio.Future[Report]
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def resolve(self, answer: Answer) -> None:
        """Answer the caller, unless it has given up."""
        if not self.answer.done():
            self.answer.set_result(answer)

    def end(self, report: Report) -> None:
        """Report the end, unless the caller gave up before a process had the event."""
        if not self.report.done():
            self.report.set_result(report)


@dataclass(frozen=True, slots=True)
class Host:
    """Settings of a worker that depend on this machine.

    `context` is the Docker context, `endpoints` are `AWS_ENDPOINT_URL*` variables.
    """

    context: Path
    python: str
    region: str
    endpoints: Mapping[str, str] = field(default_factory=dict)


def build_environment(function: Function, host: Host, credentials: Credentials, runtime_api: str) -> dict[str, str]:
    """Return the complete environment of the function's process; it inherits nothing, in particular no `AWS_*`.

    Names as in "Lambda: Defined runtime environment variables"; `AWS_EXECUTION_ENV` is absent, as it is for images.
    """
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "TZ": ":UTC",
        "PYTHONPATH": str(host.context),
        "PYTHONDONTWRITEBYTECODE": "1",
        **function.environment,
        "_HANDLER": function.handler,
        "LAMBDA_TASK_ROOT": str(host.context),
        "AWS_LAMBDA_RUNTIME_API": runtime_api,
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": function.version,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
        "AWS_LAMBDA_LOG_GROUP_NAME": function.log_group,
        "AWS_LAMBDA_LOG_STREAM_NAME": uuid.uuid4().hex,
        "AWS_REGION": host.region,
        "AWS_DEFAULT_REGION": host.region,
        "AWS_ACCESS_KEY_ID": credentials.key,
        "AWS_SECRET_ACCESS_KEY": credentials.secret,
        "AWS_SESSION_TOKEN": credentials.token,
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        **host.endpoints,
    }
