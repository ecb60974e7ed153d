"""Pillow's parsers, each called by its own name, and what must be checked before they see an untrusted file."""

from __future__ import annotations

from importlib import import_module
from io import BytesIO
from typing import TYPE_CHECKING, Any, cast

from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile

from imaging.colours import cicp_profile
from imaging.errors import DamagedImage, NotAnImage
from imaging.formats import CAMERA_RAW, FORMATS
from imaging.limits import MAX_PARTS
from imaging.pixels import APERTURE, FEW_BITS, KEY, LOW_BYTES, WHITE_IS_ZERO
from imaging.plugins import THREADS, load_plugin
from imaging.reading.boxes import read_properties
from imaging.reading.exif import ORIENTATION_TAG
from imaging.reading.headers import has_overlapping_tags, read_jpeg_header
from imaging.reading.png import GRAY_KINDS, NO_PROFILE, profile_of, read_png

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

    from imaging.formats import Format

_READABLE = ("L", "LA", "RGB", "RGBA", "I;16")
"""The modes that the JPEG XL plugin may return; not floating point, and not 16-bit colour, which Pillow can't hold."""

_TIFF_TEXTS = (270, 271, 272, 305, 306, 315, 33432)
"""Description, camera's make and model, software, time, artist and copyright: TIFF's own tags, and EXIF's."""

_SUBFILE_TAG, _SUBDIRECTORIES_TAG, _DNG_TAG = 254, 330, 50706
_PHOTOMETRIC_TAG, _WHITE_IS_ZERO = 262, 0

_JPEG_READ_SIZE = 1 << 19
"""Bytes that libjpeg is given at a time. It starts again at bytes that it could not decode yet, such as fill bytes, of
which a file may have any number. With Pillow's 64 KiB each of them would be read eight times as often."""

_EIGHT_BITS, _SIXTEEN_BITS = 8, 16

_load_exif = Image.Exif.load


def configure_process() -> None:
    """Change the two settings that Pillow keeps per process; calling it again changes nothing.

    Pillow's own limit on pixels is switched off: `Limits` is stricter, and counts frames. And EXIF whose values overlap
    is no longer read (see `has_overlapping_tags`): Pillow's parsers read EXIF unasked, before any check of ours.

    `open_original` calls it for each original, so that nothing untrusted is read without. Call it at start where Pillow
    is used beside the core.
    """
    Image.MAX_IMAGE_PIXELS = None
    Image.Exif.load = _load_checked_exif  # type: ignore[method-assign]


def _load_checked_exif(self: Image.Exif, data: bytes) -> None:
    """Read EXIF as Pillow does. Raises SyntaxError for overlapping values, as Pillow does for what is not EXIF.

    Pillow's parsers then go on without.
    """
    while data and data.startswith(b"Exif\0\0"):
        data = data[6:]
    if data and has_overlapping_tags(data):
        raise SyntaxError("EXIF with overlapping values")
    _load_exif(self, data)


def open_image(data: bytes, fmt: Format) -> PillowImage:
    """Read the header of a file of that format. DIB icons and JPEG XL are decoded at once: check their sizes before."""
    if fmt.name == "jpeg":
        return open_jpeg(data)
    if fmt.name == "png":
        return open_png(data)
    if fmt.name == "jxl":
        return open_jxl(data)
    if fmt.name == "webp":
        from imaging.reading.webp import open_still  # noqa: PLC0415 - few originals need it, and loading it slows a cold start

        still = open_still(data)
        if still is not None:
            return still
    if fmt.name == "tiff":
        return open_tiff(data)
    image: PillowImage = load_plugin(fmt)(BytesIO(data))
    if fmt.name == "avif":
        properties = read_properties(data)
        if properties.aperture:
            image.info[APERTURE] = properties.aperture
        image.info["loop"] = properties.plays
        _name_colours(image, properties.cicp)
    elif fmt.name == "heic" and (nclx := image.info.get("nclx_profile")):
        _name_colours(image, (int(nclx["color_primaries"]), int(nclx["transfer_characteristics"])))
    return image


def _name_colours(image: PillowImage, cicp: tuple[int, int] | None) -> None:
    """Give an image without a profile that of its code points."""
    if cicp and not image.info.get("icc_profile"):
        image.info["icc_profile"] = cicp_profile(*cicp, gray=image.mode in ("L", "LA"))


def open_jpeg(data: bytes) -> PillowImage:
    """Read the header of a JPEG file.

    Raises NotAnImage for 12 bits, which take another build of libjpeg, and DamagedImage for endless headers.
    """
    header = read_jpeg_header(data, MAX_PARTS)
    if header.bits not in (0, _EIGHT_BITS):
        raise NotAnImage(f"JPEG with {header.bits} bits per sample is not supported.")
    _check_parts(header.steps)
    image = JpegImageFile(BytesIO(data))
    image.decodermaxblock = _JPEG_READ_SIZE
    return image


def open_tiff(data: bytes) -> PillowImage:
    """Read the header of a TIFF file: with its stored size, and its EXIF tags as `exif`, like other images.

    Pillow itself would rotate all pixels, by the file's orientation and also by that of an XMP packet, which its size
    does not include. Raises DamagedImage for a file that would take far more memory than it has bytes.
    """
    if has_overlapping_tags(data):
        raise DamagedImage("The original is damaged: the values of its tags overlap.")
    image = _parse_tiff(data)
    exif = Image.Exif()
    for tag in _TIFF_TEXTS:
        if isinstance(text := image.tag_v2.get(tag), str):
            exif[tag] = text
    orientation = image.tag_v2.get(ORIENTATION_TAG)
    if isinstance(orientation, int) and orientation in range(1, 9):  # a fraction may be equal, but can't be written
        exif[ORIENTATION_TAG] = orientation
    image.info["exif"] = exif.tobytes()
    if image.mode.startswith("I") and image.tag_v2.get(_PHOTOMETRIC_TAG) == _WHITE_IS_ZERO:
        image.info[WHITE_IS_ZERO] = True  # Pillow inverts 8-bit levels itself, but not 16-bit ones
    image._exif, image._size = Image.Exif(), image._tile_size  # noqa: SLF001 - where Pillow looks for a rotation
    image._exif._loaded = True  # noqa: SLF001 - as above
    return cast("PillowImage", image)


def _parse_tiff(data: bytes) -> Any:  # noqa: ANN401 - a plugin's class
    """Read the first directory. Raises NotAnImage for a kind that Pillow does not know, and for camera RAW.

    RAW files are TIFFs whose first image is often a thumbnail: of DNG by its version's tag, CR2 by its signature, and
    others (NEF, ARW, PEF, SRW) by a reduced image with further ones below it.
    """
    try:
        image = load_plugin(FORMATS["tiff"])(BytesIO(data))
    except SyntaxError as error:  # also for a KeyError of an unknown compression
        if isinstance(error.__cause__, KeyError) or str(error).startswith("unknown"):
            raise NotAnImage("TIFF of this kind is not supported.") from error
        raise
    reduced = image.tag_v2.get(_SUBFILE_TAG, 0)
    has_thumbnail = isinstance(reduced, int) and reduced & 1 and _SUBDIRECTORIES_TAG in image.tag_v2
    if has_thumbnail or _DNG_TAG in image.tag_v2 or data[8:10] == b"CR":
        raise NotAnImage(f"The original is not a supported image: {CAMERA_RAW}.")
    return image


def open_png(data: bytes) -> PillowImage:
    """Read the header of a PNG file, with the profile of its colours as `icc_profile`, whatever chunk they are in.

    Raises what `reading.png.read_png` does.
    """
    png = read_png(data)
    image = PngImageFile(BytesIO(png.data))
    gray = png.kind in GRAY_KINDS
    named = profile_of(png)
    if named is not NO_PROFILE:
        image.info["icc_profile"] = named
    if png.depth == _SIXTEEN_BITS and not gray:
        image.info[LOW_BYTES] = lambda: _open_low_bytes(png.data)
    if png.depth < _EIGHT_BITS:
        image.info[FEW_BITS] = True
    if png.key is not None:
        image.info[KEY] = png.key
    return image


def _open_low_bytes(data: bytes) -> PillowImage:
    """Open a PNG of 16-bit colour again, so that its pixels are the lower bytes: read as if they came first."""
    image = PngImageFile(BytesIO(data))
    image.tile = [tile._replace(args=str(tile.args).replace("16B", "16L")) for tile in image.tile]
    return image


def _check_parts(count: int) -> None:
    if count > MAX_PARTS:
        raise DamagedImage(f"The original is damaged: it has more than {MAX_PARTS:,} parts.")


def open_jxl(data: bytes) -> PillowImage:
    """Decode a JPEG XL image; for one that was made from a JPEG, return that JPEG with its header read.

    The plugin's own class would let Pillow guess the content of such a file. The decoder has applied the orientation of
    the codestream, and that of the EXIF block must be ignored.
    """
    load_plugin(FORMATS["jxl"])
    decoder = import_module("pillow_jxl").Decoder(num_threads=THREADS)
    from_jpeg, info, body, profile, _ = decoder(data)
    if from_jpeg:
        return open_jpeg(body)
    if info.mode not in _READABLE:
        raise NotAnImage(f"JPEG XL with samples of this kind ({info.mode}) is not supported.")
    image = Image.frombytes(info.mode, (info.width, info.height), body)
    if profile:
        image.info["icc_profile"] = profile
    return image
