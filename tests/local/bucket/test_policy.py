from __future__ import annotations

import json
from typing import Any

import pytest

from local.bucket.policy import Request, read_policy

ARN = "arn:aws:cloudfront::000000000000:distribution/E1"
READ = {
    "Effect": "Allow",
    "Principal": {"Service": "cloudfront.amazonaws.com"},
    "Action": "s3:GetObject",
    "Resource": "arn:aws:s3:::photos/*",
    "Condition": {"StringEquals": {"aws:SourceArn": ARN, "s3:ExistingObjectTag/kind": "derivative"}},
}
DENY = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": ["arn:aws:s3:::photos", "arn:aws:s3:::photos/*"],
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}
CONTEXT = {"aws:securetransport": "true", "aws:sourcearn": ARN, "s3:existingobjecttag/kind": "derivative"}
CLOUDFRONT = "cloudfront.amazonaws.com"


def allows(request: Request, *statements: dict[str, Any]) -> bool:
    return read_policy(json.dumps({"Statement": statements or [READ, DENY]})).allows(request)


@pytest.mark.parametrize(
    ("service", "action", "key", "change", "allowed"),
    [
        (CLOUDFRONT, "s3:GetObject", "photos/a", {}, True),
        ("", "s3:GetObject", "photos/a", {}, False),
        ("logs.amazonaws.com", "s3:GetObject", "photos/a", {}, False),
        (CLOUDFRONT, "s3:ListBucket", "photos", {}, False),
        (CLOUDFRONT, "s3:GetObject", "other/a", {}, False),
        (CLOUDFRONT, "s3:GetObject", "photos/a", {"aws:sourcearn": ARN + "2"}, False),
        (CLOUDFRONT, "s3:GetObject", "photos/a", {"s3:existingobjecttag/kind": "original"}, False),
        (CLOUDFRONT, "s3:GetObject", "photos/a", {"aws:securetransport": "false"}, False),
    ],
)
def test_only_what_every_condition_allows_is_allowed(
    service: str, action: str, key: str, change: dict[str, str], *, allowed: bool
) -> None:
    assert allows(Request(service, action, f"arn:aws:s3:::{key}", CONTEXT | change)) is allowed


def test_a_tag_that_an_object_does_not_have_matches_nothing() -> None:
    context = {"aws:securetransport": "true", "aws:sourcearn": ARN}
    assert not allows(Request(CLOUDFRONT, "s3:GetObject", "arn:aws:s3:::photos/a", context))


@pytest.mark.parametrize(
    "change",
    [
        {"NotAction": "s3:*"},
        {"Principal": {"AWS": "arn:aws:iam::1:root"}},
        {"Condition": {"StringLike": {"aws:SourceArn": "*"}}},
        {"Condition": {"StringEquals": {"aws:SourceVpc": "vpc-1"}}},
    ],
)
def test_what_is_not_supported_is_refused_and_not_ignored(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="not supported in a bucket's policy"):
        read_policy(json.dumps({"Statement": READ | change}))
