"""One boto3 client for each service, made on first use and kept for the life of the process."""

from __future__ import annotations

from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_cloudfront import CloudFrontClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

CONNECT_TIMEOUT = 2
READ_TIMEOUT = 8
"""Seconds; two tries and their pauses stay below the resize function's 29 s."""
COPY_READ_TIMEOUT = 150
"""Seconds: S3 sends nothing while it copies up to 5 GB; below the copy function's 180 s."""

AWS_ERRORS = (BotoCoreError, ClientError)
"""Whatever a call to AWS can raise that its adapter does not name."""

_THROTTLES = {
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestTimeout",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
}


def is_passing(error: Exception) -> bool:
    """Tell whether a call failed because AWS was busy or out of reach, so that a later one may succeed."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return error.response["Error"]["Code"] in _THROTTLES or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return isinstance(error, HTTPClientError)


def _config(read_timeout: int, attempts: int) -> Config:
    return Config(
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=read_timeout,
        retries={"mode": "standard", "total_max_attempts": attempts},
        tcp_keepalive=True,
    )


@cache
def s3() -> S3Client:
    """Return the client for reads and writes of objects."""
    return boto3.client("s3", config=_config(READ_TIMEOUT, 3))


@cache
def s3_copies() -> S3Client:
    """Return the client for copies inside S3, which answer late and are tried once: the queue tries again."""
    return boto3.client("s3", config=_config(COPY_READ_TIMEOUT, 1))


@cache
def dynamodb() -> DynamoDBClient:
    """Return the client for the index."""
    return boto3.client("dynamodb", config=_config(3, 3))


@cache
def cloudfront() -> CloudFrontClient:
    """Return the client for invalidations."""
    return boto3.client("cloudfront", config=_config(READ_TIMEOUT, 2))


@cache
def sqs() -> SQSClient:
    """Return the client for the queue of source events."""
    return boto3.client("sqs", config=_config(3, 3))


def connect(*clients: Callable[[], object]) -> None:
    """Make clients while a function starts: it has a whole CPU then, and making them is not thread-safe."""
    for client in clients:
        client()
