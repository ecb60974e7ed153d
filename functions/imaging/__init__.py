"""The transcoding core: bytes and values in, bytes and values out. It knows no environment, no network and no AWS.

`from imaging import transcode` is the way to use it; `imaging.transcoding` documents that call. It is loaded on first
access, so that `imaging.errors`, `imaging.limits` or `imaging.layout` can be imported without Pillow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = ["configure_process", "transcode"]

if TYPE_CHECKING:
    from imaging.reading.pillow import configure_process
    from imaging.transcoding import transcode
else:
    from importlib import import_module

    _MODULES = {"configure_process": "imaging.reading.pillow", "transcode": "imaging.transcoding"}

    def __getattr__(name: str) -> object:
        """Load a public function from its module."""
        if name not in _MODULES:
            raise AttributeError(f"module 'imaging' has no attribute {name!r}")
        return getattr(import_module(_MODULES[name]), name)
