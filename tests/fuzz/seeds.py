"""Small originals of every format and of the kinds that take other paths through its parser: where fuzzing begins."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pillow_avif  # noqa: F401 - Pillow learns AVIF by it
import pillow_heif
import pillow_jxl  # noqa: F401 - and JPEG XL by this
from PIL import Image, ImageDraw

pillow_heif.register_heif_opener()

SIZE = (48, 32)
KINDS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "jpeg": ("JPEG", "RGB", {}),
    "jpeg progressive": ("JPEG", "RGB", {"progressive": True, "subsampling": "4:4:4"}),
    "jpeg cmyk": ("JPEG", "CMYK", {}),
    "png": ("PNG", "RGBA", {}),
    "png palette": ("PNG", "P", {"transparency": 3, "bits": 4}),
    "png of 16 bits": ("PNG", "I;16", {}),
    "webp": ("WEBP", "RGBA", {}),
    "webp lossless": ("WEBP", "RGB", {"lossless": True}),
    "gif": ("GIF", "P", {"transparency": 0}),
    "avif": ("AVIF", "RGBA", {"speed": 9}),
    "heic": ("HEIF", "RGB", {}),
    "jxl": ("JXL", "RGBA", {"effort": 1}),
    "jxl boxed": ("JXL", "L", {"effort": 1, "use_container": True, "lossless": True}),
    "tiff": ("TIFF", "RGB", {}),
    "tiff lzw": ("TIFF", "RGBA", {"compression": "tiff_lzw"}),
    "tiff deflate": ("TIFF", "L", {"compression": "tiff_adobe_deflate"}),
    "tiff fax": ("TIFF", "1", {"compression": "group4"}),
    "tiff jpeg": ("TIFF", "RGB", {"compression": "jpeg"}),
    "jp2": ("JPEG2000", "RGBA", {}),
    "jp2 bare": ("JPEG2000", "L", {"no_jp2": True, "irreversible": True}),
    "bmp": ("BMP", "RGB", {}),
    "bmp palette": ("BMP", "P", {}),
    "ico": ("ICO", "RGBA", {"sizes": [(16, 16), (32, 32)]}),
    "ico dib": ("ICO", "RGBA", {"sizes": [(32, 32)], "bitmap_format": "bmp"}),
}
MOVING: dict[str, dict[str, Any]] = {"png": {}, "webp": {}, "gif": {"comment": b"made by hand"}, "avif": {"speed": 9}}


def make_seeds() -> dict[str, bytes]:
    """Return one file of each kind, a few hundred bytes each."""
    frames = [_draw(shift) for shift in (0, 8, 16)]
    seeds = {}
    for kind, (fmt, mode, options) in KINDS.items():
        seeds[kind] = _save([_to_mode(frames[0], mode)], fmt, options)
    for kind, options in MOVING.items():
        seeds[f"{kind} moving"] = _save(frames, kind, {"duration": 50, **options})
    return seeds


def _draw(shift: int) -> Image.Image:
    image = Image.radial_gradient("L").resize(SIZE).convert("RGBA")
    ImageDraw.Draw(image).rectangle((shift, 5, shift + 20, 20), fill=(0, 128, 128, 100))
    return image


def _to_mode(image: Image.Image, mode: str) -> Image.Image:
    if mode == "CMYK":
        return image.convert("RGB").convert("CMYK")
    return image.convert("L").convert(mode) if mode == "I;16" else image.convert(mode)


def _save(frames: list[Image.Image], fmt: str, options: dict[str, Any]) -> bytes:
    body = BytesIO()
    moving = {"save_all": True, "append_images": frames[1:]} if len(frames) > 1 else {}
    frames[0].save(body, fmt, **options, **moving)
    return body.getvalue()
