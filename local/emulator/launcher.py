"""Starts ministack in its own virtual environment, and corrects where it differs from AWS.

- `aws:Referer`, which the website's bucket policy requires, is the request's header of that name.
- `s3:RequestObjectTag/…` are the tags that a PutObject gives, and `aws:PrincipalArn` of a session is its role's ARN.
- `aws:SecureTransport` is true: policies require TLS, and plain HTTP on the loopback address replaces it.
- CopyObject checks the preconditions on its destination.
- CloudFormation accepts an update without changes, as it does for templates with a transform; the SAM CLI relies on it
  for the stack of its image repositories.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from ministack.app import main  # type: ignore[import-not-found] # only there in the emulator's own environment
from ministack.core import iam_actions, iam_evaluator  # type: ignore[import-not-found]
from ministack.services import s3  # type: ignore[import-not-found]
from ministack.services.cloudformation import handlers  # type: ignore[import-not-found]

sys.path.append(str(Path(__file__).parents[2]))  # Python is started in isolated mode

from local.emulator.formation import complete_cloudformation

Context = Callable[..., dict[str, Any]]
Copy = Callable[[str, str, dict[str, str]], tuple[Any, ...]]
Resolve = Callable[[str, Any], Any]


def add_headers(build_context: Context) -> Context:
    """Wrap the function that builds S3's condition context: add the request's Referer, and the tags it gives."""

    def build(
        action: str, query: dict[str, Any], path: str = "", headers: dict[str, str] | None = None
    ) -> dict[str, Any]:
        context = build_context(action, query, path, headers)
        headers = headers or {}
        if "referer" in headers:
            context = {**context, "aws:Referer": headers["referer"]}
        if action in {"s3:PutObject", "s3:PutObjectTagging"}:
            tags = dict(parse_qsl(headers.get("x-amz-tagging", "")))
            context = context | {f"s3:RequestObjectTag/{name}": value for name, value in tags.items()}
        return context

    return build


def assume_secure_transport(resolve: Resolve) -> Resolve:
    """Wrap the function that resolves a global condition key: every request counts as TLS."""

    def resolve_key(key: str, context: object) -> object:
        return "true" if key.lower() == "aws:securetransport" else resolve(key, context)

    return resolve_key


def name_roles(resolve: Resolve) -> Resolve:
    """Wrap the same function: the principal of a session is its role."""

    def resolve_key(key: str, context: object) -> object:
        found = resolve(key, context)
        if key.lower() == "aws:principalarn" and isinstance(found, str):
            return re.sub(r":sts:(:\d+:)assumed-role/([^/]+)/.*", r":iam:\1role/\2", found)
        return found

    return resolve_key


def add_copy_preconditions(copy: Copy) -> Copy:
    """Wrap CopyObject: check `If-Match` and `If-None-Match` on the destination, as PutObject does.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
    """

    def copy_object(bucket_name: str, key: str, headers: dict[str, str]) -> tuple[Any, ...]:
        bucket = s3._ensure_bucket(bucket_name)  # noqa: SLF001 - there is no public interface
        refusal = bucket and s3._check_put_preconditions(headers, bucket["objects"].get(key))  # noqa: SLF001 - as above
        return refusal or copy(bucket_name, key, headers)

    return copy_object


def report_changes(*_arguments: object) -> bool:
    """Report every update of a stack as one with changes."""
    return False


if __name__ == "__main__":
    complete_cloudformation()
    iam_actions.s3_service_context = add_headers(iam_actions.s3_service_context)
    resolve_key = name_roles(assume_secure_transport(iam_evaluator._resolve_condition_key))  # noqa: SLF001 - as above
    iam_evaluator._resolve_condition_key = resolve_key  # noqa: SLF001 - as above
    s3._copy_object = add_copy_preconditions(s3._copy_object)  # noqa: SLF001 - as above
    handlers._stack_has_no_updates = report_changes  # noqa: SLF001 - as above
    main()
