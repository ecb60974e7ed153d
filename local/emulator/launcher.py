"""Starts ministack, in its own virtual environment, with what it evaluates otherwise than AWS.

The website's bucket policy demands `aws:Referer`, which is a request's header of that name. `aws:SecureTransport` is
true: plain HTTP on the loopback address stands for the TLS of AWS's endpoints, which policies insist on.
CopyObject heeds what its caller demands of the object that it writes over.
CloudFormation expands a template's transform before it looks for changes, and so accepts an update without any; the SAM
CLI relies on that for the stack of its image repositories.
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

sys.path.append(str(Path(__file__).parents[2]))  # Python is started without it

from local.emulator.formation import complete_cloudformation

Context = Callable[..., dict[str, Any]]
Copy = Callable[[str, str, dict[str, str]], tuple[Any, ...]]
Resolve = Callable[[str, Any], Any]


def add_referer(build_context: Context) -> Context:
    """Return the function that builds S3's condition context, with the Referer of the request in it."""

    def build(
        action: str, query: dict[str, Any], path: str = "", headers: dict[str, str] | None = None
    ) -> dict[str, Any]:
        context = build_context(action, query, path, headers)
        referer = (headers or {}).get("referer")
        return context if referer is None else {**context, "aws:Referer": referer}

    return build


def assume_secure_transport(resolve: Resolve) -> Resolve:
    """Return the function that resolves a global condition key, with every request arriving by TLS."""

    def resolve_key(key: str, context: object) -> object:
        return "true" if key.lower() == "aws:securetransport" else resolve(key, context)

    return resolve_key


def add_copy_preconditions(copy: Copy) -> Copy:
    """Return CopyObject with the conditions on its destination: `If-Match` and `If-None-Match`, as PutObject has them.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
    """

    def copy_object(bucket_name: str, key: str, headers: dict[str, str]) -> tuple[Any, ...]:
        bucket = s3._ensure_bucket(bucket_name)  # noqa: SLF001 - it offers no other way
        refusal = bucket and s3._check_put_preconditions(headers, bucket["objects"].get(key))  # noqa: SLF001 - as above
        return refusal or copy(bucket_name, key, headers)

    return copy_object


def find_updates(*_arguments: object) -> bool:
    """Answer that an update of a stack is not without changes."""
    return False


if __name__ == "__main__":
    complete_cloudformation()
    iam_actions.s3_service_context = add_referer(iam_actions.s3_service_context)
    iam_evaluator._resolve_condition_key = assume_secure_transport(  # noqa: SLF001 - it offers no other way
        iam_evaluator._resolve_condition_key  # noqa: SLF001
    )
    s3._copy_object = add_copy_preconditions(s3._copy_object)  # noqa: SLF001 - as above
    handlers._stack_has_no_updates = find_updates  # noqa: SLF001 - as above
    main()
