"""Content types of originals that were uploaded without a useful one, as many SDKs do: by first bytes, then extension.

Nothing that a browser would run is guessed: no HTML, no script, no XML but SVG, which the distribution's Content
Security Policy keeps from running scripts.
"""

from __future__ import annotations

import re
from mimetypes import MimeTypes

BEGINNING = 4_096
"""Bytes that are needed: an SVG's root may come after comments and a document type."""
UNKNOWN = "application/octet-stream"
SVG = "image/svg+xml"

_WELL_FORMED = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+(\s*;[^\r\n]*)?", re.ASCII)
_USELESS = {
    "binary/octet-stream",  # S3's own default
    UNKNOWN,
    "application/unknown",
    "application/x-www-form-urlencoded",  # curl's default
    "multipart/form-data",
    "unknown/unknown",
}
_SIGNATURES = (
    ("image/jpeg", rb"\xff\xd8\xff"),
    ("image/png", rb"\x89PNG\r\n\x1a\n"),
    ("image/webp", rb"RIFF.{4}WEBPVP8[ LX]"),
    ("image/gif", rb"GIF8[79]a"),
    ("image/avif", rb".{4}ftyp(?:avi[fs]|m[is]f1.{4}(?:.{4}){0,16}?avi[fs])"),
    ("image/heic", rb".{4}ftyp(?:he[iv][cxms]|m[is]f1.{4}(?:.{4}){0,16}?he[iv][cxms])"),
    ("image/jxl", rb"\x00\x00\x00\x0cJXL \r\n\x87\n|\xff\x0a"),
    ("image/tiff", rb"II[*+]\x00|MM\x00[*+]"),
    ("image/jp2", rb"\x00\x00\x00\x0cjP  \r\n\x87\n|\xff\x4f\xff\x51"),
    ("image/bmp", rb"BM.{12}[\x0c\x28\x34\x38\x40\x6c\x7c]\x00\x00\x00"),
    ("image/vnd.microsoft.icon", rb"\x00\x00\x01\x00[^\x00]\x00.{3}\x00"),
    # Atomic groups, so that hostile comments cost no more than one pass.
    (
        SVG,
        (
            rb"(?>\xef\xbb\xbf)?(?>\s*)(?><\?xml\s[^>]*>\s*)?"
            rb"(?>(?:<!--.*?-->|<!DOCTYPE\s+svg[^>\[]*(?:\[.*?\]\s*)?>)\s*)*<(?:svg:)?svg[\s/>]"
        ),
    ),
)
"""Those of `imaging.formats`, which the copy function does not have, and of SVG."""
_PATTERNS = tuple((name, re.compile(pattern, re.DOTALL)) for name, pattern in _SIGNATURES)

_HARMLESS = ("image/", "video/", "audio/", "font/")
_extensions = MimeTypes()  # the standard library's own table, and nothing of the machine's files
for _name in ("avif", "heic", "heif", "jxl", "jp2", "webp"):
    _extensions.add_type(f"image/{_name}", f".{_name}")


def is_useful(content_type: str) -> bool:
    """Return whether a content type says anything: `undefined`, `*/*` and S3's default do not."""
    name = content_type.partition(";")[0].strip().lower()
    return _WELL_FORMED.fullmatch(content_type) is not None and name not in _USELESS


def detect(beginning: bytes, key: str = "") -> str:
    """Return the content type of a file by its first bytes, else by its key's extension, else `UNKNOWN`."""
    for name, pattern in _PATTERNS:
        if pattern.match(beginning):
            return name
    guessed, encoding = _extensions.guess_type(f"/{key}")
    is_known = guessed is not None and guessed.startswith(_HARMLESS) and guessed != SVG and encoding is None
    return guessed if guessed and is_known else UNKNOWN
