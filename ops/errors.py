"""The error that ends a command, and one line of text for each expected error of AWS, the network and files."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

INTERRUPTED = 130
"""The exit status of a program that was ended by Ctrl-C: 128 and the signal's number."""
REFUSED_CREDENTIALS = {
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "RequestExpired",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
NO_CREDENTIALS = (
    "no AWS credentials found. Run `aws configure sso` or `aws configure`, or set AWS_PROFILE, or set "
    "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
)
NO_REGION = "no AWS region found. Set AWS_REGION, for example AWS_REGION=eu-west-1, or a region in your AWS profile"


class CommandFailed(Exception):
    """Ends a command with its text on standard error, and with exit status 1."""

    status = 1


class UsageError(CommandFailed):
    """Ends a command whose command line, or a file named by it, can't be used, with exit status 2."""

    status = 2


def describe(error: Exception) -> str | None:
    """Return one line for an error that can happen to any command, or None for one that is a bug."""
    if isinstance(error, ModuleNotFoundError):
        return f"{error.name} is not installed for {sys.executable}. Use .venv/bin/python; `make setup` creates it"
    if isinstance(error, OSError):
        subject = f"{error.filename}: " if error.filename else ""
        return _join(subject + (error.strerror or str(error) or type(error).__name__))
    return _describe_aws(error)


def _describe_aws(error: Exception) -> str | None:
    from botocore import exceptions as aws  # noqa: PLC0415 - a command without AWS may run without boto3

    if isinstance(error, aws.ClientError):
        return _describe_refusal(error.operation_name, dict(error.response["Error"]))
    if isinstance(error, (aws.NoCredentialsError, aws.PartialCredentialsError)):
        return NO_CREDENTIALS
    if isinstance(error, aws.NoRegionError):
        return NO_REGION
    if isinstance(error, aws.HTTPClientError):
        return _join(f"no answer from AWS: {error}")
    return _join(str(error)) if isinstance(error, aws.BotoCoreError | aws.WaiterError) else None


def _describe_refusal(operation: str, error: Mapping[str, object]) -> str:
    code, message = error.get("Code", "unknown"), error.get("Message", "")
    if code in REFUSED_CREDENTIALS:
        return _join(f"AWS does not accept these credentials ({code}: {message}). Renew them, or check AWS_PROFILE")
    return _join(f"AWS refused {operation}: {code}: {message}")


def _join(text: str) -> str:
    """Return a text as one line: messages of botocore may have several."""
    return " ".join(text.split())
