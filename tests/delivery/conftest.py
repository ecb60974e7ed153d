"""A folder of originals, and an empty bucket in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
import pytest
from moto import mock_aws

from delivery.bucket import Bucket

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    originals = tmp_path / "originals"
    for name, body in {"cat.jpg": b"a cat", "birds/tit.webp": b"a tit", "birds/été+1.png": b"a swift"}.items():
        (originals / name).parent.mkdir(parents=True, exist_ok=True)
        (originals / name).write_bytes(body)
    return originals


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket="originals")
        yield Bucket(client, "originals")
