from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from ops.__main__ import main
from ops.sync import command as program

if TYPE_CHECKING:
    from pathlib import Path

    from ops.sync.bucket import Bucket


def test_a_sync_reports_its_plan_and_its_result(
    folder: Path, bucket: Bucket, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sync", str(folder), bucket.name]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-2:] == [
        "3 new, 0 changed (17 bytes to upload), 0 to remove, 0 unchanged",
        "3 uploaded, 0 removed, 0 failed",
    ]
    assert lines[2] == "+ 'cat.jpg'  5 bytes"


def test_a_dry_run_changes_nothing_and_writes_its_report(folder: Path, bucket: Bucket, tmp_path: Path) -> None:
    report = tmp_path / "report.md"
    assert main(["sync", str(folder), bucket.name, "--dry-run", "--markdown", str(report)]) == 0
    assert bucket.list_sizes() == {}
    assert report.read_text().startswith("### What would change\n\n    + 'birds/tit.webp'  5 bytes\n")


def test_the_report_is_one_block_whatever_a_file_is_called(folder: Path, bucket: Bucket, tmp_path: Path) -> None:
    (folder / "```<b>[x](y).jpg").write_bytes(b"x")
    report = tmp_path / "report.md"
    main(["sync", str(folder), bucket.name, "--dry-run", "--markdown", str(report)])
    assert all(line.startswith(("    ", "### ")) for line in report.read_text().splitlines() if line)


def test_a_key_that_could_never_be_served_stops_the_delivery_before_it_begins(
    folder: Path, bucket: Bucket, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "300x").mkdir()
    (folder / "300x" / "cat.jpg").write_bytes(b"x")
    assert main(["sync", str(folder), bucket.name]) == 1
    assert "'300x/cat.jpg': its first segment reads as a transform" in capsys.readouterr().err
    assert bucket.list_sizes() == {}


def test_a_prefix_without_its_slash_is_refused(
    folder: Path, bucket: Bucket, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sync", str(folder), bucket.name, "--prefix", "shop"]) == 2
    assert "--prefix must end with a slash" in capsys.readouterr().err


def test_an_unknown_bucket_is_a_one_line_error(
    folder: Path, bucket: Bucket, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sync", str(folder), f"{bucket.name}-2"]) == 1
    assert "NoSuchBucket" in capsys.readouterr().err


def test_ctrl_c_ends_with_its_own_status(
    folder: Path, bucket: Bucket, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr(program, "deliver", interrupt)
    assert main(["sync", str(folder), bucket.name]) == 130
    assert "the same command does the rest" in capsys.readouterr().err


def fill(bucket: Bucket, number: int) -> None:
    for each in range(number):
        bucket.client.put_object(Bucket=bucket.name, Key=f"old/{each}.jpg", Body=b"x")


@pytest.mark.parametrize(("objects", "status"), [(10, 0), (11, 1)])
def test_more_than_ten_and_a_tenth_of_the_objects_are_removed_only_with_yes(
    folder: Path, bucket: Bucket, capsys: pytest.CaptureFixture[str], objects: int, status: int
) -> None:
    fill(bucket, objects)
    before = set(bucket.list_sizes())
    assert main(["sync", str(folder), bucket.name]) == status
    assert (set(bucket.list_sizes()) == before) is bool(status)
    if status:
        told = capsys.readouterr()
        assert "11 of 11 objects would be removed" in told.err
        assert "Removing more than a tenth of the 11 objects takes --yes (YES=1)." in told.out
    assert main(["sync", str(folder), bucket.name, "--yes"]) == 0
    assert len(bucket.list_sizes()) == 3


def test_a_tenth_of_the_objects_is_removed_without_a_prompt_if_there_is_no_terminal(
    folder: Path, bucket: Bucket
) -> None:
    for each in range(120):
        (folder / f"{each}.jpg").write_bytes(b"x")
    assert main(["sync", str(folder), bucket.name]) == 0
    for each in range(12):
        (folder / f"{each}.jpg").unlink()
    assert main(["sync", str(folder), bucket.name]) == 0
    assert len(bucket.list_sizes()) == 111


@pytest.mark.parametrize(("typed", "left"), [("remove", 3), ("no", 4)])
def test_a_removal_is_confirmed_at_a_terminal(
    folder: Path, bucket: Bucket, monkeypatch: pytest.MonkeyPatch, typed: str, left: int
) -> None:
    assert main(["sync", str(folder), bucket.name]) == 0
    fill(bucket, 1)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda _: typed)
    assert main(["sync", str(folder), bucket.name]) == (0 if left == 3 else 1)
    assert len(bucket.list_sizes()) == left


def test_without_a_bucket_it_is_that_of_the_stack(folder: Path, bucket: Bucket, stacks: Any) -> None:
    stacks.outputs["images"] = {"SourceBucketName": bucket.name}
    assert main(["sync", str(folder), "--config", "prod"]) == 0
    assert len(bucket.list_sizes()) == 3


def test_a_relative_folder_is_synced_once(folder: Path, bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder.parent)
    assert main(["sync", "originals", bucket.name]) == 0
    assert len(bucket.list_sizes()) == 3
