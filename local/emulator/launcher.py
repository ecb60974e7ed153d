"""Starts ministack in its own virtual environment, and corrects where it differs from AWS.

- `aws:Referer`, which the website's bucket policy requires, is the request's header of that name.
- `aws:SecureTransport` is true: policies require TLS, and plain HTTP on the loopback address replaces it.
- CopyObject checks the preconditions on its destination.
- CloudFormation accepts an update without changes, as it does for templates with a transform; the SAM CLI relies on it
  for the stack of its image repositories.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ministack.app import main  # type: ignore[import-not-found] # only there in the emulator's own environment
from ministack.core import iam_actions, iam_evaluator  # type: ignore[import-not-found]
from ministack.services import s3  # type: ignore[import-not-found]
from ministack.services.cloudformation import handlers  # type: ignore[import-not-found]

sys.path.append(str(Path(__file__).parents[2]))  # Python is started in isolated mode

from local.emulator.formation import complete_cloudformation

Context = Callable[..., dict[str, Any]]
Copy = Callable[[str, str, dict[str, str]], tuple[Any, ...]]
Resolve = Callable[[str, Any], Any]


def add_referer(build_context: Context) -> Context:
    """Wrap the function that builds S3's condition context: add the request's Referer."""

    def build(
        action: str, query: dict[str, Any], path: str = "", headers: dict[str, str] | None = None
    ) -> dict[str, Any]:
        context = build_context(action, query, path, headers)
        referer = (headers or {}).get("referer")
        return context if referer is None else {**context, "aws:Referer": referer}

    return build


def assume_secure_transport(resolve: Resolve) -> Resolve:
    """Wrap the function that resolves a global condition key: every request counts as TLS."""

    def resolve_key(key: str, context: object) -> object:
        return "true" if key.lower() == "aws:securetransport" else resolve(key, context)

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
    iam_actions.s3_service_context = add_referer(iam_actions.s3_service_context)
    iam_evaluator._resolve_condition_key = assume_secure_transport(  # noqa: SLF001 - there is no public interface
        iam_evaluator._resolve_condition_key  # noqa: SLF001
    )
    s3._copy_object = add_copy_preconditions(s3._copy_object)  # noqa: SLF001 - as above
    handlers._stack_has_no_updates = report_changes  # noqa: SLF001 - as above
    main()
