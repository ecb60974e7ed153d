from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

Render = Callable[[bytes, str], Image.Image]
Save = Callable[..., bytes]
RED, BLUE = (255, 0, 0), (0, 0, 255)


def halves() -> Image.Image:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", (80, 40), RED)
    image.paste(BLUE, (40, 0, 80, 40))
    return image


@pytest.mark.parametrize(
    ("segment", "size", "corner"),
    [
        ("rotate=90", (40, 80), RED),
        ("rotate=180", (80, 40), BLUE),
        ("rotate=270", (40, 80), BLUE),
        ("flip=h", (80, 40), BLUE),
        ("flip=v", (80, 40), RED),
        ("rotate=90,flip=v", (40, 80), BLUE),
        ("20x20,rotate=90", (10, 20), RED),
        ("20x20,fit=cover,rotate=90,g=south", (20, 20), BLUE),
        ("crop=40:0:40:40,rotate=90", (40, 40), BLUE),
        ("crop=0.0:0.0:0.5:1.0", (40, 40), RED),
    ],
)
def test_quarters_and_flips_come_after_the_crop_and_before_the_box(
    render: Render, save: Save, segment: str, size: tuple[int, int], corner: tuple[int, int, int]
) -> None:
    image = render(save(halves(), "PNG"), segment)

    assert image.size == size
    assert image.convert("RGB").getpixel((1, 1)) == corner


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("fmt", ["JPEG", "PNG"])
def test_a_crop_is_of_the_upright_image(render: Render, save: Save, fmt: str, orientation: int) -> None:
    rows, columns = np.mgrid[0:96, 0:128]
    upright = Image.fromarray(np.dstack([rows * 2, columns * 2, rows * 0]).astype(np.uint8))
    exif = Image.Exif()
    exif[274] = orientation
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = upright.transpose(undo[orientation]) if orientation in undo else upright
    options = {"quality": 100, "subsampling": 0} if fmt == "JPEG" else {}

    image = render(save(stored, fmt, exif=exif, **options), "crop=32:16:64:48,f=png")

    assert image.size == (64, 48)
    difference = np.abs(np.asarray(image, int) - np.asarray(upright.crop((32, 16, 96, 64)), int))
    assert difference.max() <= 4


@pytest.mark.parametrize("angle", ["0.1", "30", "45", "89.9", "137.5", "315"])
@pytest.mark.parametrize(("mode", "colour"), [("L", 100), ("RGB", (10, 200, 90)), ("RGBA", (10, 200, 90, 255))])
def test_corners_are_transparent_and_all_else_is_the_image(
    render: Render, save: Save, mode: str, colour: int | tuple[int, ...], angle: str
) -> None:
    image = render(save(Image.new(mode, (120, 90), colour), "PNG"), f"100x100,rotate={angle}").convert("RGBA")

    pixels = np.asarray(image, int)
    alpha = pixels[..., 3]
    assert max(image.size) == 100
    assert alpha[image.height // 2, image.width // 2] == 255
    if angle not in ("0.1", "89.9"):
        assert alpha[0, 0] == alpha[-1, 0] == alpha[0, -1] == alpha[-1, -1] == 0
    assert np.abs(pixels[alpha > 64][:, :3] - ((100,) * 3 if mode == "L" else (10, 200, 90))).max() <= 3


def test_corners_have_the_background_where_there_is_no_transparency(render: Render, save: Save) -> None:
    data = save(Image.new("RGB", (120, 90), (0, 0, 0)), "PNG")

    white = render(data, "rotate=45,f=jpeg").getpixel((2, 2))
    green = render(data, "rotate=45,bg=00ff00,f=png").getpixel((2, 2))

    assert white == (255, 255, 255)
    assert green == (0, 255, 0)


@pytest.mark.parametrize("fit", ["contain", "cover", "fill", "pad", "upscale"])
def test_a_turned_image_has_the_size_that_the_box_says(render: Render, save: Save, fit: str) -> None:
    data = save(Image.new("RGB", (300, 150), (90, 90, 90)), "PNG")

    image = render(data, f"90x60,fit={fit},rotate=20")

    # 300 x 150 turned by 20 degrees take 334 x 244
    assert image.size == {"contain": (82, 60), "upscale": (82, 60)}.get(fit, (90, 60))


def test_a_rotation_goes_the_way_of_the_clock(render: Render, save: Save) -> None:
    image = Image.new("RGB", (100, 100))
    image.paste((255, 255, 255), (45, 0, 55, 50))  # a hand at twelve

    turned = render(save(image, "PNG"), "rotate=45").convert("L")

    middle = turned.width // 2
    assert turned.getpixel((middle + 25, middle - 25)) == 255
    assert turned.getpixel((middle - 25, middle - 25)) == 0


def test_an_animation_is_turned_frame_by_frame(render: Render, save: Save) -> None:
    frames = [Image.new("RGB", (60, 40), colour) for colour in (RED, BLUE)]

    image = render(save(frames, "GIF", duration=100), "rotate=30,f=webp")

    assert image.n_frames == 2  # type: ignore[attr-defined]
    image.seek(1)
    red, _, blue, *_ = image.convert("RGBA").getpixel((image.width // 2, image.height // 2))  # type: ignore[misc]
    assert (blue > 200, red < 60) == (True, True)
