"""Colours, aperture and plays of AVIF and HEIC, from boxes that no plugin reports."""

from __future__ import annotations

import struct
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from imaging.errors import DamagedImage, NotAnImage
from imaging.reading.boxes import Properties, read_properties

if TYPE_CHECKING:
    from imaging.writing.encoder import Encoded

Render = Callable[[bytes, str], Image.Image]
Transcode = Callable[[bytes, str], "Encoded"]
Save = Callable[..., bytes]


def avif(save: Save, primaries: int, transfer: int, size: tuple[int, int] = (64, 64)) -> bytes:
    data = save(Image.new("RGB", size, (200, 100, 50)), "AVIF", quality=100, subsampling="4:4:4")
    at = data.index(b"nclx") + 4
    return data[:at] + struct.pack(">HH", primaries, transfer) + data[at + 4 :]


def clipped(data: bytes, *fields: int) -> bytes:
    """Return an AVIF with a clean aperture: the box of its colours, of 19 bytes, becomes one of 40."""
    body = struct.pack(">4I i I i I", *fields)
    at = data.index(b"colr") - 4
    grown = data[:at] + struct.pack(">I", 40) + b"clap" + body + data[at + 19 :]
    essential = grown.index(b"ipma") + 18
    grown = grown[:essential] + bytes([grown[essential] | 0x80]) + grown[essential + 1 :]
    for name in (b"meta", b"iprp", b"ipco"):
        place = grown.index(name) - 4
        (size,) = struct.unpack_from(">I", grown, place)
        grown = grown[:place] + struct.pack(">I", size + 21) + grown[place + 4 :]
    place = grown.index(b"iloc") + 4 + 4 + 2 + 2 + 2 + 2 + 2
    (offset,) = struct.unpack_from(">I", grown, place)
    return grown[:place] + struct.pack(">I", offset + 21) + grown[place + 4 :]


RIGHT = {(1, 13): (200, 100, 50), (1, 1): (200, 100, 50), (12, 13): (215, 93, 31), (9, 13): (241, 76, 29)}


@pytest.mark.parametrize("code", RIGHT)
@pytest.mark.parametrize("segment", ["f=png", "32x,f=png", "f=webp,lossless=true"])
def test_an_avif_s_colours_by_number_become_srgb(
    render: Render, save: Save, code: tuple[int, int], segment: str
) -> None:
    found = render(avif(save, *code), segment).convert("RGB").getpixel((9, 9))

    assert isinstance(found, tuple)
    assert all(abs(one - other) <= 3 for one, other in zip(found, RIGHT[code], strict=True)), found


@pytest.mark.parametrize("code", RIGHT)
def test_a_heic_s_colours_by_number_become_srgb(render: Render, save: Save, code: tuple[int, int]) -> None:
    options = {"color_primaries": code[0], "transfer_characteristics": code[1]}
    image = Image.new("RGB", (64, 64), (200, 100, 50))

    found = render(save(image, "HEIF", quality=100, chroma=444, **options), "f=png").convert("RGB").getpixel((9, 9))

    assert isinstance(found, tuple)
    assert all(abs(one - other) <= 5 for one, other in zip(found, RIGHT[code], strict=True)), found


@pytest.mark.parametrize("fmt", ["jpeg", "png", "webp", "avif"])
def test_colours_by_number_are_kept_as_a_profile_on_request(render: Render, save: Save, fmt: str) -> None:
    found = render(avif(save, 12, 13), f"profile=keep,f={fmt}")

    assert found.info["icc_profile"][16:20] == b"RGB "
    assert found.info["icc_profile"][36:40] == b"acsp"


@pytest.mark.parametrize(("transfer", "level"), [(16, 148), (18, 191)])
def test_diffuse_white_of_a_high_range_is_nearly_white_and_grey_is_grey(
    render: Render, save: Save, transfer: int, level: int
) -> None:
    data = save(Image.new("RGB", (64, 64), (level,) * 3), "AVIF", quality=100, subsampling="4:4:4")
    at = data.index(b"nclx") + 4
    data = data[:at] + struct.pack(">HH", 9, transfer) + data[at + 4 :]

    found = render(data, "f=png").convert("RGB").getpixel((9, 9))

    assert isinstance(found, tuple)
    assert min(found) >= 230
    assert max(found) - min(found) <= 2


APERTURES: list[tuple[tuple[int, ...], tuple[int, int, int, int]]] = [
    ((32, 1, 16, 1, 0, 1, 0, 1), (16, 24, 48, 40)),
    ((20, 1, 20, 1, -22, 1, -22, 1), (0, 0, 20, 20)),
    ((33, 1, 31, 1, 1, 2, -1, 2), (16, 16, 49, 47)),
    ((64, 1, 64, 1, 0, 1, 0, 1), (0, 0, 64, 64)),
]


@pytest.mark.parametrize(("fields", "box"), APERTURES)
@pytest.mark.parametrize("segment", ["f=png", "orient=none,f=png", "16x,f=png", "trim=3,f=png"])
def test_only_the_clean_aperture_is_shown(
    render: Render, save: Save, fields: tuple[int, ...], box: tuple[int, int, int, int], segment: str
) -> None:
    image = Image.merge("RGB", [Image.linear_gradient("L").resize((64, 64))] * 3).rotate(45)
    data = save(image, "AVIF", quality=100, subsampling="4:4:4")
    part = save(image.crop(box), "PNG")

    found, expected = render(clipped(data, *fields), segment), render(part, segment)

    if "trim" not in segment:
        assert found.size == expected.size
        assert found.convert("L").resize((1, 1), Image.Resampling.BOX).getpixel((0, 0)) == pytest.approx(
            expected.convert("L").resize((1, 1), Image.Resampling.BOX).getpixel((0, 0)), abs=3
        )


@pytest.mark.parametrize("fields", [(0, 0, 0, 0, 0, 0, 0, 0), (99, 1, 9, 1, 0, 1, 0, 1), (20, 1, 20, 1, 30, 1, 0, 1)])
def test_an_impossible_aperture_is_ignored(render: Render, save: Save, fields: tuple[int, ...]) -> None:
    assert render(clipped(avif(save, 1, 13), *fields), "f=png").size == (64, 64)


@pytest.mark.parametrize("plays", [0, 1, 2, 7])
def test_an_avif_is_played_as_often_as_its_original(transcode: Transcode, save: Save, plays: int) -> None:
    frames = [Image.new("RGB", (16, 16), colour) for colour in ("red", "lime", "blue")]
    options: dict[str, Any] = {} if plays == 1 else {"loop": max(plays - 1, 0)}
    data = save(frames, "GIF", duration=100, **options)

    assert read_properties(transcode(data, "f=avif").body).plays == plays


@pytest.mark.parametrize("end", range(0, 400, 7))
def test_a_cut_container_has_no_properties_or_right_ones(save: Save, end: int) -> None:
    found = read_properties(avif(save, 12, 13)[:end])

    assert found in (Properties(), Properties(cicp=(12, 13)))


@pytest.mark.parametrize("seed", range(40))
def test_changed_boxes_are_declared_errors(render: Render, save: Save, seed: int) -> None:
    data = bytearray(clipped(avif(save, 12, 16), 32, 1, 16, 1, 0, 1, 0, 1))
    data[20 + 7 * seed] ^= 0xFF

    with suppress(DamagedImage, NotAnImage):
        assert render(bytes(data), "f=png").width
