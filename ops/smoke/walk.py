"""A walk through a deployed stack: what can be asked of it from outside, and what was seen of it."""

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
"""Seconds until what happens behind the scenes must have happened; a cold start takes a few."""
SIZE = (40, 20)
"""Of the original, in pixels."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One step, whether it was seen, and by what."""

    step: str
    what: str
    seen: bool
    how: str = ""


@dataclass(slots=True)
class Walk:
    """A walk through a stack.

    `edge` is where its images are, `transform` what is made of the walk's original, `cookies` what it takes if private.
    """

    stack: Deployed
    edge: str
    tell: Callable[[Seen], None]
    patience: float = PATIENCE
    # All that is awkward in a URL, so that what S3, CloudFront and API Gateway make of it is seen.
    key: str = field(default_factory=lambda: f"smoke/{secrets.token_hex(8)} é+%.png")
    cookies: str = ""
    transform: str = BOX
    steps: list[Seen] = field(default_factory=list)

    def note(self, step: str, what: str, how: str = "", *, seen: bool) -> None:
        """Keep a step, and tell it."""
        self.steps.append(Seen(step, what, seen, how))
        self.tell(self.steps[-1])

    def get(self, path: str, method: str = "GET") -> Answer:
        """Ask the edge."""
        return ask(self.edge, path, method, self.cookies)

    def follow(self, path: str) -> Answer:
        """Ask the edge, and once more where it redirects to."""
        answer = self.get(path)
        if answer.status not in (HTTPStatus.FOUND, HTTPStatus.TEMPORARY_REDIRECT):
            return answer
        return self.get(urlsplit(answer.headers.get("location", "/")).path)

    @property
    def path(self) -> str:
        """Return the path of the derivative."""
        return f"/{encode(self.transform)}/{encode(self.key)}"

    def upload(self, colour: tuple[int, int, int]) -> str:
        """Put an original of one colour, and return its ETag."""
        body = io.BytesIO()
        Image.new("RGB", SIZE, colour).save(body, "PNG")
        bucket = self.stack.outputs["SourceBucketName"]
        answer = self.stack.client("s3").put_object(
            Bucket=bucket, Key=self.key, Body=body.getvalue(), ContentType="image/png"
        )
        return str(answer["ETag"])

    def head(self, key: str) -> dict[str, Any] | None:
        """Return what the destination bucket knows of an object."""
        bucket = self.stack.outputs["DestinationBucketName"]
        try:
            found: dict[str, Any] = self.stack.client("s3").head_object(Bucket=bucket, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] in ("404", "NoSuchKey"):
                return None
            raise
        return found

    def find_invalidation(self) -> str:
        """Return what became of step 11, or "" if nothing did: among the newest invalidations, or in the budget."""
        client, distribution = self.stack.client("cloudfront"), self.stack.outputs["DistributionId"]
        newest = client.list_invalidations(DistributionId=distribution, MaxItems="20")["InvalidationList"]
        for item in newest.get("Items", []):
            batch = client.get_invalidation(DistributionId=distribution, Id=item["Id"])["Invalidation"]
            if self.path in batch["InvalidationBatch"]["Paths"]["Items"]:
                return f"invalidation {item['Id']}"
        month = datetime.now(UTC).strftime("%Y-%m")
        row = self.stack.client("dynamodb").get_item(
            TableName=self.stack.outputs["TableName"],
            Key={"original": {"S": f"invalidations#{month}"}, "derivative": {"S": "#"}},
        )
        spent, budget = (
            int(row.get("Item", {}).get("paths", {"N": "0"})["N"]),
            self.stack.parameters["InvalidationBudget"],
        )
        return f"skipped: {spent} of {budget} paths are spent" if spent >= int(budget) else ""

    def wait(self, condition: Callable[[], object]) -> float | None:
        """Wait until something is true, and return after how many seconds, or None if it never was."""
        start = time.monotonic()
        while not condition():
            if time.monotonic() - start > self.patience:
                return None
            time.sleep(0.25)
        return time.monotonic() - start
