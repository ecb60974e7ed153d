"""How the C library's allocator treats the big blocks that images are made of."""

from __future__ import annotations

import ctypes

_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD = -1, -2, -3
"""The parameters of mallopt(3), by their numbers in glibc's malloc.h."""

_MEBIBYTE = 1 << 20


def keep_freed_memory() -> bool:
    """Have freed memory used again, instead of given back and asked for anew; return whether the allocator agreed.

    By default glibc maps every big block afresh, and the kernel clears it page by page as it is first touched: up to
    half of a transcoding's time. The price is that the process keeps its peak. Only glibc has this; anywhere else
    nothing is done.
    """
    library = ctypes.CDLL(None)
    if not hasattr(library, "gnu_get_libc_version"):
        return False
    settings = ((_MMAP_THRESHOLD, 1024 * _MEBIBYTE), (_TRIM_THRESHOLD, 2**31 - 1), (_TOP_PAD, 64 * _MEBIBYTE))
    agreed = [library.mallopt(parameter, value) == 1 for parameter, value in settings]
    return all(agreed)
