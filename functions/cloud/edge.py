"""The distribution's cache: the tags and headers of its objects, and their invalidation."""

from __future__ import annotations

import hashlib
import uuid
from typing import TYPE_CHECKING
from urllib.parse import quote

from cloud.clients import cloudfront, cloudfront_best_effort

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_cloudfront.type_defs import InvalidationBatchTypeDef


def cache_tag(key: str) -> str:
    """Return the cache tag of an original and of everything made of it: 64 lower-case hexadecimal digits.

    Tags are case-insensitive, and keys are not, so it is a digest (SHA-256) of the key:
    https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/invalidation-specifying-tags.html
    """
    return hashlib.sha256(key.encode()).hexdigest()


def path_of(key: str) -> str:
    """Return the percent-encoded URL path of a key, as the edge function writes it, which is the cache key.

    An asterisk is encoded too: it is a wildcard to an invalidation.
    """
    return "/" + quote(key, safe="/,:=")


def invalidate_redirect(distribution: str, key: str) -> str:
    """Invalidate a derivative's own path, and return the invalidation's id.

    Raises one of `clients.AWS_ERRORS`, after 5 s at most.
    """
    answer = cloudfront_best_effort().create_invalidation(
        DistributionId=distribution, InvalidationBatch=_batch([path_of(key)])
    )
    return answer["Invalidation"]["Id"]


def invalidate_originals(distribution: str, keys: Sequence[str]) -> str:
    """Invalidate originals and everything made of them: one path each, for any number of derivatives.

    Raises `botocore.exceptions.ClientError`, with `TooManyInvalidationsInProgress` among its codes.
    """
    answer = cloudfront().create_invalidation(
        DistributionId=distribution, InvalidationBatch=_batch([f"#{cache_tag(key)}" for key in keys])
    )
    return answer["Invalidation"]["Id"]


def _batch(items: list[str]) -> InvalidationBatchTypeDef:
    """Return the request for an invalidation of paths ("/300x200/a.jpg") or tags ("#...").

    The reference is new each time: an earlier invalidation of the same items does not cover what was cached since.
    botocore's own retries repeat the reference, so they don't start a second invalidation.
    """
    return {"Paths": {"Quantity": len(items), "Items": items}, "CallerReference": str(uuid.uuid4())}
