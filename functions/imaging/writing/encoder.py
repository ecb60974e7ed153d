"""From pixels to bytes. Metadata is written only on request, so that nothing private is published."""

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
from imaging.writing.animation import animate, mark_alpha, merge_repeats, write_delays, write_plays
from imaging.writing.gif import write_opaque_gif
from imaging.writing.palette import TRANSPARENT, mark_first_frame, reduce_colours, to_exact_palette
from imaging.writing.quality import find_quality, fit_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from PIL.Image import Image

    from grammar.transform import Transform
    from imaging.picture import Frame, Picture

_SPEED, _FAST_SPEED = 6, 8
"""Speeds of AVIF's encoder. 6 takes a quarter of the time of 5 for 3 % more bytes; 8 a third of that for 3 % more."""

_MANY_PIXELS = 2_000_000
"""An AVIF of more pixels, of all frames, is encoded at the higher speed: API Gateway times out after 29 seconds."""

_AVIF_QUALITY = {
    _SPEED: ((1, 14), (50, 45), (70, 52), (80, 60), (90, 75), (100, 100)),
    _FAST_SPEED: ((1, 20), (50, 49), (70, 56), (80, 64), (90, 76), (100, 100)),
}
"""By speed: JPEG's quality -> AVIF's of the same SSIM, measured on the luma of `samples/` at 640 pixels (aom 3.14)."""

_WHOLE_CHROMA = 90

_LONGEST_DELAY = 65_535
"""Milliseconds of an APNG's frame that Pillow can write."""

_OPAQUE = 255

_JFIF, _JFIF_LENGTH = b"\xff\xe0\x00\x10JFIF\x00", 18
"""The start of JFIF's segment, at offset 2, and its length (ISO/IEC 10918-5)."""

_LONGEST_JPEG = 8
"""Bytes per pixel: 3 samples at 4:4:4, each at most 10 bits behind a Huffman code of 8 bits on average."""

_GIF_TRANSPARENCY = {
    "transparency": TRANSPARENT,
    "disposal": 2,  # "restore to background colour", or transparent pixels of the next frame would show this one
    "optimize": False,  # Pillow drops the transparent colour of frames without such pixels, and disposal then fails
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
    """Encode the picture in the transform's format, or the original's; the quality is on JPEG's scale, 1 to 100."""
    fmt = output_format(transform, picture.original)
    if fmt.name == "gif" and len(picture.frames) > 1:
        opaque = merge_repeats(_unify_modes(list(picture.frames)))
        if len(opaque) > 1 and "A" not in opaque[0].image.mode:
            size = opaque[0].image.size
            return Encoded(write_opaque_gif(opaque, picture.plays), fmt.content_type, fmt.name, *size, len(opaque))
    frames, extra = _prepare(picture, fmt)
    first = frames[0].image
    body = _write(first, extra, fmt, transform, transform.quality or min(default_quality, picture.quality or 100))
    return Encoded(body, fmt.content_type, fmt.name, first.width, first.height, len(frames))


def _prepare(picture: Picture, fmt: Format) -> tuple[list[Frame], dict[str, Any]]:
    """Return the frames as the format can hold them, and the encoder's options other than quality."""
    animated = len(picture.frames) > 1
    frames = _unify_modes(list(picture.frames))
    extra = _metadata(picture, frames[0].image, fmt)
    if fmt.name == "avif" and "A" in frames[0].image.mode:
        extra["subsampling"] = "4:4:4"  # halved chroma would mix hidden colours into edges
    transparent_gif = fmt.name == "gif" and "A" in frames[0].image.mode
    frames = [replace(frame, image=_WRITERS[fmt.name].prepare(frame.image, animated)) for frame in frames]
    if fmt.name == "png" and picture.is_indexed and not animated:
        indexed = to_exact_palette(frames[0].image)
        frames = frames if indexed is None else [replace(frames[0], image=indexed)]
    if animated:
        frames = merge_repeats(frames)
    if transparent_gif:
        extra |= _GIF_TRANSPARENCY
        mark_first_frame(frames[0].image)
    if len(frames) == 1:
        return frames, extra
    if fmt.name == "png" and max(frame.duration for frame in frames) > _LONGEST_DELAY:
        extra["delays"] = [frame.duration for frame in frames]
    return frames, extra | animate(frames, picture.plays, fmt)


def _write(image: Image, extra: dict[str, Any], fmt: Format, transform: Transform, requested: int | str) -> bytes:
    """Return the file at the quality `requested`, a number or `auto`; all frames but the first are in `extra`."""
    writer = _WRITERS[fmt.name]
    pixels = _count_pixels(image, extra)
    load_plugin(fmt)
    plays = int(extra.pop("loop", 0)) if fmt.name == "avif" else 0
    delays = extra.pop("delays", [])

    def write(image: Image, quality: int, more: dict[str, Any]) -> bytes:
        body = BytesIO()
        with _room_for_jpeg(image) if fmt.name == "jpeg" else nullcontext():
            image.save(body, fmt.pillow, **(writer.options(quality, transform, _count_pixels(image, more)) | more))
        if fmt.name == "avif":
            return write_plays(body.getvalue(), plays) if "append_images" in more else body.getvalue()
        if delays:
            return write_delays(body.getvalue(), delays)
        if fmt.name == "webp" and "append_images" in more and "A" in image.mode:
            return mark_alpha(body.getvalue())
        return _drop_jfif(body.getvalue()) if fmt.name == "jpeg" else body.getvalue()

    if not writer.lossy or (transform.lossless and writer.can_be_lossless):
        quality = 1
    elif isinstance(requested, int):
        quality = requested
    else:
        quality = find_quality(image, lambda sample, quality: write(sample, quality, {}))
    if transform.max_bytes is None:
        return write(image, quality, extra)
    return fit_bytes(transform.max_bytes, quality, pixels, lambda quality: write(image, quality, extra))


@contextmanager
def _room_for_jpeg(image: Image) -> Iterator[None]:
    """Let Pillow's buffer hold the file: it expects a byte per pixel below quality 95, and noise takes more.

    Set around each call, and not once: it depends on the image. A constant for the largest one would change the pieces
    in which Pillow writes PNG's chunks and reads every file.
    """
    kept = ImageFile.MAXBLOCK
    ImageFile.MAXBLOCK = max(kept, _LONGEST_JPEG * image.width * image.height)
    try:
        yield
    finally:
        ImageFile.MAXBLOCK = kept


def _drop_jfif(body: bytes) -> bytes:
    """Drop the optional JFIF header, as libvips does: it declares YCbCr, which readers assume, and no resolution."""
    return body[:2] + body[2 + _JFIF_LENGTH :] if body.startswith(_JFIF, 2) else body


def _count_pixels(image: Image, extra: dict[str, Any]) -> int:
    return image.width * image.height * (1 + len(extra.get("append_images", ())))


def _metadata(picture: Picture, image: Image, fmt: Format) -> dict[str, Any]:
    """Return the metadata that is written, and the profile if the colours are still in its space."""
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
    """Convert all frames to one mode, as PNG's writer expects, without alpha if all are opaque."""
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
    """How a format is written: `prepare` converts an image (its argument: whether it is part of an animation).

    `options` returns the encoder's options for the quality, the transform, and the number of pixels of all frames. Only
    a `lossy` format has a quality, and on request none if it `can_be_lossless`.
    """

    prepare: Callable[[Image, bool], Image]
    options: Callable[[int, Transform, int], dict[str, Any]]
    lossy: bool = True
    can_be_lossless: bool = False


def _as_is(image: Image, _: bool) -> Image:  # noqa: FBT001 - the signature of `prepare`
    return image


def _in_colour(image: Image, _: bool) -> Image:  # noqa: FBT001 - as above
    return in_mode(image, "RGBA" if "A" in image.mode else "RGB")


def _in_palette(image: Image, animated: bool) -> Image:  # noqa: FBT001 - as above
    return reduce_colours(image, dithered=not animated)


def _jpeg(quality: int, transform: Transform, _: int) -> dict[str, Any]:
    # optimised Huffman tables save 2 % of the bytes; progressive saves 3 % more, in twice the time
    return {"quality": quality, "subsampling": _chroma(quality), "optimize": True, "progressive": transform.progressive}


def _chroma(quality: int) -> str:
    """Return the chroma subsampling: none from a quality on at which its blur would be the visible loss, as libvips."""
    return "4:4:4" if quality >= _WHOLE_CHROMA else "4:2:0"


def _webp(quality: int, transform: Transform, _: int) -> dict[str, Any]:
    # without key frames, which only seeking in an animation would need, every frame is compressed once instead of twice
    options = {"method": 4, "kmin": 0, "kmax": 0}
    if transform.lossless:
        # with lossless, quality means effort, and 75 is libwebp's default; hidden colours need not be kept
        return options | {"lossless": True, "quality": 75}
    # 4 is libwebp's default effort; lossy alpha would show ringing at edges
    return options | {"quality": quality, "alpha_quality": 100}


def _avif(quality: int, transform: Transform, pixels: int) -> dict[str, Any]:
    # the encoder is named because the quality scale depends on it
    speed = _SPEED if pixels <= _MANY_PIXELS else _FAST_SPEED
    options = {"speed": speed, "codec": "aom", "max_threads": THREADS}
    if transform.lossless:
        return options | {"quality": 100, "subsampling": "4:4:4"}
    return options | {"quality": _to_avif(quality, speed), "subsampling": _chroma(quality)}


def _to_avif(quality: int, speed: int) -> int:
    for (low, low_avif), (high, high_avif) in pairwise(_AVIF_QUALITY[speed]):
        if quality <= high:
            return low_avif + (high_avif - low_avif) * (quality - low) // (high - low)
    return _AVIF_QUALITY[speed][-1][1]


def _png(_: int, __: Transform, ___: int) -> dict[str, Any]:
    # half the time of 6, Pillow's default, for 2 % more bytes (zlib-ng)
    return {"compress_level": 4}


def _jxl(quality: int, transform: Transform, _: int) -> dict[str, Any]:
    # its quality is on JPEG's scale; effort 5 takes half the time of 7, the default, for as many bytes
    options = {"effort": 5, "num_threads": THREADS}
    return options | ({"lossless": True} if transform.lossless else {"quality": quality})


def _gif(_: int, __: Transform, ___: int) -> dict[str, Any]:
    # interlacing costs bytes without a benefit
    return {"interlace": 0}


_WRITERS = {
    "jpeg": _Writer(_as_is, _jpeg),
    "png": _Writer(_as_is, _png, lossy=False),
    "webp": _Writer(_in_colour, _webp, can_be_lossless=True),
    "avif": _Writer(_in_colour, _avif, can_be_lossless=True),
    "jxl": _Writer(_as_is, _jxl, can_be_lossless=True),
    "gif": _Writer(_in_palette, _gif, lossy=False),
}
