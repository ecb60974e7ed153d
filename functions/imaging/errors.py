"""The public errors of transcoding, each with its HTTP status. Any other exception is a bug."""

from __future__ import annotations

from grammar.errors import TranscodingError, quote


class NotAllowed(TranscodingError):
    """The request is well formed, but this deployment does not allow it."""

    status = 403
    title = "Not allowed"


class WatermarkNotFound(TranscodingError):
    """The watermark does not exist."""

    status = 404
    title = "Watermark not found"

    def __init__(self, name: str) -> None:
        """Take the watermark's name, which is untrusted and quoted."""
        super().__init__(f"the watermark {quote(name)} does not exist")


class TooLarge(TranscodingError):
    """The original or the requested result has too many bytes, pixels or frames."""

    status = 413
    title = "Image too large"


class NotAnImage(TranscodingError):
    """The original is not an image of a supported format."""

    status = 415
    title = "Not an image"


class DamagedImage(TranscodingError):
    """The original has the signature of an image, but can't be decoded."""

    status = 422
    title = "Damaged image"


class UnusableWatermark(TranscodingError):
    """The watermark is not an image that can be drawn over another one."""

    status = 422
    title = "Unusable watermark"

    def __init__(self, name: str, reason: str) -> None:
        """Take the watermark's name, which is untrusted and quoted, and the `reason`, which is trusted."""
        super().__init__(f"The watermark {quote(name)} can't be used: {reason}.")


class Unavailable(TranscodingError):
    """A temporary failure; `retry_after` is in seconds."""

    status = 503
    title = "Try again"

    def __init__(self, detail: str, retry_after: int) -> None:
        """Take the number of seconds that the client should wait."""
        super().__init__(detail)
        self.retry_after = retry_after
