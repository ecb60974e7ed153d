from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from ops.sync import command as program

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from ops.sync.bucket import Bucket


def test_a_delivery_says_what_it_changes_and_what_it_did(
    folder: Path, bucket: Bucket, capsys: pytest.CaptureFixture[str]
) -> None:
    assert program.main([str(folder), bucket.name]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-2:] == [
        "3 new, 0 changed (17 bytes to upload), 0 to remove, 0 unchanged",
        "3 uploaded, 0 removed, 0 failed",
    ]
    assert lines[2] == "+ 'cat.jpg'  5 bytes"


def test_a_dry_run_changes_nothing_and_writes_its_report(folder: Path, bucket: Bucket, tmp_path: Path) -> None:
    report = tmp_path / "report.md"
    assert program.main([str(folder), bucket.name, "--dry-run", "--markdown", str(report)]) == 0
    assert bucket.list_sizes() == {}
    assert report.read_text().startswith("### What would change\n\n    + 'birds/tit.webp'  5 bytes\n")


def test_the_report_is_one_block_whatever_a_file_is_called(folder: Path, bucket: Bucket, tmp_path: Path) -> None:
    (folder / "```<b>[x](y).jpg").write_bytes(b"x")
    report = tmp_path / "report.md"
    program.main([str(folder), bucket.name, "--dry-run", "--markdown", str(report)])
    assert all(line.startswith(("    ", "### ")) for line in report.read_text().splitlines() if line)


def test_a_key_that_could_never_be_served_stops_the_delivery_before_it_begins(
    folder: Path, bucket: Bucket, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "300x").mkdir()
    (folder / "300x" / "cat.jpg").write_bytes(b"x")
    assert program.main([str(folder), bucket.name]) == 1
    assert "'300x/cat.jpg': its first segment reads as a transform" in capsys.readouterr().err
    assert bucket.list_sizes() == {}


def test_a_prefix_without_its_slash_is_refused(
    folder: Path, bucket: Bucket, capsys: pytest.CaptureFixture[str]
) -> None:
    assert program.main([str(folder), bucket.name, "--prefix", "shop"]) == 1
    assert "A prefix ends with a slash" in capsys.readouterr().err


def test_an_unknown_bucket_is_told_in_a_line(folder: Path, bucket: Bucket, capsys: pytest.CaptureFixture[str]) -> None:
    assert program.main([str(folder), f"{bucket.name}-2"]) == 1
    assert "NoSuchBucket" in capsys.readouterr().err


def test_ctrl_c_ends_with_its_own_status(
    folder: Path, bucket: Bucket, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr(program, "deliver", interrupt)
    assert program.main([str(folder), bucket.name]) == 130
    assert "the same command does the rest" in capsys.readouterr().err
