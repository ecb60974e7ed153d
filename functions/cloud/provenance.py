"""A derivative's metadata: the states of its originals, and the cache tags that purge it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloud.edge import cache_tag

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cloud.objects import Object
    from cloud.table.rows import DerivativeRow

PHOTOGRAPH = "original-etag"
WATERMARK = "watermark-etag"
TAGS = "cache-tag"
"""A tag for each original, separated by commas; CloudFront reads up to 50:
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/invalidation-by-tags.html
"""


def describe(photograph: Object, watermark: Object | None) -> dict[str, str]:
    """Return the metadata of a derivative of these originals."""
    described = {PHOTOGRAPH: photograph.etag, TAGS: cache_tag(photograph.key)}
    if watermark is None:
        return described
    tags = dict.fromkeys((described[TAGS], cache_tag(watermark.key)))  # a watermark may be put on itself
    return described | {WATERMARK: watermark.etag, TAGS: ",".join(tags)}


def is_made_of(metadata: Mapping[str, str], photograph: Object, watermark: Object | None) -> bool:
    """Return whether a derivative was made of exactly these states of its originals."""
    return describe(photograph, watermark).items() <= metadata.items()


def is_stale(metadata: Mapping[str, str], row: DerivativeRow, etag: str) -> bool:
    """Return whether a derivative was made of another state of the row's original than the one with this ETag.

    Not by a watermark that the derivative no longer has, because the deployment's prefix was changed.
    """
    if not row.is_dependent:
        return metadata.get(PHOTOGRAPH) != etag
    return cache_tag(row.original) in metadata.get(TAGS, "").split(",") and metadata.get(WATERMARK) != etag
