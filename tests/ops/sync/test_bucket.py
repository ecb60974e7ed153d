from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from botocore.stub import ANY, Stubber

from ops.sync.bucket import Bucket
from ops.sync.folder import Original, read_folder

if TYPE_CHECKING:
    from pathlib import Path

MEGABYTE = 1024 * 1024


@pytest.fixture
def cat(folder: Path) -> Original:
    return next(original for original in read_folder(folder) if original.key == "cat.jpg")


def upload(bucket: Bucket, original: Original, **arguments: Any) -> None:
    """Upload like another tool."""
    bucket.client.put_object(
        Bucket=bucket.name,
        Key=original.key,
        Body=original.path.read_bytes(),
        **({"ContentType": original.content_type} | arguments),
    )


def test_an_uploaded_file_matches(bucket: Bucket, cat: Original) -> None:
    assert bucket.put(cat) == 5
    assert bucket.equals(cat)
    assert bucket.client.head_object(Bucket=bucket.name, Key="cat.jpg")["ContentType"] == "image/jpeg"


@pytest.mark.parametrize(("content", "agreed"), [(b"a cat", True), (b"a dog", False)])
def test_a_checksum_of_the_whole_decides_whatever_the_etag_is(
    bucket: Bucket, cat: Original, content: bytes, *, agreed: bool
) -> None:
    head = {"ContentLength": 5, "ContentType": "image/jpeg", "ETag": '"sealed"', "ChecksumSHA256": cat.sha256()}
    cat.path.write_bytes(content)
    with Stubber(bucket.client) as stub:
        stub.add_response("head_object", head)
        assert bucket.equals(cat) is agreed


def test_an_original_is_put_with_its_checksum_so_that_s3_refuses_another_content(bucket: Bucket, cat: Original) -> None:
    with Stubber(bucket.client) as stub:
        expected = {"Bucket": bucket.name, "Key": "cat.jpg", "ContentType": "image/jpeg", "ContentLength": 5}
        stub.add_response("put_object", {}, expected | {"Body": ANY, "ChecksumSHA256": cat.sha256()})
        bucket.put(cat)


def test_other_content_of_the_same_size_does_not_agree(bucket: Bucket, cat: Original) -> None:
    bucket.put(cat)
    cat.path.write_bytes(b"a dog")
    assert not bucket.equals(cat)


def test_another_content_type_does_not_agree(bucket: Bucket, cat: Original) -> None:
    upload(bucket, cat, ContentType="binary/octet-stream")
    assert not bucket.equals(cat)


def test_an_object_of_another_tool_matches_by_its_etag(bucket: Bucket, cat: Original) -> None:
    upload(bucket, cat)
    assert bucket.equals(cat)
    cat.path.write_bytes(b"a dog")
    assert not bucket.equals(cat)


def test_a_multipart_object_of_another_tool_matches_by_its_parts(bucket: Bucket, folder: Path) -> None:
    path = folder / "large.jpg"
    path.write_bytes(bytes(range(256)) * (44 * 1024))  # 11 MB
    large = Original("large.jpg", path, path.stat().st_size)
    identity: Any = {"Bucket": bucket.name, "Key": large.key}
    made = bucket.client.create_multipart_upload(**identity, ContentType="image/jpeg")
    body = path.read_bytes()
    pieces = [body[start : start + 5 * MEGABYTE] for start in range(0, len(body), 5 * MEGABYTE)]
    parts = [
        bucket.client.upload_part(**identity, UploadId=made["UploadId"], PartNumber=number, Body=piece)
        for number, piece in enumerate(pieces, 1)
    ]
    listed: Any = [{"PartNumber": number, "ETag": part["ETag"]} for number, part in enumerate(parts, 1)]
    bucket.client.complete_multipart_upload(**identity, UploadId=made["UploadId"], MultipartUpload={"Parts": listed})
    etag = bucket.client.head_object(**identity)["ETag"].strip('"')
    assert etag.endswith("-3")
    # moto answers HEAD of a part with the whole size, so the size of a part is given here.
    assert large.multipart_etag(5 * MEGABYTE) == etag
    assert large.multipart_etag(6 * MEGABYTE) != etag


@pytest.mark.parametrize(("part_size", "agreed"), [(3, True), (4, False)])
def test_the_part_size_is_read_from_the_bucket(bucket: Bucket, cat: Original, part_size: int, *, agreed: bool) -> None:
    head = {"ContentLength": 5, "ContentType": "image/jpeg", "ETag": f'"{cat.multipart_etag(3)}"'}
    identity: Any = {"Bucket": bucket.name, "Key": "cat.jpg"}
    with Stubber(bucket.client) as stub:
        stub.add_response("head_object", head, identity | {"ChecksumMode": "ENABLED"})
        stub.add_response("head_object", head | {"ContentLength": part_size}, identity | {"PartNumber": 1})
        assert bucket.equals(cat) is agreed
        stub.assert_no_pending_responses()


@pytest.mark.parametrize(
    "sealed",
    [{"ServerSideEncryption": "aws:kms"}, {"SSECustomerAlgorithm": "AES256"}],
)
def test_an_etag_that_is_not_an_md5_decides_nothing(bucket: Bucket, cat: Original, sealed: dict[str, str]) -> None:
    head = {"ContentLength": 5, "ContentType": "image/jpeg", "ETag": f'"{cat.md5()}"', **sealed}
    with Stubber(bucket.client) as stub:
        stub.add_response("head_object", head)
        assert not bucket.equals(cat)


def test_a_checksum_of_checksums_is_not_taken_for_that_of_the_whole(bucket: Bucket, cat: Original) -> None:
    head = {"ContentLength": 5, "ContentType": "image/jpeg", "ETag": f'"{cat.md5()}"', "ChecksumSHA256": "abc=-2"}
    with Stubber(bucket.client) as stub:
        stub.add_response("head_object", head)
        assert bucket.equals(cat)


def test_an_object_that_was_removed_meanwhile_does_not_match(bucket: Bucket, cat: Original) -> None:
    assert not bucket.equals(cat)


def test_a_refused_request_for_the_state_is_an_error(bucket: Bucket, cat: Original) -> None:
    with Stubber(bucket.client) as stub:
        stub.add_client_error("head_object", "403", http_status_code=403)
        with pytest.raises(ClientError):
            bucket.equals(cat)


def test_only_the_prefix_is_listed(bucket: Bucket, folder: Path) -> None:
    for original in read_folder(folder):
        bucket.put(original)
    assert Bucket(bucket.client, bucket.name, "birds/").list_sizes() == {"birds/tit.webp": 5, "birds/été+1.png": 7}


def test_more_keys_than_one_call_takes_are_removed(bucket: Bucket) -> None:
    keys = [f"{number}.jpg" for number in range(1001)]
    for key in keys:
        bucket.client.put_object(Bucket=bucket.name, Key=key, Body=b"")
    assert list(bucket.remove(keys)) == []
    assert bucket.list_sizes() == {}


def test_a_key_that_could_not_be_removed_is_reported(bucket: Bucket) -> None:
    with Stubber(bucket.client) as stub:
        stub.add_response("delete_objects", {"Errors": [{"Key": "a", "Code": "AccessDenied", "Message": "no"}]})
        assert list(bucket.remove(["a", "b"])) == [("a", "no")]
