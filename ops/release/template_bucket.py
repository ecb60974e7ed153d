"""The bucket by which templates reach CloudFormation, which takes no more than 51,200 bytes without one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ops.stack import Inoperable, connect, find_stack

if TYPE_CHECKING:
    from collections.abc import Mapping

MANAGED_STACK = "aws-sam-cli-managed-default"
"""The SAM CLI's own stack in each region, whose bucket `sam deploy --resolve-s3` uses (samcli/lib/bootstrap)."""


@dataclass(frozen=True, slots=True)
class TemplateBucket:
    """A bucket, and the S3 client that reaches it."""

    s3: Any
    name: str

    def put(self, key: str, body: str) -> str:
        """Write an object, and return its address."""
        self.s3.put_object(Bucket=self.name, Key=key, Body=body.encode())
        return self.address(key)

    def address(self, key: str) -> str:
        """Return an object's address as CloudFormation reads it; the key is of letters, digits, '-', '.' and '/'."""
        return f"{self.s3.meta.endpoint_url}/{self.name}/{key}"

    def read(self, key: str) -> str:
        """Return an object's text."""
        body: bytes = self.s3.get_object(Bucket=self.name, Key=key)["Body"].read()
        return body.decode()

    def list(self, prefix: str) -> tuple[str, ...]:
        """Return the keys under a prefix, in their order."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix)
        return tuple(entry["Key"] for page in pages for entry in page.get("Contents", ()))


def find_bucket(settings: Mapping[str, Any], endpoint: str = "", given: str = "") -> TemplateBucket:
    """Return the bucket that is given, else that of samconfig.toml, else the SAM CLI's own.

    Raises Inoperable where there is none.
    """
    name = given or settings.get("s3_bucket") or _find_managed(endpoint)
    return TemplateBucket(connect("s3", endpoint), name)


def _find_managed(endpoint: str) -> str:
    stack = find_stack(connect("cloudformation", endpoint), MANAGED_STACK)
    for output in (stack or {}).get("Outputs", []):
        if output["OutputKey"] == "SourceBucket":
            return str(output["OutputValue"])
    raise Inoperable("There is no bucket for templates here: `make deploy` makes one, and BUCKET=... names another.")
