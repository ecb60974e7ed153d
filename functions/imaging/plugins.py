"""Pillow's plugins, each by its own name and imported when it is first needed: no file can choose another one.

Both `reading` (the parsers) and `writing` (the encoders) need them, and neither imports the other.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from imaging.formats import Format

THREADS = 2
"""Threads of a codec. The default is one for each core of the host, and a container has only a share of those."""

_PARSERS = {
    "jpeg": ("PIL.JpegImagePlugin", "JpegImageFile"),  # not its factory, which passes some files to MPO's
    "png": ("PIL.PngImagePlugin", "PngImageFile"),
    "webp": ("PIL.WebPImagePlugin", "WebPImageFile"),
    "gif": ("PIL.GifImagePlugin", "GifImageFile"),
    "avif": ("pillow_avif.AvifImagePlugin", "AvifImageFile"),
    "heic": ("pillow_heif.as_plugin", "HeifImageFile"),
    "tiff": ("PIL.TiffImagePlugin", "TiffImageFile"),
    "jp2": ("PIL.Jpeg2KImagePlugin", "Jpeg2KImageFile"),
    "bmp": ("PIL.BmpImagePlugin", "BmpImageFile"),
    "ico": ("PIL.IcoImagePlugin", "IcoImageFile"),
    "jxl": ("pillow_jxl.JpegXLImagePlugin", "JXLImageFile"),  # only writes here; `reading.pillow.open_jxl` reads
}


def load_plugin(fmt: Format) -> Any:  # noqa: ANN401 - a class of Pillow's, or of a plugin without types
    """Import the plugin of a format, which registers its writer with Pillow, and return its parser's class."""
    module, name = _PARSERS[fmt.name]
    plugin: Any = import_module(module)
    if fmt.name == "avif":
        plugin.DEFAULT_MAX_THREADS = THREADS
    if fmt.name == "heic":
        options: Any = import_module("pillow_heif.options")
        options.DECODE_THREADS = THREADS
        options.THUMBNAILS = options.DEPTH_IMAGES = options.AUX_IMAGES = False
    return getattr(plugin, name)
