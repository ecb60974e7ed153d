"""One client for each service, made on first use and kept for the life of the process.

Each attempt at a call has a time limit, and begins only where it ends before the invocation's deadline. Between
attempts botocore pauses for a random time of up to 1 s, then 2 s ("standard" mode).
"""

from __future__ import annotations

from functools import cache, partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ConnectionError, HTTPClientError, IncompleteReadError  # noqa: A004
from botocore.session import get_session

from cloud import deadline

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.awsrequest import AWSResponse
    from botocore.model import OperationModel
    from mypy_boto3_cloudfront import CloudFrontClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

CONNECT_TIMEOUT = 2
READ_TIMEOUT = 6
"""Seconds; three attempts and their pauses take 27 s at most, and none begins in the last 8 s before the deadline."""
COPY_READ_TIMEOUT = 150
"""Seconds: S3 sends nothing while it copies up to 5 GB; below the copy function's 180 s."""
COPY_ATTEMPT = CONNECT_TIMEOUT + COPY_READ_TIMEOUT

AWS_ERRORS = (BotoCoreError, ClientError)
"""Every error of a call to AWS that its adapter does not name."""

UNREACHED = (ConnectionError, HTTPClientError, IncompleteReadError)
"""No connection, no response in time, or part of one. botocore has retried, except while reading an object's body."""

_THROTTLES = {
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestTimeout",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
}


def is_transient(error: Exception) -> bool:
    """Return whether a call failed because AWS was throttling, slow or unreachable, so that a retry may succeed."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return error.response["Error"]["Code"] in _THROTTLES or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return isinstance(error, (*UNREACHED, deadline.OutOfTime))


_session = cache(get_session)  # boto3 makes the same clients, and takes a twentieth of a cold start for itself


def _client(service: str, read_timeout: int, attempts: int) -> Any:  # noqa: ANN401 (each service has a type of its own)
    config = Config(
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=read_timeout,
        retries={"mode": "standard", "total_max_attempts": attempts},
        tcp_keepalive=True,
    )
    session = _session()
    client = session.create_client(service, config=config)
    client.meta.events.register("before-send", partial(_check_deadline, CONNECT_TIMEOUT + read_timeout))
    client.meta.events.register("before-parse", _notice_cut_off)
    client.meta.events.register_first(f"needs-retry.{service}", _fail_cut_off)
    return client


def _check_deadline(needed: int, **_event: object) -> None:
    """Keep an attempt from being sent too late. botocore calls this before each, and does not retry what it raises."""
    deadline.check(needed)


def _notice_cut_off(operation_model: OperationModel, response_dict: dict[str, Any], **_event: object) -> None:
    """Treat a response that is shorter than its Content-Length as a server error.

    botocore would parse what has arrived: a truncated S3 listing reads as an empty one. An object's body is read and
    checked later.
    """
    body, announced = response_dict["body"], response_dict["headers"].get("content-length")
    if operation_model.http["method"] != "HEAD" and isinstance(body, bytes) and len(body) < int(announced or 0):
        response_dict |= {"status_code": HTTPStatus.INTERNAL_SERVER_ERROR.value, "body": b""}


def _fail_cut_off(response: tuple[AWSResponse, dict[str, Any]] | None, **_event: object) -> None:
    """Make botocore retry it, and raise it in the end. Except for S3, botocore decides by the status on the wire."""
    if response is not None:
        received, parsed = response
        received.status_code = parsed["ResponseMetadata"]["HTTPStatusCode"]


@cache
def s3() -> S3Client:
    """Return the client for reads and writes of objects."""
    client: S3Client = _client("s3", READ_TIMEOUT, 3)
    return client


@cache
def s3_copies() -> S3Client:
    """Return the client for copies inside S3: a long time limit and one attempt, since the queue retries."""
    client: S3Client = _client("s3", COPY_READ_TIMEOUT, 1)
    return client


@cache
def dynamodb() -> DynamoDBClient:
    """Return the client for the index."""
    client: DynamoDBClient = _client("dynamodb", 3, 3)
    return client


@cache
def cloudfront() -> CloudFrontClient:
    """Return the client for invalidations that must succeed."""
    client: CloudFrontClient = _client("cloudfront", READ_TIMEOUT, 2)
    return client


@cache
def cloudfront_best_effort() -> CloudFrontClient:
    """Return the client for optional invalidations while a viewer waits: one attempt of 5 s."""
    client: CloudFrontClient = _client("cloudfront", 3, 1)
    return client


@cache
def sqs() -> SQSClient:
    """Return the client for the queue of source events."""
    client: SQSClient = _client("sqs", 3, 3)
    return client


def connect(*clients: Callable[[], object]) -> None:
    """Make clients while a function starts: it has a full CPU then, and making them is not thread-safe."""
    for client in clients:
        client()
