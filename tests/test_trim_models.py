from __future__ import annotations

import json
import shutil
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import botocore
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.loaders import Loader
from botocore.session import get_session
from urllib3 import HTTPResponse

from trim_models import trim

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest
    from botocore.session import Session

DATA = Path(botocore.__file__).parent / "data"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A copy of the files for all services, and of three services."""
    copy = tmp_path / "data"
    for name in ("cloudfront", "s3", "sqs"):
        shutil.copytree(DATA / name, copy / name)
    for path in DATA.glob("*.json"):
        shutil.copy(path, copy)
    return copy


def body_of(request: AWSPreparedRequest) -> bytes:
    body: Any = request.body  # a wrapper that adds a checksum, of what is put into S3
    return bytes(body.read() if hasattr(body, "read") else body or b"")


def new_session() -> Session:
    session = get_session()
    session.set_credentials("key", "secret")
    return session


def session_of(data: Path) -> Session:
    session = new_session()
    session.register_component("data_loader", Loader([str(data)], include_default_search_paths=False))
    return session


def test_clients_of_trimmed_models_have_the_same_operations(data: Path) -> None:
    trim(data, ["cloudfront", "s3"])
    for name in ("cloudfront", "s3"):
        trimmed, whole = (
            session.create_client(name, "eu-central-1").meta for session in (session_of(data), new_session())
        )
        assert trimmed.endpoint_url == whole.endpoint_url
        assert trimmed.service_model.api_version == whole.service_model.api_version
        assert trimmed.service_model.operation_names == whole.service_model.operation_names
        for operation in whole.service_model.operation_names:
            shapes = [meta.service_model.operation_model(operation).input_shape for meta in (trimmed, whole)]
            assert len({tuple(shape.members) if shape else () for shape in shapes}) == 1


@pytest.mark.parametrize(
    ("service", "operation", "arguments"),
    [
        ("s3", "put_object", {"Bucket": "images", "Key": "a b/c.jpg", "Body": b"body", "IfNoneMatch": "*"}),
        ("s3", "get_object", {"Bucket": "images", "Key": "cat.jpg"}),
        (
            "cloudfront",
            "create_invalidation",
            {
                "DistributionId": "E1",
                "InvalidationBatch": {"Paths": {"Quantity": 1, "Items": ["/a"]}, "CallerReference": "1"},
            },
        ),
    ],
)
def test_a_client_of_trimmed_models_sends_the_same_requests(
    data: Path, service: str, operation: str, arguments: dict[str, Any]
) -> None:
    trim(data, ["cloudfront", "s3"])
    sent: list[AWSPreparedRequest] = []

    def answer(request: AWSPreparedRequest, **_: object) -> AWSResponse:
        sent.append(request)
        return AWSResponse(request.url, 200, HTTPHeaders(), HTTPResponse(BytesIO(), preload_content=False))

    for session in (session_of(data), new_session()):
        client = session.create_client(service, "eu-central-1")
        client.meta.events.register("before-send", answer)  # type: ignore[arg-type] # what it returns is sent instead
        getattr(client, operation)(**arguments)
    trimmed, whole = sent
    assert (trimmed.method, trimmed.url, body_of(trimmed)) == (whole.method, whole.url, body_of(whole))
    assert set(trimmed.headers) == set(whole.headers)


def test_unused_operations_and_documentation_are_removed(data: Path) -> None:
    trim(data, ["cloudfront", "s3"])
    assert not (data / "sqs").exists()
    assert [len(list((data / name).iterdir())) for name in ("cloudfront", "s3")] == [1, 1]
    assert not list(data.rglob("*.gz"))
    (model,) = (data / "s3").glob("*/service-2.json")
    assert '"documentation":"<' not in model.read_text()
    partitions = json.loads((data / "endpoints.json").read_text())["partitions"]
    assert {name for partition in partitions for name in partition["services"]} == {"cloudfront", "s3"}


def test_an_unknown_service_fails_the_build(data: Path) -> None:
    with pytest.raises(KeyError, match="dynamo"):
        trim(data, ["dynamo"])
