"""Settings of the C library's allocator for the large blocks of images."""

from __future__ import annotations

import ctypes

_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD = -1, -2, -3
"""The parameters of mallopt(3), by their numbers in glibc's malloc.h."""

_MEBIBYTE = 1 << 20


def keep_freed_memory() -> bool:
    """Keep freed memory in the process instead of returning it to the kernel; return whether the allocator accepted.

    By default glibc maps every large block again, and the kernel clears it page by page on first access: up to half of
    the time of a transcoding. The price is that the process keeps its peak. Only glibc has these settings; with any
    other library nothing is done.
    """
    library = ctypes.CDLL(None)
    if not hasattr(library, "gnu_get_libc_version"):
        return False
    settings = ((_MMAP_THRESHOLD, 1024 * _MEBIBYTE), (_TRIM_THRESHOLD, 2**31 - 1), (_TOP_PAD, 64 * _MEBIBYTE))
    accepted = [library.mallopt(parameter, value) == 1 for parameter, value in settings]
    return all(accepted)
