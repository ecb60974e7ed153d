"""Still WebP by libwebp's own interface, which reduces while it decodes; Pillow's reader holds the image four times.

The structures are those of libwebp's `webp/decode.h`, whose major ABI version has been 2 since 2010; libwebp checks the
version that is passed to it.
"""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any

from PIL import Image

from imaging.reading.containers import read_webp_chunks

_LIBRARY = "libwebp.so.7"
_ABI = 0x0200
_RGB, _RGBA = 0, 1
_METADATA = {b"ICCP": "icc_profile", b"EXIF": "exif", b"XMP ": "xmp"}


class _Pixels(ctypes.Structure):
    _fields_ = (("pixels", ctypes.c_void_p), ("stride", ctypes.c_int), ("size", ctypes.c_size_t))


class _Planes(ctypes.Structure):
    _fields_ = (("planes", ctypes.c_void_p * 4), ("strides", ctypes.c_int * 4), ("sizes", ctypes.c_size_t * 4))


class _PixelsOrPlanes(ctypes.Union):
    _fields_ = (("rgba", _Pixels), ("yuva", _Planes))


class _Features(ctypes.Structure):
    _fields_ = (
        *((name, ctypes.c_int) for name in ("width", "height", "has_alpha", "has_animation", "format")),
        ("pad", ctypes.c_uint32 * 5),
    )


class _Output(ctypes.Structure):
    _fields_ = (
        *((name, ctypes.c_int) for name in ("colorspace", "width", "height", "is_external_memory")),
        ("u", _PixelsOrPlanes),
        ("pad", ctypes.c_uint32 * 4),
        ("private_memory", ctypes.c_void_p),
    )


class _Options(ctypes.Structure):
    _fields_ = (
        *((name, ctypes.c_int) for name in ("bypass_filtering", "no_fancy_upsampling", "use_cropping")),
        *((name, ctypes.c_int) for name in ("crop_left", "crop_top", "crop_width", "crop_height")),
        *((name, ctypes.c_int) for name in ("use_scaling", "scaled_width", "scaled_height", "use_threads")),
        *((name, ctypes.c_int) for name in ("dithering_strength", "flip", "alpha_dithering_strength")),
        ("pad", ctypes.c_uint32 * 5),
    )


class _Config(ctypes.Structure):
    _fields_ = (("input", _Features), ("output", _Output), ("options", _Options))


@cache
def _load_library() -> ctypes.CDLL | None:
    """Return libwebp, or None where it is missing or has another ABI version."""
    try:
        library = ctypes.CDLL(_LIBRARY)
    except OSError:
        return None
    return library if library.WebPInitDecoderConfigInternal(ctypes.byref(_Config()), _ABI) else None


class StillWebP(Image.Image):
    """An image that is decoded when it is loaded, at the size that `draft` requested."""

    format = "WEBP"
    format_description = "WebP image"

    def __init__(self, data: bytes, features: _Features) -> None:
        """Take size and mode of the header; no pixel is decoded."""
        super().__init__()
        self._mode = "RGBA" if features.has_alpha else "RGB"
        self._size = (features.width, features.height)
        self._data: bytes | None = data
        self._scaled = False
        chunks = read_webp_chunks(data, _METADATA)
        self.info = {_METADATA[name]: body for name, body in chunks.items()}

    def draft(self, mode: str | None, size: tuple[int, int] | None) -> None:  # noqa: ARG002 - Pillow's signature
        """Request a decode at this size, if it is not decoded yet."""
        if self._data is not None and size is not None:
            self._size = size
            self._scaled = True

    def load(self) -> Any:  # noqa: ANN401 - Pillow's own access to pixels
        """Decode, once. Raises OSError where libwebp can't decode the whole image."""
        if self._data is not None:
            data, self._data = self._data, None
            self.im = _decode(data, self.mode, self.size, scaled=self._scaled).im
        return super().load()


def open_still(data: bytes) -> StillWebP | None:
    """Read the header of a WebP file; None for animations, for files that libwebp refuses, and without the library."""
    library = _load_library()
    features = _Features()
    if library is None or library.WebPGetFeaturesInternal(data, _length(data), ctypes.byref(features), _ABI):
        return None
    return None if features.has_animation else StillWebP(data, features)


def _decode(data: bytes, mode: str, size: tuple[int, int], *, scaled: bool) -> Image.Image:
    library = _load_library()
    config = _Config()
    if library is None or not library.WebPInitDecoderConfigInternal(ctypes.byref(config), _ABI):
        raise OSError("libwebp is not available")
    width, height = size
    stride = width * len(mode)
    pixels = bytearray(stride * height)
    # not requested at full size, where libwebp would still round the colours under alpha
    config.options.use_scaling, config.options.scaled_width, config.options.scaled_height = scaled, width, height
    config.output.colorspace = _RGBA if mode == "RGBA" else _RGB
    config.output.is_external_memory = 1
    address = ctypes.addressof(ctypes.c_char.from_buffer(pixels))
    config.output.u.rgba = _Pixels(address, stride, len(pixels))
    status = library.WebPDecode(data, _length(data), ctypes.byref(config))
    if status:
        raise OSError(f"libwebp's status is {status}")
    return Image.frombytes(mode, size, pixels)


def _length(data: bytes) -> ctypes.c_size_t:
    return ctypes.c_size_t(len(data))
