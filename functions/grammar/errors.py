"""The base class of all public errors, each with its HTTP status, and the errors that a URL can cause."""

from __future__ import annotations

from typing import ClassVar

_MAX_CHARACTERS = 40


def shorten(text: str) -> str:
    """Return the start of untrusted `text` for a public message: at most 40 printable ASCII characters, then "..."."""
    piece = "".join(character if " " <= character <= "~" else "?" for character in text[:_MAX_CHARACTERS])
    return f"{piece}..." if len(text) > _MAX_CHARACTERS else piece


def quote(text: str) -> str:
    """Return untrusted `text`, shortened and in quotation marks, for a public message."""
    return f"'{shorten(text)}'"


class TranscodingError(Exception):
    """A request that can't be served. `status`, `title` and `detail` are members of RFC 9457, `detail` is public."""

    status: ClassVar[int]
    title: ClassVar[str]

    def __init__(self, detail: str) -> None:
        """Keep the public `detail`. Anything in it that comes from the request must be shortened and printable."""
        super().__init__(detail)
        self.detail = detail


class MalformedTransform(TranscodingError):
    """The transform can't be parsed, or can't be applied to this original.

    `part` is the offending part of the transform, shortened and printable; `detail` quotes it and gives the reason.
    """

    status = 400
    title = "Malformed transform"

    def __init__(self, part: str, reason: str) -> None:
        """Take the offending `part` of the transform, which is untrusted, and the `reason`, which is not."""
        self.part = shorten(part)
        super().__init__(f"{quote(part)}: {reason}")


class OriginalNotFound(TranscodingError):
    """The original doesn't exist."""

    status = 404
    title = "Original not found"
