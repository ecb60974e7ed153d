"""One run of the smoke test: what can be asked of a deployed stack from outside, and the steps so far."""

from __future__ import annotations

import io
import secrets
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError
from PIL import Image

from ops.smoke.request import BOX
from ops.smoke.viewer import Answer, ask, encode

if TYPE_CHECKING:
    from collections.abc import Callable

    from ops.stack import Deployed

PATIENCE = 60.0
"""Seconds until an asynchronous step must be done; a cold start takes a few."""
SIZE = (40, 20)
"""Width and height of the original."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the workflow, whether it was observed, and the evidence."""

    number: str
    what: str
    passed: bool
    evidence: str = ""


@dataclass(slots=True)
class Walk:
    """A run through the workflow of a stack.

    `edge` is the address of its images, `transform` is the derivative that is requested, `cookies` are those of a
    private stack, `report` is called with each step.
    """

    stack: Deployed
    edge: str
    report: Callable[[Step], None]
    patience: float = PATIENCE
    # With characters that S3, CloudFront and API Gateway encode in different ways.
    key: str = field(default_factory=lambda: f"smoke/{secrets.token_hex(8)} é+%.png")
    cookies: str = ""
    transform: str = BOX
    steps: list[Step] = field(default_factory=list)

    def note(self, number: str, what: str, evidence: str = "", *, passed: bool) -> None:
        """Add a step, and report it."""
        self.steps.append(Step(number, what, passed, evidence))
        self.report(self.steps[-1])

    def get(self, path: str, method: str = "GET") -> Answer:
        """Send one request to the edge."""
        return ask(self.edge, path, method, self.cookies)

    def follow(self, path: str) -> Answer:
        """Send a request to the edge, and follow one redirect."""
        answer = self.get(path)
        if answer.status not in (HTTPStatus.FOUND, HTTPStatus.TEMPORARY_REDIRECT):
            return answer
        return self.get(urlsplit(answer.headers.get("location", "/")).path)

    @property
    def path(self) -> str:
        """Return the path of the derivative."""
        return f"/{encode(self.transform)}/{encode(self.key)}"

    def upload(self, colour: tuple[int, int, int]) -> str:
        """Upload an original of one colour, and return its ETag."""
        body = io.BytesIO()
        Image.new("RGB", SIZE, colour).save(body, "PNG")
        bucket = self.stack.output("SourceBucketName")
        answer = self.stack.client("s3").put_object(
            Bucket=bucket, Key=self.key, Body=body.getvalue(), ContentType="image/png"
        )
        return str(answer["ETag"])

    def head(self, key: str) -> dict[str, Any] | None:
        """Return S3's description of an object of the destination bucket, or None."""
        bucket = self.stack.output("DestinationBucketName")
        try:
            found: dict[str, Any] = self.stack.client("s3").head_object(Bucket=bucket, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] in ("404", "NoSuchKey"):
                return None
            raise
        return found

    def find_transform(self) -> str:
        """Return the transform under which the index has the original's only derivative, or the requested one."""
        rows = self.stack.client("dynamodb").query(
            TableName=self.stack.output("TableName"),
            ConsistentRead=True,
            KeyConditionExpression="original = :original",
            ExpressionAttributeValues={":original": {"S": f"original#{self.key}"}},
        )["Items"]
        found = [str(row["derivative"]["S"]) for row in rows if row["derivative"]["S"] != "#"]
        return found[0] if found else self.transform

    def find_invalidation(self) -> str:
        """Return the invalidation of step 11, or that the budget is used up, or "" for neither."""
        client, distribution = self.stack.client("cloudfront"), self.stack.output("DistributionId")
        newest = client.list_invalidations(DistributionId=distribution, MaxItems="20")["InvalidationList"]
        for item in newest.get("Items", []):
            batch = client.get_invalidation(DistributionId=distribution, Id=item["Id"])["Invalidation"]
            if self.path in batch["InvalidationBatch"]["Paths"]["Items"]:
                return f"invalidation {item['Id']}"
        month = datetime.now(UTC).strftime("%Y-%m")
        row = self.stack.client("dynamodb").get_item(
            TableName=self.stack.output("TableName"),
            Key={"original": {"S": f"invalidations#{month}"}, "derivative": {"S": "#"}},
        )
        spent = int(row.get("Item", {}).get("paths", {"N": "0"})["N"])
        budget = self.stack.parameters["InvalidationBudget"]
        return f"skipped: {spent} of {budget} paths are used" if spent >= int(budget) else ""

    def wait(self, condition: Callable[[], object]) -> float | None:
        """Wait until a condition holds, and return the seconds that took, or None if it never did."""
        start = time.monotonic()
        while not condition():
            if time.monotonic() - start > self.patience:
                return None
            time.sleep(0.25)
        return time.monotonic() - start
