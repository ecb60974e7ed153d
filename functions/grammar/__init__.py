"""The grammar of URLs: transforms, their canonical spelling, and signatures. Standard library only.

`pip install` of this repository brings this package as `cloud_image_transcoder`, for applications that write URLs:

    from cloud_image_transcoder import sign_path

    path = sign_path("300x200,f=auto", "photos/cat.jpg", secret)  # raises MalformedTransform, ValueError
"""

from __future__ import annotations

from .errors import MalformedTransform, TranscodingError
from .signing import sign_path
from .transform import Transform, parse_transform

__all__ = ["MalformedTransform", "TranscodingError", "Transform", "parse_transform", "sign_path"]
