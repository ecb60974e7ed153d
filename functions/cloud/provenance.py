"""The metadata of copies and derivatives: the states of originals, and the cache tags that purge what is made of them.

The state of an original is everything that a derivative depends on: its ETag, and its owner's Cache-Control.
The same bytes with another Cache-Control have the same ETag, so derivatives would otherwise keep the old one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud.cache_control import strictest
from cloud.edge import cache_tag

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cloud.objects import Object
    from cloud.table.rows import DerivativeRow

PHOTOGRAPH = "original-etag"
WATERMARK = "watermark-etag"
"""Metadata of a derivative: the state of its original, and of its watermark."""
OWNER_CACHE_CONTROL = "owner-cache-control"
"""Metadata of a copy: its owner's directives as canonical text (`cloud.cache_control`); absent if there are none."""
TAGS = "cache-tag"
"""A tag for each original, separated by commas; CloudFront reads up to 50:
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/invalidation-by-tags.html
"""


def state_of(original: Object) -> str:
    """Return the state of a copy of an original."""
    directives = original.metadata.get(OWNER_CACHE_CONTROL)
    return f"{original.etag} {directives}" if directives else original.etag


def owners_cache_control(*originals: Object) -> str:
    """Return the directives for something made of these originals."""
    return strictest(*(original.metadata.get(OWNER_CACHE_CONTROL, "") for original in originals))


def describe(photograph: Object, watermark: Object | None) -> dict[str, str]:
    """Return the metadata of a derivative of these originals."""
    described = {PHOTOGRAPH: state_of(photograph), TAGS: cache_tag(photograph.key)}
    if watermark is None:
        return described
    tags = dict.fromkeys((described[TAGS], cache_tag(watermark.key)))  # a watermark may be put on itself
    return described | {WATERMARK: state_of(watermark), TAGS: ",".join(tags)}


def is_made_of(metadata: Mapping[str, str], photograph: Object, watermark: Object | None) -> bool:
    """Return whether a derivative was made of exactly these states of its originals."""
    return describe(photograph, watermark).items() <= metadata.items()


def is_stale(metadata: Mapping[str, str], row: DerivativeRow, state: str) -> bool:
    """Return whether a derivative was made of another state of the row's original than this one.

    Not by a watermark that the derivative no longer has, because the deployment's prefix was changed.
    """
    if not row.is_dependent:
        return metadata.get(PHOTOGRAPH) != state
    return cache_tag(row.original) in metadata.get(TAGS, "").split(",") and metadata.get(WATERMARK) != state
