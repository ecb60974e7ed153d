"""A folder of originals."""

from __future__ import annotations

import base64
import hashlib
import mimetypes
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from grammar.path import unservable
from ops.errors import CommandFailed, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BYTES = 5 * 1024**3
"""The most that the copy function's CopyObject takes, and a single PUT too:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html"""

CHUNK = 1024 * 1024

# Python's own table, not the machine's, so that a file has the same type on every machine.
_TYPES = mimetypes.MimeTypes()
_NEWER = {
    ".avif": "image/avif",
    ".heic": "image/heic",
    ".heif": "image/heif",
    ".jxl": "image/jxl",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
}


@dataclass(frozen=True, slots=True)
class Original:
    """A file of the folder, and the key that it has in the bucket."""

    key: str
    path: Path
    size: int

    @property
    def content_type(self) -> str:
        """Return the media type of the name's extension."""
        suffix = self.path.suffix.lower()
        return _NEWER.get(suffix) or _TYPES.guess_type(f"original{suffix}")[0] or "application/octet-stream"

    def sha256(self) -> str:
        """Return the SHA-256 of the content in base64, as S3 writes it. Raises OSError."""
        with self.path.open("rb") as file:
            return base64.b64encode(hashlib.file_digest(file, "sha256").digest()).decode()

    def md5(self) -> str:
        """Return the MD5 of the content in hexadecimal: S3's ETag of an object that was uploaded in one piece."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()

    def multipart_etag(self, part_size: int) -> str:
        """Return S3's ETag of the content in parts of `part_size` bytes: the MD5 of their MD5s, and their number."""
        digests = []
        with self.path.open("rb") as file:
            while True:
                left, digest = part_size, hashlib.md5(usedforsecurity=False)
                while left and (chunk := file.read(min(left, CHUNK))):
                    digest.update(chunk)
                    left -= len(chunk)
                if left == part_size:
                    break
                digests.append(digest.digest())
        return f"{hashlib.md5(b''.join(digests), usedforsecurity=False).hexdigest()}-{len(digests)}"


def read_folder(folder: Path, prefix: str = "") -> tuple[Original, ...]:
    """Return the originals of a folder, sorted by key, without hidden files and folders (.git, .DS_Store).

    Raises UsageError for a path that is not a folder, and CommandFailed with a line for each file that could never be
    served.
    """
    if not folder.is_dir():
        raise UsageError(f"{str(folder)!r} is not a folder")
    originals, reasons = [], []
    for path in _walk(folder):
        key = prefix + path.relative_to(folder).as_posix()
        reason = _find_obstacle(path, key)
        if reason:
            reasons.append(f"{key!r}: {reason}")
        else:
            originals.append(Original(key, path, path.stat().st_size))
    if reasons:
        raise CommandFailed("nothing was uploaded: these files can't be originals\n" + "\n".join(sorted(reasons)))
    return tuple(sorted(originals, key=lambda original: original.key))


def _walk(folder: Path) -> Iterator[Path]:
    def fail(error: OSError) -> None:
        raise CommandFailed(f"{error.filename!r} can't be read: {error.strerror}")

    for directory, folders, files in os.walk(folder, onerror=fail):
        here = Path(directory)
        # A link to a folder is yielded, to be rejected, and never followed.
        yield from (here / name for name in folders if (here / name).is_symlink() and not name.startswith("."))
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (here / name for name in files if not name.startswith("."))


def _find_obstacle(path: Path, key: str) -> str | None:
    """Return why a file can't be an original, or None."""
    if path.is_symlink():
        return "it is a symbolic link"
    if not path.is_file():
        return "it is not a regular file"
    if path.stat().st_size > MAX_BYTES:
        return "it is larger than 5 GiB"
    return unservable(key)
