"""The public errors of transcoding, each with its HTTP status. Any other exception is a bug."""

from __future__ import annotations

from grammar.errors import TranscodingError, quote


class NotAllowed(TranscodingError):
    """The request is well formed, and this deployment refuses it."""

    status = 403
    title = "Not allowed"


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
