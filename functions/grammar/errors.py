"""The hierarchy of public errors, each with its HTTP status, and those that reading a URL can raise."""

from __future__ import annotations

from typing import ClassVar

_QUOTED_CHARACTERS = 40


def quote(text: str) -> str:
    """Return a short piece of untrusted `text` for a public message: at most 40 printable ASCII characters."""
    piece = "".join(character if " " <= character <= "~" else "?" for character in text[:_QUOTED_CHARACTERS])
    return f"'{piece}...'" if len(text) > _QUOTED_CHARACTERS else f"'{piece}'"


class TranscodingError(Exception):
    """A request that can't be served. `status` and `title` are RFC 9457's members; `detail` may be shown to anyone."""

    status: ClassVar[int]
    title: ClassVar[str]

    def __init__(self, detail: str) -> None:
        """Keep the public `detail`: whatever it quotes of the input has been through `quote`."""
        super().__init__(detail)
        self.detail = detail


class MalformedTransform(TranscodingError):
    """The transform can't be understood; `part` is what is wrong in it, as a short printable piece."""

    status = 400
    title = "Malformed transform"

    def __init__(self, part: str, reason: str) -> None:
        """Name the offending `part` of the transform, untrusted text, and the `reason`, which is ours."""
        self.part = quote(part)
        super().__init__(f"{self.part}: {reason}")


class OriginalNotFound(TranscodingError):
    """There is no such original."""

    status = 404
    title = "Original not found"
