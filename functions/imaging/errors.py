"""What can be wrong with a request, each with its HTTP status. Anything else that is raised is a bug."""

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


class NotAllowed(TranscodingError):
    """The request is well formed, and this deployment refuses it."""

    status = 403
    title = "Not allowed"


class OriginalNotFound(TranscodingError):
    """There is no such original."""

    status = 404
    title = "Original not found"


class WatermarkNotFound(TranscodingError):
    """There is no such watermark."""

    status = 404
    title = "Watermark not found"

    def __init__(self, name: str) -> None:
        """Name the watermark, untrusted text."""
        super().__init__(f"there is no watermark {quote(name)}")


class TooLarge(TranscodingError):
    """The original, or what was asked for, has too many bytes, pixels or frames."""

    status = 413
    title = "Image too large"


class NotAnImage(TranscodingError):
    """The original is no image of a format that is read."""

    status = 415
    title = "Not an image"


class DamagedImage(TranscodingError):
    """The original says that it is an image, and can't be decoded."""

    status = 422
    title = "Damaged image"


class UnusableWatermark(TranscodingError):
    """The watermark is no image that can be laid over another one."""

    status = 422
    title = "Unusable watermark"

    def __init__(self, name: str, reason: str) -> None:
        """Name the watermark, untrusted text, and the `reason`, which is ours."""
        super().__init__(f"The watermark {quote(name)} can't be used: {reason}.")


class Unavailable(TranscodingError):
    """It did not work this time; `retry_after` is in seconds."""

    status = 503
    title = "Try again"

    def __init__(self, detail: str, retry_after: int) -> None:
        """Keep how many seconds the client should wait."""
        super().__init__(detail)
        self.retry_after = retry_after
