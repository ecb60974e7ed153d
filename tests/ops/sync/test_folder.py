from __future__ import annotations

import os
from pathlib import Path

import pytest

from ops.errors import CommandFailed
from ops.sync import folder as module
from ops.sync.folder import Original, read_folder


def test_a_key_is_the_path_in_the_folder_behind_the_prefix(folder: Path) -> None:
    keys = [original.key for original in read_folder(folder, "shop/")]
    assert keys == ["shop/birds/tit.webp", "shop/birds/été+1.png", "shop/cat.jpg"]


def test_a_relative_folder_has_the_same_keys(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder.parent)
    assert [original.key for original in read_folder(Path("originals"))] == [each.key for each in read_folder(folder)]


def test_hidden_files_and_folders_stay_at_home(folder: Path) -> None:
    (folder / ".git").mkdir()
    (folder / ".git" / "config").write_text("secret")
    (folder / ".DS_Store").write_text("")
    assert len(read_folder(folder)) == 3


def test_every_key_that_could_never_be_served_is_named_at_once(folder: Path) -> None:
    for name in ("300x200/cat.jpg", "resize/cat.jpg", "new\nline.jpg"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"")
    with pytest.raises(CommandFailed) as refusal:
        read_folder(folder)
    _, *lines = str(refusal.value).splitlines()
    assert [line.partition(": ")[0] for line in lines] == ["'300x200/cat.jpg'", "'new\\nline.jpg'", "'resize/cat.jpg'"]


def test_a_prefix_can_make_a_key_unservable(folder: Path) -> None:
    with pytest.raises(CommandFailed, match="its first segment is 'resize'"):
        read_folder(folder, "resize/")


@pytest.mark.parametrize("target", ["/etc/hostname", "/etc"])
def test_a_link_is_refused_wherever_it_leads(folder: Path, target: str) -> None:
    (folder / "link").symlink_to(target)
    with pytest.raises(CommandFailed, match="symbolic link"):
        read_folder(folder)


def test_a_pipe_is_refused(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    with pytest.raises(CommandFailed, match="it is not a regular file"):
        read_folder(folder)


def test_a_file_that_the_copy_function_would_refuse_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BYTES", 5)
    with pytest.raises(CommandFailed, match=r"1\.png': it is larger than 5 GiB$"):
        read_folder(folder)


def test_a_folder_that_is_not_there_is_refused(folder: Path) -> None:
    with pytest.raises(CommandFailed, match="is not a folder"):
        read_folder(folder / "missing")


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("a.JPG", "image/jpeg"),
        ("a.webp", "image/webp"),
        ("a.avif", "image/avif"),
        ("a.jxl", "image/jxl"),
        ("a.tar.gz", "application/octet-stream"),
        ("a", "application/octet-stream"),
    ],
)
def test_a_content_type_goes_by_the_name(folder: Path, name: str, content_type: str) -> None:
    assert Original(name, folder / name, 0).content_type == content_type
