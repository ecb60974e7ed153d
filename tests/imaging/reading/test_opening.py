from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from imaging.errors import DamagedImage, NotAnImage, TooLarge
from imaging.formats import FORMATS
from imaging.reading.opening import blaming_the_file, open_original

if TYPE_CHECKING:
    from imaging.limits import Limits

Save = Callable[..., bytes]


def moving(save: Save, name: str, **options: bool) -> bytes:
    frames = [Image.new("RGB", (30, 20), (80 * step, 0, 0)) for step in range(3)]
    return save(frames, FORMATS[name].pillow, duration=100, **options)


@pytest.mark.parametrize("name", ["gif", "webp", "png", "avif"])
@pytest.mark.parametrize(("at_most", "counted"), [(None, 3), (1, 1), (2, 2), (9, 3)])
def test_frames_are_counted_as_far_as_they_are_needed(
    save: Save, limits: Limits, name: str, at_most: int | None, counted: int
) -> None:
    assert open_original(moving(save, name), FORMATS[name], limits, at_most).header.frames == counted


@pytest.mark.parametrize("name", ["gif", "webp", "png", "avif"])
def test_only_the_needed_frames_count_in_the_limits(save: Save, limits: Limits, name: str) -> None:
    tight = replace(limits, max_input_pixels=2 * 30 * 20 * FORMATS[name].weight)
    data = moving(save, name)

    assert open_original(data, FORMATS[name], tight, 2).header.frames == 2
    with pytest.raises(TooLarge):
        open_original(data, FORMATS[name], tight)


def test_the_default_image_of_an_apng_is_not_counted_as_a_frame(save: Save, limits: Limits) -> None:
    data = moving(save, "png", default_image=True)

    for at_most in (None, 9):
        header = open_original(data, FORMATS["png"], limits, at_most).header
        assert (header.frames, header.hidden) == (2, 1)


@pytest.mark.parametrize(
    ("raised", "translated"),
    [(MemoryError(), TooLarge), (SyntaxError(), DamagedImage), (NotAnImage("it is none"), NotAnImage)],
)
def test_errors_of_a_parser_are_the_file_s_fault(raised: Exception, translated: type[Exception]) -> None:
    with pytest.raises(translated), blaming_the_file():
        raise raised
