from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ops.__main__ import main
from ops.content import empty
from ops.errors import CommandFailed

if TYPE_CHECKING:
    from collections.abc import Callable

STACK = "images-dev"
BUCKET = "images-dev-destination"


@pytest.fixture
def s3(aws: Callable[[str], Any], stacks: Any) -> Any:
    """A deployed stack's destination bucket, with versions and a delete marker in it."""
    stacks.outputs[STACK], stacks.bucket = {}, BUCKET
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


def test_every_version_goes_in_as_many_requests_as_it_takes(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(empty, "BATCH", 2)
    assert count(s3) == 7
    assert main(["empty", "--yes"]) == 0
    assert count(s3) == 0


def test_nothing_goes_without_the_name_of_the_stack(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builtins.input", lambda _: "yes")
    assert main(["empty"]) == 1
    assert count(s3) == 7


def test_the_name_of_the_stack_is_enough(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builtins.input", lambda _: STACK)
    assert main(["empty", "--stack", STACK]) == 0
    assert count(s3) == 0


def test_without_a_terminal_nothing_goes(
    s3: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def end(_: str) -> str:
        raise EOFError

    monkeypatch.setattr("builtins.input", end)
    assert main(["empty"]) == 1
    assert "--yes (YES=1) confirms" in capsys.readouterr().err
    assert count(s3) == 7


def test_a_missing_stack_is_named(s3: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["empty", "--stack", "missing", "--yes"]) == 1
    assert "no stack 'missing' in us-east-1" in capsys.readouterr().err
    assert count(s3) == 7


def test_an_object_that_can_t_be_deleted_is_named_and_fails(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> dict[str, Any]:
        return {"Errors": [{"Key": "locked.jpg", "Code": "AccessDenied"}]}

    monkeypatch.setattr(s3, "delete_objects", refuse)
    with pytest.raises(CommandFailed, match=r"'locked\.jpg' could not be deleted: AccessDenied"):
        empty.delete_all(s3, BUCKET)
