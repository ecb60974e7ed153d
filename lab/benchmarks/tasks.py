"""The tasks of the benchmark."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Task:
    """Transcode an original of `photographs.ORIGINALS` to `format`, at each of `widths` (pixels, ascending).

    `codec_quality` is for the other engines; the core's `quality` is on JPEG's scale for every format.
    """

    name: str
    original: str
    widths: tuple[int, ...]
    format: str
    quality: int = 80
    codec_quality: int = 80


def _jpeg(megapixels: int) -> list[Task]:
    return [
        Task(f"{megapixels} MP JPEG to {width} JPEG", f"{megapixels}mp.jpg", (width,), "jpeg")
        for width in (300, 800, 1600)
    ]


TASKS = (
    *_jpeg(3),
    *_jpeg(12),
    *_jpeg(24),
    *_jpeg(100),
    Task("12 MP JPEG to 800 WebP", "12mp.jpg", (800,), "webp"),
    Task("12 MP JPEG to 800 AVIF", "12mp.jpg", (800,), "avif", codec_quality=60),
    Task("12 MP progressive JPEG to 800 JPEG", "12mp-progressive.jpg", (800,), "jpeg"),
    Task("12 MP 4:4:4 JPEG to 800 JPEG", "12mp-444.jpg", (800,), "jpeg"),
    Task("12 MP WebP to 800 JPEG", "12mp.webp", (800,), "jpeg"),
    Task("12 MP PNG to 800 JPEG", "12mp.png", (800,), "jpeg"),
    Task("3 MP RGBA PNG to 800 PNG", "3mp-rgba.png", (800,), "png"),
    Task("3 MP RGBA PNG to 800 WebP", "3mp-rgba.png", (800,), "webp"),
    Task("12 frames of GIF to 300 WebP", "frames.gif", (300,), "webp"),
    Task("12 MP JPEG to 300, 800 and 1600 JPEG", "12mp.jpg", (300, 800, 1600), "jpeg"),
)
