from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from ops.content import empty

if TYPE_CHECKING:
    from collections.abc import Callable

BUCKET = "images-dev-destination"
STACK = "images-dev"


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch, aws: Callable[[str], Any]) -> Any:
    """A deployed stack's destination bucket, with versions and a delete marker in it."""
    monkeypatch.setattr(empty, "find_bucket", lambda _: (STACK, BUCKET))
    client = aws("s3")
    client.create_bucket(Bucket=BUCKET)
    client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    for number in range(5):
        client.put_object(Bucket=BUCKET, Key=f"{number}.jpg", Body=b"first")
    client.put_object(Bucket=BUCKET, Key="0.jpg", Body=b"second")
    client.delete_object(Bucket=BUCKET, Key="1.jpg")
    return client


def count(s3: Any) -> int:
    return len(list(empty.list_versions(s3, BUCKET)))


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["empty.py", *arguments])
    return empty.main()


def test_every_version_goes_in_as_many_requests_as_it_takes(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(empty, "BATCH", 2)
    assert count(s3) == 7
    assert run(monkeypatch, "default", "--yes") == 0
    assert count(s3) == 0


def test_nothing_goes_without_the_name_of_the_stack(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builtins.input", lambda _: "yes")
    assert run(monkeypatch, "default") == 1
    assert count(s3) == 7


def test_the_name_of_the_stack_is_enough(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builtins.input", lambda _: STACK)
    assert run(monkeypatch, "default") == 0
    assert count(s3) == 0


def test_an_environment_that_is_not_there_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "nowhere", "--yes") == 1
    assert "'nowhere'" in capsys.readouterr().err


def test_an_object_that_stays_is_a_failure_that_names_it(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> dict[str, Any]:
        return {"Errors": [{"Key": "locked.jpg", "Code": "AccessDenied"}]}

    monkeypatch.setattr(s3, "delete_objects", refuse)
    with pytest.raises(empty.NotEmptiedError, match=r"locked\.jpg: AccessDenied"):
        empty.delete_all(s3, BUCKET)
