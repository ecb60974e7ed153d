# ruff: noqa: INP001 - a program, and no package
"""Prints the libraries that parse the bytes of images in this Python, as NAME, version and holder, separated by tabs.

`make sbom` runs it in the image of the resize function. Each library says its own version; libjxl, which has no such
call in its plugin, by the bill of materials of its wheel, if the library's binary names the same version.
"""

from __future__ import annotations

import json
import re
import sys
from importlib import import_module, metadata
from pathlib import Path

PILLOW = "pillow-simd"


def read_pillow() -> dict[str, str]:
    """Return the libraries that Pillow is linked with, and zlib-ng inside it."""
    features = import_module("PIL.features")
    return {
        "freetype": features.version_module("freetype2"),
        "lcms2": features.version_module("littlecms2"),
        "libjpeg-turbo": features.version_feature("libjpeg_turbo"),
        "libtiff": features.version_codec("libtiff"),
        "libwebp": features.version_module("webp"),
        "openjpeg": features.version_codec("jpg_2000"),
        "zlib-ng": features.version_feature("zlib_ng"),
    }


def read_heif() -> dict[str, str]:
    """Return libheif and its decoder of HEVC, by which HEIC is decoded."""
    found = import_module("_pillow_heif").get_lib_info()
    return {"libheif": found["libheif"], "libde265": number(found["decoders"]["libde265"])}


def read_avif() -> dict[str, str]:
    """Return libavif, and all codecs that are linked into it."""
    plugin = import_module("pillow_avif._avif")
    codecs = dict(re.findall(r"(\w+) \[\w+\]:v?(\d+(?:\.\d+)+)", plugin.codec_versions()))
    return {"libavif": plugin.libavif_version, **codecs}


def read_jxl() -> dict[str, str]:
    """Return libjxl."""
    wheel = metadata.distribution("pillow-jxl-plugin")
    (bill,) = [Path(str(wheel.locate_file(path))) for path in wheel.files or () if path.match("sboms/*.json")]
    crates = {each["name"]: each["version"] for each in json.loads(bill.read_text())["components"]}
    version = crates["jpegxl-sys"].rpartition("+libjxl-")[2]
    library = Path(str(import_module("pillow_jxl.pillow_jxl").__file__))
    if f"+libjxl-{version}".encode() not in library.read_bytes():
        raise LookupError(f"libjxl {version} of {bill.name} is not in {library.name}")
    return {"libjxl": version}


def number(text: str) -> str:
    """Return the version in a sentence."""
    found = re.search(r"\d+(\.\d+)+", text)
    if found is None:
        raise LookupError(f"no version: {text!r}")
    return found[0]


def main() -> int:
    """Print the libraries of all holders."""
    import_module("PIL.Image")
    holders = {
        PILLOW: read_pillow,
        "pillow-heif": read_heif,
        "pillow-avif-plugin": read_avif,
        "pillow-jxl-plugin": read_jxl,
    }
    for holder, read in holders.items():
        for name, version in read().items():
            print(name, number(version or ""), holder, sep="\t")
    return 0


if __name__ == "__main__":
    sys.exit(main())
