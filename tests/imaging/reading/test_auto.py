from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PIL import Image

from grammar.transform import Transform
from imaging.errors import NotAllowed, NotAnImage
from imaging.reading.auto import SHOWN_EVERYWHERE, resolve_auto

if TYPE_CHECKING:
    from collections.abc import Callable

    from imaging.limits import Limits


ALL = ("jpeg", "png", "webp", "avif", "gif")
AUTO = Transform(width=10, format="auto")


def original(save: Callable[..., bytes], fmt: str, mode: str = "RGB", frames: int = 1) -> bytes:
    images = [Image.new(mode, (20, 20), (10 * step, 90, 200, 90)[: len(mode)]) for step in range(frames)]
    return save(images, fmt)


@pytest.mark.parametrize(
    ("drawn", "allowed", "chosen"),
    [
        (("JPEG", "RGB"), ALL, "jpeg"),
        (("PNG", "RGB"), ALL, "png"),
        (("PNG", "RGBA", 3), ALL, "png"),
        (("GIF", "RGB"), ALL, "gif"),
        (("AVIF", "RGB"), ALL, "jpeg"),
        (("WEBP", "RGB"), ALL, "jpeg"),
        (("AVIF", "RGBA"), ALL, "png"),
        (("WEBP", "RGBA"), ALL, "png"),
        (("WEBP", "RGBA", 3), ALL, "gif"),
        (("AVIF", "RGB", 3), ALL, "gif"),
        (("WEBP", "RGBA", 3), ("jpeg", "png"), "png"),
        (("WEBP", "RGB", 3), ("jpeg", "png"), "jpeg"),
        (("WEBP", "RGBA"), ("jpeg", "webp"), "jpeg"),
        (("WEBP", "RGB"), ("png", "webp"), "png"),
        (("JPEG", "RGB"), ("png", "webp"), "png"),
        (("JPEG", "RGB"), ("webp", "gif"), "gif"),
    ],
)
def test_auto_is_a_format_for_every_browser_that_the_deployment_allows(
    save: Callable[..., bytes], limits: Limits, drawn: tuple[str, str, int], allowed: tuple[str, ...], chosen: str
) -> None:
    data = original(save, *drawn)

    assert resolve_auto(AUTO, data, limits, allowed) == Transform(width=10, format=chosen)
    assert chosen in SHOWN_EVERYWHERE


def test_auto_is_refused_where_none_of_those_is_made(save: Callable[..., bytes], limits: Limits) -> None:
    with pytest.raises(NotAllowed):
        resolve_auto(AUTO, original(save, "JPEG"), limits, ("webp", "avif"))


def test_a_named_format_is_kept_without_reading_the_file(limits: Limits) -> None:
    for transform in (Transform(format="webp"), Transform()):
        assert resolve_auto(transform, b"no image", limits, ()) is transform


def test_auto_is_refused_without_an_image(limits: Limits) -> None:
    with pytest.raises(NotAnImage):
        resolve_auto(AUTO, b"no image", limits, ALL)
