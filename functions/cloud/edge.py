"""The distribution's cache: what tags its objects carry, and how they are invalidated."""

from __future__ import annotations

import hashlib
import uuid
from typing import TYPE_CHECKING
from urllib.parse import quote

from cloud.clients import cloudfront

if TYPE_CHECKING:
    from collections.abc import Sequence


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


def invalidate(distribution: str, items: Sequence[str]) -> str:
    """Invalidate paths ("/300x200/a.jpg") and tags ("#..."), and return the invalidation's id.

    The reference is new each time: an earlier invalidation of the same items says nothing of what was cached since.
    botocore's own retries repeat it, so that they start no second one.

    Raises `botocore.exceptions.ClientError`, with `TooManyInvalidationsInProgress` among its codes.
    """
    answer = cloudfront().create_invalidation(
        DistributionId=distribution,
        InvalidationBatch={
            "Paths": {"Quantity": len(items), "Items": list(items)},
            "CallerReference": str(uuid.uuid4()),
        },
    )
    return answer["Invalidation"]["Id"]


def invalidate_originals(distribution: str, keys: Sequence[str]) -> str:
    """Invalidate originals and all that was made of them: one path each, however many variants there are."""
    return invalidate(distribution, [f"#{cache_tag(key)}" for key in keys])
