"""A folder of originals, and an empty bucket in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ops.sync.bucket import Bucket

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    originals = tmp_path / "originals"
    for name, body in {"cat.jpg": b"a cat", "birds/tit.webp": b"a tit", "birds/été+1.png": b"a swift"}.items():
        (originals / name).parent.mkdir(parents=True, exist_ok=True)
        (originals / name).write_bytes(body)
    return originals


@pytest.fixture
def bucket(aws: Callable[[str], Any]) -> Bucket:
    client = aws("s3")
    client.create_bucket(Bucket="originals")
    return Bucket(client, "originals")
