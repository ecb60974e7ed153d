"""The front door of the core: one call from an original's bytes to a derivative's.

    from imaging import transcode

    encoded = transcode(Path("cat.jpg").read_bytes(), "300x200,fit=cover,f=webp")
    Path("cat.webp").write_bytes(encoded.body)

The transform is a path segment as in the service's URLs, or a `grammar.transform.Transform`. Everything else is a
keyword, and its default is that of the parameter in template.yaml: `limits` on the work of one call
(`imaging.limits.Limits`), `default_quality` where the transform has none, `allowed_types`, the formats that may be
made, and `anonymous` for originals that nobody may download. `f=auto` becomes a format that every browser shows, and
`f=json` returns a description of the original.

    transcode(data, "600x,wm=logo.png", watermark=logo, limits=Limits(max_input_pixels=20_000_000))

An error of the input is a `grammar.errors.TranscodingError` with an HTTP `status` and a public `detail`; any other
exception is a bug of the caller's or of the core's. Files are untrusted: the format is detected from the first bytes,
sizes are checked before pixels are decoded, and Pillow never guesses the parser. No setup is needed;
`imaging.configure_process()` is called with each original, and may be called at start.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

from grammar.transform import parse_transform
from imaging.formats import WRITTEN, check_type, output_format, sniff
from imaging.limits import DEFAULT_LIMITS
from imaging.pipeline import apply
from imaging.reading.auto import resolve_auto
from imaging.reading.decoder import decode
from imaging.watermark import open_watermark
from imaging.writing.encoder import encode

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from contextlib import AbstractContextManager

    from PIL.Image import Image

    from grammar.transform import Transform
    from imaging.limits import Limits
    from imaging.writing.encoder import Encoded

DEFAULT_QUALITY = 80
"""The default of the parameter `DefaultQuality` in template.yaml."""


def transcode(  # noqa: PLR0913 - all but two have a default, and are keywords
    data: bytes,
    transform: str | Transform,
    *,
    limits: Limits = DEFAULT_LIMITS,
    watermark: bytes | Image | None = None,
    default_quality: int = DEFAULT_QUALITY,
    allowed_types: Collection[str] = WRITTEN,
    anonymous: bool = False,
    step: Callable[[str], AbstractContextManager[object]] = nullcontext,
) -> Encoded:
    """Return the derivative of an original for a transform.

    `watermark` is the image that a transform with `watermark=` names: a file's bytes, or what
    `imaging.watermark.open_watermark` returned for them. `step` is entered around each stage with its name: "decode",
    "transform" and "encode", or "describe" for `f=json`; pass a context manager that times it.

    `anonymous` leaves places, serial numbers and makers' notes out of `metadata=all`.

    Raises `TranscodingError`, and ValueError for a watermark without a transform that asks for one, or the reverse.
    """
    if isinstance(transform, str):
        transform = parse_transform(transform)
    if transform.format == "json":
        from imaging.description import describe  # noqa: PLC0415 - few requests need it, and loading it slows a cold start

        with step("describe"):
            return describe(data, limits)
    transform = resolve_auto(transform, data, limits, allowed_types)
    check_type(output_format(transform, sniff(data)).name, allowed_types)
    with step("decode"):
        if isinstance(watermark, bytes):
            watermark = open_watermark(watermark, transform.watermark or "", limits)
        picture = decode(data, transform, limits, anonymous=anonymous)
    with step("transform"):
        picture = apply(picture, transform, watermark)
    with step("encode"):
        return encode(picture, transform, default_quality)
