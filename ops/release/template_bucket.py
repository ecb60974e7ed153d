"""The bucket for templates: without one CloudFormation takes no more than 51,200 bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ops.errors import CommandFailed
from ops.stack import find_stack

if TYPE_CHECKING:
    import argparse

    from ops.settings import Settings
    from ops.stack import Aws

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
        """Return an object's address for CloudFormation. The key consists of letters, digits, '-', '.' and '/'."""
        return f"{self.s3.meta.endpoint_url}/{self.name}/{key}"

    def read(self, key: str) -> str:
        """Return an object's text."""
        body: bytes = self.s3.get_object(Bucket=self.name, Key=key)["Body"].read()
        return body.decode()

    def list(self, prefix: str) -> tuple[str, ...]:
        """Return the keys under a prefix, sorted."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix)
        return tuple(entry["Key"] for page in pages for entry in page.get("Contents", ()))


def add_bucket_option(parser: argparse.ArgumentParser) -> None:
    """Add the option that names the bucket."""
    parser.add_argument("--bucket", default="", metavar="NAME", help="bucket for templates, instead of the SAM CLI's")


def find_bucket(settings: Settings, aws: Aws, given: str = "") -> TemplateBucket:
    """Return the given bucket, or that of samconfig.toml, or the SAM CLI's own. Raises CommandFailed."""
    return TemplateBucket(aws.client("s3"), given or settings.s3_bucket or _find_managed(aws))


def _find_managed(aws: Aws) -> str:
    stack = find_stack(aws.client("cloudformation"), MANAGED_STACK)
    for output in (stack or {}).get("Outputs", []):
        if output["OutputKey"] == "SourceBucket":
            return str(output["OutputValue"])
    raise CommandFailed(
        "no bucket for templates found: `make deploy` creates one, --bucket (BUCKET=) names another one"
    )
