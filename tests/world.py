"""The fixture `world`: an AWS in memory with the template's resources, and both functions, which talk to it."""

from __future__ import annotations

import json
import logging
import os
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import boto3

from cloud import clients, clock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pytest

ROOT = Path(__file__).parent.parent
SAMPLES = ROOT / "samples"
REGION = "us-east-1"
SOURCE = f"transcoder-source-000000000000-{REGION}"
DESTINATION = f"transcoder-destination-000000000000-{REGION}"
TABLE = "derivatives"
CLIENTS = (
    clients.s3,
    clients.s3_copies,
    clients.dynamodb,
    clients.cloudfront,
    clients.cloudfront_best_effort,
    clients.sqs,
)
"""The functions' own, which they keep."""
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_DEFAULT_REGION": REGION}
ENVIRONMENT = {
    "SOURCE_BUCKET": SOURCE,
    "DESTINATION_BUCKET": DESTINATION,
    "TABLE_NAME": TABLE,
    "DISTRIBUTION_ID": "",
    "QUEUE_URL": "",
    "BROWSER_TTL_SECONDS": "3600",
    "EDGE_TTL_SECONDS": "31536000",
    "PUBLISHED_METADATA": "",
    "SETTLE_SECONDS": "240",
    "ALLOWED_DIMENSIONS": "",
    "ALLOWED_TYPES": "jpeg,png,webp,avif,gif,jxl",
    "PRESETS": "thumb:60x60,fit=cover;hero:90x,f=auto",
    "TRANSFORMS": "any",
    "DELIVERY": "redirect",
    "SIGNING_KEY": "",
    "OTHER_SIGNING_KEY": "",
    "SIZE_LADDER": "",
    "DEFAULT_QUALITY": "80",
    "MAXIMUM_INPUT_BYTES": "52428800",
    "MAXIMUM_INPUT_PIXELS": "100000000",
    "MAXIMUM_OUTPUT_PIXELS": "25000000",
    "MAXIMUM_DERIVATIVES": "1000",
    "DERIVATIVE_LIFETIME_DAYS": "365",
    "SERVE_ORIGINALS": "true",
    "WATERMARK_PREFIX": "watermarks/",
    "FALLBACK_KEY": "",
    "INVALIDATION_BUDGET": "500",
}
"""Environment variables of the functions; a world has a distribution and a queue."""
POWERTOOLS = {
    "POWERTOOLS_SERVICE_NAME": "test",
    "POWERTOOLS_METRICS_NAMESPACE": "test",
    "POWERTOOLS_TRACE_DISABLED": "true",
}

with patch.dict(os.environ, ENVIRONMENT | CREDENTIALS | POWERTOOLS):  # read when a function is first imported
    from cloud import telemetry
    from copier import app as copy_function
    from resizer import app as resize_function
    from resizer import derivation

FUNCTIONS = (copy_function, resize_function)
HANDLERS: dict[str, Callable[[dict[str, Any], Any], dict[str, Any]]] = {
    "copy": copy_function.handler,
    "resize": resize_function.handler,
}


def sample_event(name: str) -> dict[str, Any]:
    """Read events/{name}.json."""
    event: dict[str, Any] = json.loads((ROOT / "events" / f"{name}.json").read_text())
    return event


@dataclass(frozen=True)
class Context:
    """What Powertools reads of Lambda's context object."""

    function_name: str = "function"
    memory_limit_in_mb: int = 128
    invoked_function_arn: str = f"arn:aws:lambda:{REGION}:000000000000:function:function"
    aws_request_id: str = "52fdfc07-2182-454f-963f-5f0f9a621d72"
    remaining_milliseconds: int = 180_000

    def get_remaining_time_in_millis(self) -> int:
        return self.remaining_milliseconds


@dataclass
class World:
    """An AWS in memory, as the template would make it: its resources, and clients of the test's own."""

    queue_url: str
    distribution: str
    s3: Any
    sqs: Any
    dynamodb: Any
    cloudfront: Any

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables of the functions."""
        return ENVIRONMENT | {"DISTRIBUTION_ID": self.distribution, "QUEUE_URL": self.queue_url}

    def invoke(self, function: str, event: dict[str, Any] | str, seconds: float = 180) -> dict[str, Any]:
        """Call a function's handler with an event, or a sample event by its name, `seconds` before its time-out."""
        event = sample_event(event) if isinstance(event, str) else event
        return HANDLERS[function](event, Context(remaining_milliseconds=int(seconds * 1000)))

    def get(self, path: str, method: str = "GET", **headers: str) -> dict[str, Any]:
        """Ask the resize function for a percent-encoded path."""
        event = sample_event("resize-jpeg-to-webp") | {"path": path, "httpMethod": method, "headers": headers}
        return self.invoke("resize", event)

    def upload(self, key: str, body: bytes, **arguments: Any) -> None:
        """Put an original into the source bucket."""
        self.s3.put_object(Bucket=SOURCE, Key=key, Body=body, **arguments)

    def converge(self, *keys: str, seconds: float = 180) -> dict[str, Any]:
        """Announce keys to the copy function, one message each, as the queue would."""
        records = [
            sample_event("copy-second-pass")["Records"][0]
            | {"messageId": f"message-{number}", "body": json.dumps({"NextPass": {"Key": key}})}
            for number, key in enumerate(keys)
        ]
        return self.invoke("copy", {"Records": records}, seconds)

    @contextmanager
    def log_lines(self) -> Iterator[list[dict[str, Any]]]:
        """Collect the log lines that the functions print within the block, parsed; the list is filled at the end."""
        lines: list[dict[str, Any]] = []
        handlers = [handler for handler in telemetry.logger.handlers if isinstance(handler, logging.StreamHandler)]
        stream = StringIO()
        before = [handler.setStream(stream) for handler in handlers]
        try:
            yield lines
        finally:
            for handler, old in zip(handlers, before, strict=True):
                handler.setStream(old)
            lines += [json.loads(line) for line in stream.getvalue().splitlines()]

    def listing(self, bucket: str = DESTINATION) -> list[str]:
        """List a bucket's keys."""
        return [entry["Key"] for entry in self.s3.list_objects_v2(Bucket=bucket).get("Contents", [])]

    def rows(self) -> dict[tuple[str, str], dict[str, Any]]:
        """Return the table's rows by their keys."""
        items = self.dynamodb.scan(TableName=TABLE)["Items"]
        return {(item["original"]["S"], item["derivative"]["S"]): item for item in items}

    def invalidated(self) -> list[list[str]]:
        """Return the items of all invalidations."""
        listed = self.cloudfront.list_invalidations(DistributionId=self.distribution)["InvalidationList"].get(
            "Items", []
        )
        details = [
            self.cloudfront.get_invalidation(DistributionId=self.distribution, Id=entry["Id"])["Invalidation"]
            for entry in listed
        ]
        return [detail["InvalidationBatch"]["Paths"]["Items"] for detail in details]

    def waiting(self) -> int:
        """Return how many messages are in the queue, delayed ones included."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed"]
        attributes = self.sqs.get_queue_attributes(QueueUrl=self.queue_url, AttributeNames=names)["Attributes"]
        return sum(int(attributes[name]) for name in names)


def while_transcoding(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Do something each time that the resize function has read the originals, and is about to transcode them."""
    transcode = derivation._transcode

    def act_and_transcode(*arguments: Any) -> Any:
        act()
        return transcode(*arguments)

    monkeypatch.setattr(derivation, "_transcode", act_and_transcode)


def break_transcoding(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """Let the resize function fail where it transcodes an image."""

    def fail() -> None:
        raise error

    while_transcoding(monkeypatch, fail)


def pass_time(monkeypatch: pytest.MonkeyPatch, seconds: int) -> None:
    """Move the clock that the functions look at."""
    before = clock.now
    monkeypatch.setattr("cloud.clock.now", lambda: before() + seconds * 1000)


def forget_clients() -> None:
    """Let the functions make new clients."""
    for client in CLIENTS:
        client.cache_clear()


@cache
def client(service: str) -> Any:
    """Return a client that all tests share: to parse a service's model takes longer than most tests."""
    make: Any = boto3.Session(*("testing", "testing"), region_name=REGION).client
    return make(service)


def make_world() -> World:
    """Make the template's resources in the AWS in memory, which is empty."""
    s3, sqs, dynamodb, cloudfront = (client(service) for service in ("s3", "sqs", "dynamodb", "cloudfront"))
    s3.create_bucket(Bucket=SOURCE)
    s3.put_bucket_versioning(Bucket=SOURCE, VersioningConfiguration={"Status": "Enabled"})
    s3.create_bucket(Bucket=DESTINATION)
    dynamodb.create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("original", "derivative")],
        KeySchema=[
            {"AttributeName": "original", "KeyType": "HASH"},
            {"AttributeName": "derivative", "KeyType": "RANGE"},
        ],
    )
    distribution: str = cloudfront.create_distribution(
        DistributionConfig={
            "CallerReference": "tests",
            "Origins": {"Quantity": 1, "Items": [{"Id": "website", "DomainName": "website.example"}]},
            "DefaultCacheBehavior": {"TargetOriginId": "website", "ViewerProtocolPolicy": "redirect-to-https"},
            "Comment": "",
            "Enabled": True,
        }
    )["Distribution"]["Id"]
    queue_url: str = sqs.create_queue(QueueName="source-events")["QueueUrl"]
    return World(queue_url, distribution, s3, sqs, dynamodb, cloudfront)


def emitted(output: str) -> dict[str, list[float]]:
    """Return the values of all metrics that were printed in CloudWatch's embedded metric format."""
    values: dict[str, list[float]] = {}
    for blob in (json.loads(line) for line in output.splitlines() if line.startswith("{")):
        for metric in blob.get("_aws", {}).get("CloudWatchMetrics", []):
            for definition in metric["Metrics"]:
                value = blob[definition["Name"]]
                values.setdefault(definition["Name"], []).extend(value if isinstance(value, list) else [value])
    return values
