"""The distribution's cache: what tags its objects carry, and how they are invalidated."""

from __future__ import annotations

import hashlib
import uuid
from typing import TYPE_CHECKING
from urllib.parse import quote

from cloud.clients import cloudfront, cloudfront_in_passing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_cloudfront.type_defs import InvalidationBatchTypeDef


def cache_tag(key: str) -> str:
    """Return the tag of an original and of all that is made of it: 64 lower-case hexadecimal digits.

    Tags are case-insensitive, and keys are not, so it is a digest (SHA-256) of the key:
    https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/invalidation-specifying-tags.html
    """
    return hashlib.sha256(key.encode()).hexdigest()


def cache_control(browser_seconds: int, edge_seconds: int, *, immutable: bool = False) -> str:
    """Return the Cache-Control of a stored object: an edge can be purged, a browser's cache can't."""
    if immutable:
        return f"public, max-age=31536000, s-maxage={edge_seconds}, immutable"
    return f"public, max-age={browser_seconds}, s-maxage={edge_seconds}"


def path_of(key: str) -> str:
    """Return the percent-encoded URL path of a key. An asterisk is encoded too: it is a wildcard to an invalidation."""
    return "/" + quote(key, safe="/,=")


def invalidate_redirect(distribution: str, key: str) -> str:
    """Invalidate what the edge has at a derivative's own path, and return the invalidation's id.

    Raises one of `clients.AWS_ERRORS`, and soon.
    """
    answer = cloudfront_in_passing().create_invalidation(
        DistributionId=distribution, InvalidationBatch=_batch([path_of(key)])
    )
    return answer["Invalidation"]["Id"]


def invalidate_originals(distribution: str, keys: Sequence[str]) -> str:
    """Invalidate originals and all that was made of them: one path each, however many variants there are.

    Raises `botocore.exceptions.ClientError`, with `TooManyInvalidationsInProgress` among its codes.
    """
    answer = cloudfront().create_invalidation(
        DistributionId=distribution, InvalidationBatch=_batch([f"#{cache_tag(key)}" for key in keys])
    )
    return answer["Invalidation"]["Id"]


def _batch(items: list[str]) -> InvalidationBatchTypeDef:
    """Return what an invalidation of paths ("/300x200/a.jpg") or tags ("#...") is asked for by.

    The reference is new each time: an earlier invalidation of the same items says nothing of what was cached since.
    botocore's own retries repeat it, so that they start no second one.
    """
    return {"Paths": {"Quantity": len(items), "Items": items}, "CallerReference": str(uuid.uuid4())}
