"""An ICC profile with an obvious effect."""

from __future__ import annotations

from PIL import ImageCms

_MADE = slice(24, 36)
"""The position of its creation time in the header (ICC.1:2010, section 7.2.1): lcms writes the time of day."""


def swapped_profile() -> bytes:
    """Return sRGB's profile with the colorants of red and blue exchanged, so that its red means blue."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    data[_MADE] = bytes(12)
    return bytes(data).replace(b"rXYZ", b"????").replace(b"bXYZ", b"rXYZ").replace(b"????", b"bXYZ")
