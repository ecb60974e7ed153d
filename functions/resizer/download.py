"""`download=name.jpg`: the Content-Disposition that makes browsers save an image (RFC 6266)."""

from __future__ import annotations

_EXTENSIONS = {
    "image/jpeg": ("jpg", "jpeg"),
    "image/png": ("png",),
    "image/webp": ("webp",),
    "image/avif": ("avif",),
    "image/gif": ("gif",),
    "image/jxl": ("jxl",),
    "image/svg+xml": ("svg",),
}
"""The usual extension of each type first."""
_KNOWN = {extension for extensions in _EXTENSIONS.values() for extension in extensions}


def disposition(name: str, content_type: str) -> str:
    """Return the header for a file name of the grammar's kind `file`, which needs no escapes (RFC 8187 is for others).

    The extension becomes that of the type, so that no name makes a program or a page of an image: `a.jpg` and
    `a.exe` of a WebP are `a.webp` and `a.exe.webp`.
    """
    allowed = _EXTENSIONS[content_type]
    stem, dot, extension = name.rpartition(".")
    if dot and extension.lower() in allowed:
        return f'attachment; filename="{name}"'
    base = stem if dot and extension.lower() in _KNOWN else name.rstrip(".")
    return f'attachment; filename="{base}.{allowed[0]}"'
