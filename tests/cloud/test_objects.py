"""Responses of S3, and how the adapter translates them."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.stub import Stubber

from cloud import clients, objects
from world import DESTINATION, SOURCE, World


def versions(*keys: str) -> dict[str, Any]:
    return {"Versions": [{"Key": key, "VersionId": "v1"} for key in keys]}


def test_a_missing_object_is_none(world: World) -> None:
    assert world.listing() == []
    assert objects.head(DESTINATION, "a.png") is None
    assert objects.open_object(DESTINATION, "a.png") is None


def test_a_bucket_that_is_missing_is_an_error_and_not_a_missing_object(world: World) -> None:
    assert world.listing() == []
    with pytest.raises(clients.s3().exceptions.NoSuchBucket):
        objects.open_object("no-such-bucket", "a.png")


@pytest.mark.parametrize("listed", [{}, versions("a.png.bak"), {"DeleteMarkers": [{"Key": "a.png"}]}])
def test_a_source_without_any_version_is_removed(world: World, listed: dict[str, Any]) -> None:
    assert world.listing() == []
    with Stubber(clients.s3()) as s3:
        s3.add_client_error("head_object", "404", http_status_code=404, response_meta={"HTTPHeaders": {}})
        s3.add_response("list_object_versions", listed, {"Bucket": SOURCE, "Prefix": "a.png", "MaxKeys": 1})
        assert objects.head_source(SOURCE, "a.png") is None
        s3.assert_no_pending_responses()


def test_a_404_for_a_source_with_a_version_is_not_a_removal(world: World) -> None:
    assert world.listing() == []
    with Stubber(clients.s3()) as s3:
        s3.add_client_error("head_object", "404", http_status_code=404, response_meta={"HTTPHeaders": {}})
        s3.add_response("list_object_versions", versions("a.png"))
        with pytest.raises(objects.Uncertain):
            objects.head_source(SOURCE, "a.png")


def test_a_403_is_always_an_error(world: World) -> None:
    assert world.listing() == []
    with Stubber(clients.s3()) as s3:
        s3.add_client_error("head_object", "403", http_status_code=403)
        with pytest.raises(clients.s3().exceptions.ClientError):
            objects.head_source(SOURCE, "a.png")


def test_a_delete_marker_is_a_removal(world: World) -> None:
    world.upload("a.png", b"photograph")
    world.s3.delete_object(Bucket=SOURCE, Key="a.png")
    assert objects.head_source(SOURCE, "a.png") is None


@pytest.mark.parametrize("code", ["PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"])
def test_a_write_whose_condition_fails_is_a_conflict(world: World, code: str) -> None:
    assert world.listing() == []
    written = objects.Written(metadata={}, kind="derivative", cache_control="public", headers={})
    with Stubber(clients.s3()) as s3:
        s3.add_client_error("put_object", code)
        with pytest.raises(objects.Conflict):
            objects.put(DESTINATION, "a.png", b"", written, '"etag"')


@pytest.mark.parametrize(("expected", "condition"), [(None, {"IfNoneMatch": "*"}), ('"etag"', {"IfMatch": '"etag"'})])
def test_a_copy_names_the_versions_seen_on_both_sides(
    world: World, expected: str | None, condition: dict[str, str]
) -> None:
    world.upload("a.png", b"photograph")
    original = objects.head_source(SOURCE, "a.png")
    assert original is not None
    written = objects.Written(metadata={"a": "b"}, kind="original", cache_control="public", headers={})
    with Stubber(clients.s3_copies()) as s3:
        s3.add_response(
            "copy_object",
            {"CopyObjectResult": {"ETag": '"copy"'}},
            {
                "Bucket": DESTINATION,
                "Key": "a.png",
                "CopySource": {"Bucket": SOURCE, "Key": "a.png", "VersionId": original.version},
                "CopySourceIfMatch": original.etag,
                "MetadataDirective": "REPLACE",
                "TaggingDirective": "REPLACE",
                "CacheControl": "public",
                "Metadata": {"a": "b"},
                "Tagging": "kind=original",
                "ServerSideEncryption": "AES256",
                **condition,
            },
        )
        assert objects.copy((SOURCE, original), DESTINATION, written, expected) == '"copy"'


def test_an_archived_source_is_reported(world: World) -> None:
    world.upload("a.png", b"photograph")
    original = objects.head_source(SOURCE, "a.png")
    assert original is not None
    written = objects.Written(metadata={}, kind="original", cache_control="public", headers={})
    with Stubber(clients.s3_copies()) as s3:
        s3.add_client_error("copy_object", "InvalidObjectState", http_status_code=403)
        with pytest.raises(objects.Archived):
            objects.copy((SOURCE, original), DESTINATION, written, None)
