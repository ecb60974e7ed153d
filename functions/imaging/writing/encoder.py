"""From pixels to bytes. Unless the transform asks for more only pixels are written, so nothing private gets out."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from io import BytesIO
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from PIL import ImageFile
from PIL.PngImagePlugin import PngInfo

from imaging.formats import Format, output_format
from imaging.pixels import in_mode
from imaging.plugins import THREADS, load_plugin
from imaging.writing.animation import animate, merge_repeats
from imaging.writing.palette import TRANSPARENT, reduce_colours, tell_apart
from imaging.writing.quality import alike_quality, fit_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from PIL.Image import Image

    from grammar.transform import Transform
    from imaging.picture import Frame, Picture

_SPEED, _HURRIED_SPEED = 6, 8
"""Of AVIF's encoder. 6 takes a quarter of the time of 5 for 3 % more bytes; 8 a third of that, for as many again."""

_MANY_PIXELS = 2_000_000
"""Of all frames: an AVIF of more is made at the higher speed, since API Gateway waits for 29 seconds."""

_AVIF_QUALITY = {
    _SPEED: ((1, 14), (50, 45), (70, 52), (80, 60), (90, 75), (100, 100)),
    _HURRIED_SPEED: ((1, 20), (50, 49), (70, 56), (80, 64), (90, 76), (100, 100)),
}
"""By speed: JPEG's quality -> AVIF's of the same SSIM, measured on the luma of `samples/` at 640 pixels (aom 3.14)."""

_OPAQUE = 255

_JFIF, _JFIF_LENGTH = b"\xff\xe0\x00\x10JFIF\x00", 18
"""How that segment begins, behind the two bytes that begin the file, and all its bytes (ISO/IEC 10918-5)."""

_LONGEST_JPEG = 4
"""Bytes a pixel: 1.5 samples at 4:2:0, each 10 bits at most behind a Huffman code, which has 8 on average of all."""

_GIF_TRANSPARENCY = {
    "transparency": TRANSPARENT,
    "disposal": 2,  # "restore to background colour": a transparent pixel of the next frame would else show this one's
    "optimize": False,  # Pillow takes the transparent colour from frames without such pixels, whose disposal then fails
}


@dataclass(frozen=True, slots=True)
class Encoded:
    """An image file: `format` is the name of its format, `width` and `height` are in pixels."""

    body: bytes
    content_type: str
    format: str
    width: int
    height: int
    frames: int


def encode(picture: Picture, transform: Transform, default_quality: int) -> Encoded:
    """Write the picture in the transform's format, or its own; the quality counts on JPEG's scale, 1 to 100."""
    fmt = output_format(transform, picture.original)
    frames, extra = _prepare(picture, fmt)
    first = frames[0].image
    body = _write(first, extra, fmt, replace(transform, quality=transform.quality or default_quality))
    return Encoded(body, fmt.content_type, fmt.name, first.width, first.height, len(frames))


def _prepare(picture: Picture, fmt: Format) -> tuple[list[Frame], dict[str, Any]]:
    """Return the frames as the format can hold them, and what its encoder is to be told beside the quality."""
    moving = len(picture.frames) > 1
    frames = _unify_modes(list(picture.frames))
    extra = _metadata(picture, frames[0].image, fmt)
    if fmt.name == "avif" and "A" in frames[0].image.mode:
        extra["subsampling"] = "4:4:4"  # with half the chroma, edges would take on the colour of hidden pixels
    transparent_gif = fmt.name == "gif" and "A" in frames[0].image.mode
    frames = [replace(frame, image=_WRITERS[fmt.name].prepare(frame.image, moving)) for frame in frames]
    if moving:
        frames = merge_repeats(frames)
    if transparent_gif:
        extra |= _GIF_TRANSPARENCY
        tell_apart(frames[0].image)
    return frames, extra | (animate(frames, picture.plays, fmt) if len(frames) > 1 else {})


def _write(image: Image, extra: dict[str, Any], fmt: Format, transform: Transform) -> bytes:
    """Return the file, its further frames being in `extra`."""
    writer = _WRITERS[fmt.name]
    pixels = _count_pixels(image, extra)
    load_plugin(fmt)

    def write(drawn: Image, quality: int, more: dict[str, Any]) -> bytes:
        body = BytesIO()
        with _room_for_jpeg(drawn) if fmt.name == "jpeg" else nullcontext():
            drawn.save(body, fmt.pillow, **(writer.options(quality, transform, _count_pixels(drawn, more)) | more))
        return _drop_jfif(body.getvalue()) if fmt.name == "jpeg" else body.getvalue()

    if not writer.lossy or (transform.lossless and writer.can_be_lossless):
        quality = 1
    elif isinstance(transform.quality, int):
        quality = transform.quality
    else:
        quality = alike_quality(image, lambda drawn, quality: write(drawn, quality, {}))
    if transform.max_bytes is None:
        return write(image, quality, extra)
    return fit_bytes(transform.max_bytes, quality, pixels, lambda quality: write(image, quality, extra))


@contextmanager
def _room_for_jpeg(image: Image) -> Iterator[None]:
    """Let Pillow's buffer hold the file: it expects a byte a pixel below quality 95, and noise takes more."""
    kept = ImageFile.MAXBLOCK
    ImageFile.MAXBLOCK = max(kept, _LONGEST_JPEG * image.width * image.height)
    try:
        yield
    finally:
        ImageFile.MAXBLOCK = kept


def _drop_jfif(body: bytes) -> bytes:
    """Leave out JPEG's optional header, as libvips does: it says YCbCr, which all readers assume, and no resolution."""
    return body[:2] + body[2 + _JFIF_LENGTH :] if body.startswith(_JFIF, 2) else body


def _count_pixels(image: Image, extra: dict[str, Any]) -> int:
    return image.width * image.height * (1 + len(extra.get("append_images", ())))


def _metadata(picture: Picture, image: Image, fmt: Format) -> dict[str, Any]:
    """Return what the writer is to put beside the pixels: a profile where the colours are still in its space."""
    if fmt.name == "gif":
        return {}
    found: dict[str, Any] = {}
    if picture.profile and image.mode in ("RGB", "RGBA"):
        found["icc_profile"] = picture.profile
    if picture.metadata.exif:
        found["exif"] = picture.metadata.exif
    if picture.metadata.xmp and fmt.name == "png":
        found["pnginfo"] = PngInfo()
        found["pnginfo"].add_itxt("XML:com.adobe.xmp", picture.metadata.xmp.decode())
    elif picture.metadata.xmp:
        found["xmp"] = picture.metadata.xmp
    return found


def _unify_modes(frames: list[Frame]) -> list[Frame]:
    """Give all frames one mode, as PNG's writer expects, and drop alpha that hides nothing in any of them."""
    modes = {frame.image.mode for frame in frames}
    if any("A" in frame.image.mode and not _is_opaque(frame.image) for frame in frames):
        mode = "LA" if modes == {"LA"} else "RGBA"
    else:
        mode = "L" if modes <= {"L", "LA"} else "RGB"
    return frames if modes == {mode} else [replace(frame, image=frame.image.convert(mode)) for frame in frames]


def _is_opaque(image: Image) -> bool:
    return image.getchannel("A").getextrema()[0] == _OPAQUE


@dataclass(frozen=True, slots=True)
class _Writer:
    """How a format is written: what its pixels must be like (told whether they move), and its encoder's options.

    These go by the quality, the transform, and the number of pixels of all frames. A `lossy` one has a quality, and may
    have none on request.
    """

    prepare: Callable[[Image, bool], Image]
    options: Callable[[int, Transform, int], dict[str, Any]]
    lossy: bool = True
    can_be_lossless: bool = False


def _as_is(image: Image, _: bool) -> Image:  # noqa: FBT001 - the signature of `prepare`
    return image


def _in_colour(image: Image, _: bool) -> Image:  # noqa: FBT001 - as above
    return in_mode(image, "RGBA" if "A" in image.mode else "RGB")


def _in_palette(image: Image, moving: bool) -> Image:  # noqa: FBT001 - as above
    return reduce_colours(image, dithered=not moving)


def _jpeg(quality: int, transform: Transform, _: int) -> dict[str, Any]:
    # its own Huffman tables save 2 % of the bytes; progressive saves 3 % more, and takes twice the time
    return {"quality": quality, "subsampling": "4:2:0", "optimize": True, "progressive": transform.progressive}


def _webp(quality: int, transform: Transform, _: int) -> dict[str, Any]:
    # without key frames, which only a player that skips about would need, every frame of an animation is compressed
    # once instead of twice
    options = {"method": 4, "kmin": 0, "kmax": 0}
    if transform.lossless:
        # here quality is the effort, and libwebp's own choice of it; hidden colours are no loss
        return options | {"lossless": True, "quality": 75}
    # 4 is libwebp's own choice of effort; alpha stays lossless, or edges would ring
    return options | {"quality": quality, "alpha_quality": 100}


def _avif(quality: int, transform: Transform, pixels: int) -> dict[str, Any]:
    # the encoder is named because the quality scale is its own
    speed = _SPEED if pixels <= _MANY_PIXELS else _HURRIED_SPEED
    options = {"speed": speed, "codec": "aom", "max_threads": THREADS}
    if transform.lossless:
        return options | {"quality": 100, "subsampling": "4:4:4"}
    return options | {"quality": _to_avif(quality, speed), "subsampling": "4:2:0"}


def _to_avif(quality: int, speed: int) -> int:
    for (low, low_avif), (high, high_avif) in pairwise(_AVIF_QUALITY[speed]):
        if quality <= high:
            return low_avif + (high_avif - low_avif) * (quality - low) // (high - low)
    return _AVIF_QUALITY[speed][-1][1]


def _png(_: int, __: Transform, ___: int) -> dict[str, Any]:
    # half the time of 6, Pillow's own choice, for 2 % more bytes (zlib-ng)
    return {"compress_level": 4}


def _jxl(quality: int, transform: Transform, _: int) -> dict[str, Any]:
    # its quality is on JPEG's scale; effort 5 takes half the time of 7, its own choice, for as many bytes
    options = {"effort": 5, "num_threads": THREADS}
    return options | ({"lossless": True} if transform.lossless else {"quality": quality})


def _gif(_: int, __: Transform, ___: int) -> dict[str, Any]:
    # interlacing costs bytes, and nobody sees it any more
    return {"interlace": 0}


_WRITERS = {
    "jpeg": _Writer(_as_is, _jpeg),
    "png": _Writer(_as_is, _png, lossy=False),
    "webp": _Writer(_in_colour, _webp, can_be_lossless=True),
    "avif": _Writer(_in_colour, _avif, can_be_lossless=True),
    "jxl": _Writer(_as_is, _jxl, can_be_lossless=True),
    "gif": _Writer(_in_palette, _gif, lossy=False),
}
